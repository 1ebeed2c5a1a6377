// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
)

// A rule is one kind of policy: which tags are candidates and which of two is above the other.
type rule interface {
	// survey reads every tag once.
	survey(f filter, tags iter.Seq[string]) survey
	// compare ranks tags a and b, with bytes for the tie-break. ok is false when one of them has no rank here.
	compare(f filter, a, b string) (order int, ok bool)
	// fits tells whether tag is a candidate, rejected or not.
	fits(f filter, tag string) bool
	// rejects tells whether spec.reject takes tag out by its name or its version, as far as tag has a rank.
	rejects(f filter, tag string) bool
}

// A survey is what one reading of a list gives.
type survey struct {
	considered int
	matched    int      // candidates
	open       int      // those of them that reject leaves
	top        []string // the best of these, best first
	lost       tally
}

// topSize is how many candidates a survey keeps: more than the walk down the ranking ever visits.
const topSize = 256

// A keyed rule reads a key of type K from a value and compares keys.
type keyed[K any] struct {
	parse   func(tag, value string) (K, reason.Reason) // the rank of a value; the reason when it has none
	admit   func(K) reason.Reason                      // why a value with a rank is no candidate all the same
	order   func(a, b K) int                           // above zero when a is better
	rejects func(tag string, key K) bool
}

// A ranked tag is a candidate and its key.
type ranked[K any] struct {
	tag string
	key K
}

type keyedRule[K any] struct{ keyed[K] }

func (r keyedRule[K]) better(a, b ranked[K]) int {
	return cmp.Or(r.order(a.key, b.key), strings.Compare(a.tag, b.tag))
}

// read runs tag through the filter, the parser and the range.
func (r keyedRule[K]) read(f filter, tag string) (key K, why reason.Reason) {
	value, why := f.value(tag)
	if why != "" {
		return key, why
	}
	return r.parse(tag, value)
}

func (r keyedRule[K]) survey(f filter, tags iter.Seq[string]) survey {
	var s survey
	best := podium[K]{better: r.better}
	for tag := range tags {
		s.considered++
		key, why := r.read(f, tag)
		if why == "" {
			why = r.admit(key)
		}
		if why == "" {
			s.matched++
			if r.keyed.rejects(tag, key) {
				why = reason.Rejected
			}
		}
		if why != "" {
			s.lost.add(tag, why)
			continue
		}
		s.open++
		best.offer(ranked[K]{tag, key})
	}
	s.top = best.tags()
	return s
}

func (r keyedRule[K]) compare(f filter, a, b string) (int, bool) {
	keyA, whyA := r.read(f, a)
	keyB, whyB := r.read(f, b)
	if whyA != "" || whyB != "" {
		return 0, false
	}
	return r.better(ranked[K]{a, keyA}, ranked[K]{b, keyB}), true
}

func (r keyedRule[K]) fits(f filter, tag string) bool {
	key, why := r.read(f, tag)
	return why == "" && r.admit(key) == ""
}

func (r keyedRule[K]) rejects(f filter, tag string) bool {
	key, why := r.read(f, tag)
	if why != "" {
		return false
	}
	return r.keyed.rejects(tag, key)
}

// A podium keeps the best of what it is offered, in memory that does not grow with the offers.
type podium[K any] struct {
	better func(a, b ranked[K]) int
	held   []ranked[K]
	floor  ranked[K] // the last of the best when the podium was last cut; nothing at or below it gets in
	full   bool
}

func (p *podium[K]) offer(r ranked[K]) {
	if p.full && p.better(r, p.floor) <= 0 {
		return
	}
	p.held = append(p.held, r)
	if len(p.held) >= 2*topSize {
		p.cut()
	}
}

func (p *podium[K]) cut() {
	slices.SortFunc(p.held, func(a, b ranked[K]) int { return p.better(b, a) })
	p.held = p.held[:min(topSize, len(p.held))]
	if len(p.held) == topSize {
		p.floor, p.full = p.held[topSize-1], true
	}
}

func (p *podium[K]) tags() []string {
	p.cut()
	tags := make([]string, len(p.held))
	for i, r := range p.held {
		tags[i] = strings.Clone(r.tag)
	}
	return tags
}
