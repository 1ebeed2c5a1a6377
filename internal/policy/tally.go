// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
)

const (
	maxReasons  = 10
	maxExamples = 3
)

// A Selection says why tags lost. Tags that merely rank below the choice are in Considered alone.
type Selection struct {
	Considered int
	Rejected   []Lost // the most frequent first, at most 10
}

// Lost is how many tags lost for one reason, and the first of them by bytes, at most three.
type Lost struct {
	Reason   reason.Reason
	Count    int
	Examples []string
}

// A tally counts as Lost does, by reason. The zero tally is empty. Copies share nothing after clone.
type tally struct{ lost []Lost }

func (t *tally) clone() tally {
	c := tally{lost: slices.Clone(t.lost)}
	for i := range c.lost {
		c.lost[i].Examples = slices.Clone(c.lost[i].Examples)
	}
	return c
}

// add counts tag. It allocates only for an example.
func (t *tally) add(tag string, why reason.Reason) {
	l := t.of(why)
	l.Count++
	l.example(tag)
}

// addCount counts n tags that have no example.
func (t *tally) addCount(n int, why reason.Reason) {
	if n > 0 {
		t.of(why).Count += n
	}
}

func (t *tally) of(why reason.Reason) *Lost {
	for i := range t.lost {
		if t.lost[i].Reason == why {
			return &t.lost[i]
		}
	}
	t.lost = append(t.lost, Lost{Reason: why})
	return &t.lost[len(t.lost)-1]
}

// example keeps the least tags by bytes, so that the order of the list does not show.
func (l *Lost) example(tag string) {
	if len(l.Examples) == maxExamples && tag >= l.Examples[maxExamples-1] {
		return
	}
	at, found := slices.BinarySearch(l.Examples, tag)
	if found {
		return
	}
	// The clone lets go of the list, which may be a hundred megabytes.
	l.Examples = slices.Insert(l.Examples, at, strings.Clone(tag))
	l.Examples = l.Examples[:min(maxExamples, len(l.Examples))]
}

func (t *tally) selection(considered int) Selection {
	lost := t.clone().lost
	slices.SortFunc(lost, func(a, b Lost) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return Selection{Considered: considered, Rejected: lost[:min(maxReasons, len(lost))]}
}
