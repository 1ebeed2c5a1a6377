// SPDX-License-Identifier: Apache-2.0

// Package edit is a change of a file as spans: which bytes go and what stands there instead. Every other byte is
// copied, so comments, line ends and layout cannot change.
//
//	image: web:1.4.1  # note          Edit{7, 16, "web:1.4.2"}
//	       |-------|
//	image: web:1.4.2  # note          Splice
//
// The package knows bytes only: what a value means to YAML is package yamlspan's.
package edit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// An Edit replaces the bytes [Start, End) of a file.
type Edit struct {
	Start, End int    // byte offsets into the original content
	Text       string // the replacement, already quoted as the file needs it
}

// Splice returns src with edits applied. They may come in any order; one that overlaps another or leaves the
// file is an error. src is not modified.
func Splice(src []byte, edits []Edit) ([]byte, error) {
	sorted, err := inOrder(src, edits)
	if err != nil {
		return nil, err
	}
	size := len(src)
	for _, e := range sorted {
		size += len(e.Text) - (e.End - e.Start)
	}
	out, at := make([]byte, 0, size), 0
	for _, e := range sorted {
		out = append(out, src[at:e.Start]...)
		out = append(out, e.Text...)
		at = e.End
	}
	return append(out, src[at:]...), nil
}

// inOrder returns edits sorted by their place.
func inOrder(src []byte, edits []Edit) ([]Edit, error) {
	sorted := slices.Clone(edits)
	slices.SortFunc(sorted, func(a, b Edit) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	end := 0
	for _, e := range sorted {
		switch {
		case e.Start < 0 || e.End < e.Start || e.End > len(src):
			return nil, fmt.Errorf("an edit of bytes %d to %d leaves a file of %d bytes", e.Start, e.End, len(src))
		case e.Start < end:
			return nil, fmt.Errorf("two edits overlap at byte %d", e.Start)
		}
		end = e.End
	}
	// Two edits of nothing at one place have no order, so the result would depend on how they came.
	for i := 1; i < len(sorted); i++ {
		if a, b := sorted[i-1], sorted[i]; a.Start == b.Start && a.End == b.End {
			return nil, fmt.Errorf("two edits overlap at byte %d", a.Start)
		}
	}
	return sorted, nil
}

// Inverse returns the edits that turn the result of Splice(src, edits) into src again.
func Inverse(src []byte, edits []Edit) ([]Edit, error) {
	sorted, err := inOrder(src, edits)
	if err != nil {
		return nil, err
	}
	shift := 0
	for i, e := range sorted {
		start := e.Start + shift
		sorted[i] = Edit{Start: start, End: start + len(e.Text), Text: string(src[e.Start:e.End])}
		shift += len(e.Text) - (e.End - e.Start)
	}
	return sorted, nil
}

// Check verifies from outside that edited is src with edits applied and nothing else: the bytes between the spans
// are equal, and each span holds its text.
func Check(src, edited []byte, edits []Edit) error {
	sorted, err := inOrder(src, edits)
	if err != nil {
		return err
	}
	differs := errors.New("bytes outside of the edits changed")
	at, from := 0, 0
	for _, e := range sorted {
		n := e.Start - from
		if len(edited)-at < n+len(e.Text) || !bytes.Equal(src[from:e.Start], edited[at:at+n]) {
			return differs
		}
		at += n
		if string(edited[at:at+len(e.Text)]) != e.Text {
			return fmt.Errorf("the edit of byte %d is not what was asked for", e.Start)
		}
		at, from = at+len(e.Text), e.End
	}
	if !bytes.Equal(src[from:], edited[at:]) {
		return differs
	}
	return nil
}
