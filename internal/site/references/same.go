// SPDX-License-Identifier: Apache-2.0

package references

import "fmt"

// A Set says that the reference at offset Start shall be Text.
type Set struct {
	Start int
	Text  string
}

// Same checks that edited has exactly the references of old, with those of sets changed to what they say. sets are
// in the order of their offsets, which are those of old. The error says what else differs; it is nil when the edit
// did what it should.
func Same(old, edited []byte, sets []Set) error {
	before, after := Find(old), Find(edited)
	shift := 0
	for i, was := range before {
		if i == len(after) {
			return fmt.Errorf("line %d: the edit left no reference there", was.Line)
		}
		now, want := after[i], was.Text
		isSet := len(sets) > 0 && sets[0].Start == was.Start
		if isSet {
			want, sets = sets[0].Text, sets[1:]
		}
		if now.Start != was.Start+shift || now.Text != want || now.Line != was.Line {
			return fmt.Errorf("line %d: the reference reads as %q, not as %q", was.Line, now.Text, want)
		}
		if now.Why != was.Why && !isSet {
			return fmt.Errorf("line %d: the edit changed what %q is", was.Line, was.Text)
		}
		shift += len(want) - len(was.Text)
	}
	switch {
	case len(after) > len(before):
		return fmt.Errorf("line %d: the edit made a reference", after[len(before)].Line)
	case len(sets) > 0:
		return fmt.Errorf("no reference stands at byte %d", sets[0].Start)
	}
	return nil
}
