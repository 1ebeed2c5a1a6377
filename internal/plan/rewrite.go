// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/edit"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/references"
	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// rewrite edits src and verifies that nothing else changed: first the values of YAML, then the references in plain
// text, each read again in the way they were found.
func rewrite(entry site.Entry, src []byte, now []placed) (File, error) {
	var values, raws []placed
	for _, e := range now {
		if e.site.Raw {
			raws = append(raws, e)
		} else {
			values = append(values, e)
		}
	}
	content, edits, err := setValues(src, values)
	if err != nil {
		return File{}, err
	}
	content, inText, err := setReferences(src, content, edits, raws)
	if err != nil {
		return File{}, err
	}
	edits = append(edits, inText...)
	if err := edit.Check(src, content, edits); err != nil {
		return File{}, err
	}
	return File{Entry: entry, Content: content, Edits: edits}, nil
}

// setValues edits scalars of a YAML file.
func setValues(src []byte, now []placed) ([]byte, []edit.Edit, error) {
	if len(now) == 0 {
		return src, nil, nil
	}
	edits := make([]edit.Edit, len(now))
	sets := make([]yamlspan.Set, len(now))
	for i, e := range now {
		s := e.site
		edits[i] = edit.Edit{Start: s.Start, End: s.End, Text: yamlspan.Quote(e.want, s.Style, s.Typed)}
		sets[i] = yamlspan.Set{Start: s.Start, Text: e.want}
	}
	content, err := edit.Splice(src, edits)
	if err != nil {
		return nil, nil, err
	}
	return content, edits, yamlspan.Same(src, content, sets)
}

// setReferences edits references in plain text, in content, which is src after some edits. The edits it returns
// are, as those, of src.
func setReferences(src, content []byte, before []edit.Edit, now []placed) ([]byte, []edit.Edit, error) {
	if len(now) == 0 {
		return content, nil, nil
	}
	edits := make([]edit.Edit, len(now))
	moved := make([]edit.Edit, len(now))
	sets := make([]references.Set, len(now))
	shift, next := 0, 0
	for i, e := range now {
		s := e.site
		for next < len(before) && before[next].Start < s.Start {
			shift += len(before[next].Text) - (before[next].End - before[next].Start)
			next++
		}
		if s.End > len(src) || string(src[s.Start:s.End]) != s.Text {
			return nil, nil, fmt.Errorf("line %d: %q does not stand there any more", s.Line, s.Text)
		}
		edits[i] = edit.Edit{Start: s.Start, End: s.End, Text: e.want}
		moved[i] = edit.Edit{Start: s.Start + shift, End: s.End + shift, Text: e.want}
		sets[i] = references.Set{Start: s.Start + shift, Text: e.want}
	}
	edited, err := edit.Splice(content, moved)
	if err != nil {
		return nil, nil, err
	}
	return edited, edits, references.Same(content, edited, sets)
}
