// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/image"
)

// clocks tells since when a digest is known at a tag.
type clocks map[Sighting]time.Time // the keys' FirstSeen is zero

func newClocks(observed []Sighting) clocks {
	c := make(clocks, len(observed))
	for _, s := range observed {
		c.note(s.Tag, s.Digest, s.FirstSeen)
	}
	return c
}

// note starts a clock, or sets it back where the digest was seen even earlier.
func (c clocks) note(tag string, digest image.Digest, seen time.Time) {
	at := Sighting{Tag: tag, Digest: digest}
	if known, ok := c[at]; !ok || seen.Before(known) {
		c[at] = seen
	}
}

func (c clocks) of(tag string, digest image.Digest) (time.Time, bool) {
	seen, ok := c[Sighting{Tag: tag, Digest: digest}]
	return seen, ok
}

// at returns the digests known at tag, the newest sighting first.
func (c clocks) at(tag string) []Sighting {
	var seen []Sighting
	for s, first := range c {
		if s.Tag == tag {
			seen = append(seen, Sighting{Tag: tag, Digest: s.Digest, FirstSeen: first})
		}
	}
	slices.SortFunc(seen, func(a, b Sighting) int {
		return cmp.Or(b.FirstSeen.Compare(a.FirstSeen), cmp.Compare(b.Digest, a.Digest))
	})
	return seen
}

// tags returns the tags that have a clock, in byte order.
func (c clocks) tags() []string {
	tags := make([]string, 0, len(c))
	for s := range c {
		tags = append(tags, s.Tag)
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

// withdraw forgets what was seen at tag after the digest it points at now: a tag that was put back has taken the
// later digests out of circulation.
func (c clocks) withdraw(tag string, pointed image.Digest) {
	since, ok := c.of(tag, pointed)
	if !ok {
		return
	}
	for _, s := range c.at(tag) {
		if s.FirstSeen.After(since) {
			c.drop(tag, s.Digest)
		}
	}
}

func (c clocks) drop(tag string, digest image.Digest) { delete(c, Sighting{Tag: tag, Digest: digest}) }

// sightings returns the clocks, oldest first and of one age the best ranked first.
func (c clocks) sightings(better func(a, b string) int) []Sighting {
	all := make([]Sighting, 0, len(c))
	for s, first := range c {
		all = append(all, Sighting{Tag: s.Tag, Digest: s.Digest, FirstSeen: first})
	}
	slices.SortFunc(all, func(a, b Sighting) int {
		return cmp.Or(a.FirstSeen.Compare(b.FirstSeen), better(b.Tag, a.Tag), strings.Compare(b.Tag, a.Tag),
			cmp.Compare(b.Digest, a.Digest))
	})
	return all
}

// thin brings sightings, oldest first, down to what status holds. First go those that something older outranks:
// they can only be chosen when that one falls out. Then the closest neighbors in time, so that what is left is
// spread over the whole of minAge and one of them is always about to age. The oldest is never dropped, nor the
// newest; dropping either would keep builds that come faster than minAge from ever aging.
func thin(sightings []Sighting, better func(a, b string) int) []Sighting {
	for i := len(sightings) - 1; i > 0 && len(sightings) > maxObserved; i-- {
		if outranked(sightings[i], sightings[:i], better) {
			sightings = slices.Delete(sightings, i, i+1)
		}
	}
	for len(sightings) > maxObserved {
		i := closest(sightings)
		sightings = slices.Delete(sightings, i, i+1)
	}
	return sightings
}

func outranked(s Sighting, older []Sighting, better func(a, b string) int) bool {
	return slices.ContainsFunc(older, func(o Sighting) bool { return o.Tag != s.Tag && better(o.Tag, s.Tag) > 0 })
}

// closest returns the place between first and last whose neighbors are nearest to each other in time.
func closest(sightings []Sighting) int {
	found := 1
	for i := 1; i < len(sightings)-1; i++ {
		if gap(sightings, i) < gap(sightings, found) {
			found = i
		}
	}
	return found
}

func gap(sightings []Sighting, i int) time.Duration {
	return sightings[i+1].FirstSeen.Sub(sightings[i-1].FirstSeen)
}
