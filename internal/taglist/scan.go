// SPDX-License-Identifier: Apache-2.0

package taglist

import (
	"slices"
	"strings"
	"time"
)

// A Scan is a complete list of tags, when it was read, and what came since the list is watched. A Scan never changes.
type Scan struct {
	List List
	At   time.Time
	// Since is when watching began: of what came earlier nothing is known.
	Since time.Time
	// Arrived is the tags that came since then and had never been listed, at most 1,000: the newest first, and of
	// one time the greatest by bytes first.
	Arrived []Arrival

	// left is tags that were listed and are not. When they come back they are not new.
	left List
}

// An Arrival says when a tag was first listed.
type Arrival struct {
	Tag string
	At  time.Time
}

const (
	mostArrived = 1_000
	mostLeft    = 1_000_000 // no list has more
)

// Next returns the scan that found list after s did; after the zero Scan, watching begins. Where the tags are the
// same it costs nothing, and shares the memory of s.
func (s Scan) Next(list List, at time.Time) Scan {
	switch {
	case s.At.IsZero():
		return Scan{List: list, At: at, Since: at}
	case s.List.Revision() == list.Revision():
		s.At = at
		return s
	}
	added, removed := list.Diff(s.List)
	next := Scan{List: list, At: at, Since: s.Since, left: s.left.changed(added, removed)}
	for _, tag := range slices.Backward(added) {
		if len(next.Arrived) < mostArrived && !s.left.Has(tag) {
			next.Arrived = append(next.Arrived, Arrival{Tag: strings.Clone(tag), At: at}) // a part would keep the whole list
		}
	}
	for _, a := range s.Arrived {
		if len(next.Arrived) < mostArrived && list.Has(a.Tag) {
			next.Arrived = append(next.Arrived, a)
		}
	}
	return next
}

// changed returns l without the tags that came and with those that went.
func (l List) changed(came, went []string) List {
	if l.Len() == 0 && len(went) == 0 {
		return l
	}
	if l.Len()+len(went) > mostLeft {
		l = List{} // what left long ago is forgotten first
	}
	var b Builder
	for tag := range l.All() {
		if _, back := slices.BinarySearch(came, tag); !back {
			b.Add(tag)
		}
	}
	for _, tag := range went {
		b.Add(tag)
	}
	return b.List()
}
