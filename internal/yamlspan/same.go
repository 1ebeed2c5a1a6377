// SPDX-License-Identifier: Apache-2.0

package yamlspan

import (
	"bytes"
	"fmt"
)

// A Set says that the scalar at offset Start shall mean Text.
type Set struct {
	Start int
	Text  string
}

// Same checks that edited is old with exactly the scalars of sets changed to what they say, as strings. sets are
// in the order of their offsets, which are those of old. The error says what else differs; it is nil when the edit
// did what it should.
//
// Both files are read once, side by side, so a file that is not YAML before or after is an error too.
func Same(old, edited []byte, sets []Set) error {
	a, b := New(old), New(edited)
	shift := 0
	for {
		x, more := a.Next()
		y, moreToo := b.Next()
		if more != moreToo || a.Err() != nil || b.Err() != nil {
			return firstOf(a.Err(), b.Err(), fmt.Errorf("line %d: the edit changed where the file ends", x.Line))
		}
		if !more {
			break
		}
		if y.Kind != x.Kind || y.Key != x.Key || y.Start != x.Start+shift {
			return fmt.Errorf("line %d: the edit changed the structure of the file", x.Line)
		}
		if !sameBytes(old, edited, x.Tag, y.Tag) || !sameBytes(old, edited, x.Anchor, y.Anchor) {
			return fmt.Errorf("line %d: the edit changed a tag or an anchor", x.Line)
		}
		if len(sets) == 0 || x.Kind != Scalar || x.Key || x.Start != sets[0].Start || x.Style == Empty {
			if x.Style != y.Style || !sameBytes(old, edited, x.Span, y.Span) {
				return fmt.Errorf("line %d: the edit changed a value that was to stay", x.Line)
			}
			continue
		}
		if err := isSet(edited, y, sets[0].Text); err != nil {
			return err
		}
		shift += (y.End - y.Start) - (x.End - x.Start)
		sets = sets[1:]
	}
	if len(sets) > 0 {
		return fmt.Errorf("no value stands at byte %d", sets[0].Start)
	}
	return nil
}

// isSet checks that the scalar e of src is the string text.
func isSet(src []byte, e Event, text string) error {
	if e.Text(src) != text {
		return fmt.Errorf("line %d: the value reads as %q, not as %q", e.Line, e.Text(src), text)
	}
	if e.IsTypedOther(src) || e.Style == Plain && !e.IsTypedString(src) && !IsString(text) {
		return fmt.Errorf("line %d: %q is not read as a string", e.Line, text)
	}
	return nil
}

func sameBytes(old, edited []byte, x, y Span) bool {
	return bytes.Equal(old[x.Start:x.End], edited[y.Start:y.End])
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
