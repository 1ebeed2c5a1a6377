// SPDX-License-Identifier: Apache-2.0

package hold

import (
	"slices"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// owners finds the policy of a site.
type owners struct {
	byName  map[site.Policy]*Policy
	byImage map[image.Name]*Policy // nil where several follow one image
}

func newOwners(policies []Policy) owners {
	o := owners{map[site.Policy]*Policy{}, map[image.Name]*Policy{}}
	for i := range policies {
		p := &policies[i]
		o.byName[p.Name] = p
		name := p.Image
		if name == (image.Name{}) {
			name = p.Latest.Name
		}
		if _, several := o.byImage[name]; several {
			p = nil
		}
		o.byImage[name] = p
	}
	return o
}

// of returns the policy of s if it has ever had an image, else nil.
func (o owners) of(s site.Site) *Policy {
	p := o.byName[s.Policy]
	if s.Policy == (site.Policy{}) && s.Image != (image.Name{}) {
		var known bool
		if p, known = o.byImage[s.Image]; !known && s.Also != (image.Name{}) {
			p = o.byImage[s.Also]
		}
	}
	if p == nil || p.Latest == (image.Ref{}) {
		return nil
	}
	return p
}

// A value is what a site says of an image.
type value struct {
	tag    string
	digest image.Digest
	other  string // the whole text, where it is another image or none
}

func valueOf(s site.Site, p Policy) value {
	ref, same := s.Ref(p.Latest.Name)
	if !same {
		return value{other: s.Text}
	}
	return value{tag: ref.Tag, digest: ref.Digest}
}

// is tells whether v, as far as it says anything, is ref.
func (v value) is(ref image.Ref) bool {
	return (v.tag != "" || v.digest != "") && (v.tag == "" || v.tag == ref.Tag) && (v.digest == "" || v.digest == ref.Digest)
}

// choice returns which of the policy's images v is, the newest first.
func (p Policy) choice(v value) (image.Ref, bool) {
	for _, ref := range append([]image.Ref{p.Latest}, p.History...) {
		if v.is(ref) {
			return ref, true
		}
	}
	return image.Ref{}, false
}

// A seat is where sites are counted: they are the same site when seat and ordinal are the same.
type seat struct {
	file   string
	policy site.Policy
	part   site.Part
}

// A look is the sites of one commit by seat, in the order of their bytes.
type look struct {
	order []seat
	seats map[seat][]site.Site
}

func (o owners) look(files []site.FileSites) look {
	l := look{seats: map[seat][]site.Site{}}
	for _, f := range files {
		for _, s := range f.Sites {
			p := o.of(s)
			if p == nil || s.Part == site.Name {
				continue
			}
			at := seat{f.Entry.Path, p.Name, s.Part}
			if len(l.seats[at]) == 0 {
				l.order = append(l.order, at)
			}
			l.seats[at] = append(l.seats[at], s)
		}
	}
	return l
}

// counts returns how often each image of each policy stands anywhere.
func (o owners) counts(l look) map[site.Policy]map[image.Ref]int {
	counts := map[site.Policy]map[image.Ref]int{}
	for at, sites := range l.seats {
		p := o.byName[at.policy]
		for _, s := range sites {
			if ref, ok := p.choice(valueOf(s, *p)); ok {
				add(counts, p.Name, ref, counts[p.Name][ref]+1)
			}
		}
	}
	return counts
}

// A compare finds what was taken out between two looks.
type compare struct {
	in     Input
	owners owners
}

// takenOut returns what a person took out, in the order of files and places.
func (c compare) takenOut() []Hold {
	before, after := c.owners.look(c.in.Before), c.owners.look(c.in.After)
	had, has := c.owners.counts(before), c.owners.counts(after)
	var out []Hold
	for _, at := range before.order {
		p := c.owners.byName[at.policy]
		old, now := before.seats[at], after.seats[at]
		for i, s := range old {
			v := valueOf(s, *p)
			ref, ours := p.choice(v)
			if !ours || s.Why != "" {
				continue
			}
			gone := false
			if len(old) == len(now) {
				gone = valueOf(now[i], *p) != v
			} else {
				gone = has[at.policy][ref] < had[at.policy][ref]
			}
			if !gone {
				continue
			}
			if by, person := c.taker(at, i, len(old), *p, v); person {
				out = append(out, Hold{Policy: at.policy, Tag: ref.Tag, Digest: ref.Digest, Reason: reason.ManualChange,
					File: at.file, Commit: by.ID, By: by.By, Since: c.in.Now})
			}
		}
	}
	return out
}

// taker returns the commit that took v out of the i-th of n sites of a seat, and whether that was a person's.
func (c compare) taker(at seat, i, n int, p Policy, v value) (by Commit, person bool) {
	there, doubt := true, !c.in.Complete
	found := false
	for _, commit := range slices.Backward(c.in.Since) {
		sites, known := []site.Site(nil), false
		if commit.Sites != nil {
			sites, known = commit.Sites(at.file)
		}
		if !known {
			doubt = doubt || !commit.Automated
			continue
		}
		still := c.stands(sites, at, i, n, p, v)
		if there && !still {
			by, found = commit, true
		}
		there = still
	}
	switch {
	case found && !there && !by.Automated:
		return by, true
	case found && !there && !doubt:
		return Commit{}, false
	case !doubt && !slices.ContainsFunc(c.in.Since, func(c Commit) bool { return !c.Automated }):
		return Commit{}, false
	}
	return Commit{ID: c.in.Head}, true
}

// stands tells whether v is still the value of the i-th of n sites of a seat, or of any of them when their number
// is another.
func (c compare) stands(sites []site.Site, at seat, i, n int, p Policy, v value) bool {
	var values []value
	for _, s := range sites {
		if owner := c.owners.of(s); owner != nil && owner.Name == at.policy && s.Part == at.part {
			values = append(values, valueOf(s, p))
		}
	}
	if len(values) == n {
		return values[i] == v
	}
	return slices.Contains(values, v)
}
