// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// owners finds the policy of a site.
type owners struct {
	namespace string
	byName    map[site.Policy]*Policy
	byImage   map[image.Name][]*Policy
}

func newOwners(in Input) owners {
	o := owners{in.Namespace, map[site.Policy]*Policy{}, map[image.Name][]*Policy{}}
	for i := range in.Policies {
		p := &in.Policies[i]
		o.byName[p.Name] = p
		name := p.Image
		if name == (image.Name{}) {
			name = p.Latest.Name
		}
		o.byImage[name] = append(o.byImage[name], p)
	}
	return o
}

// of returns the policy of s, or why there is none. A site that names an image no policy follows is nobody's:
// both are empty.
func (o owners) of(s site.Site) (*Policy, reason.Reason) {
	if s.Policy != (site.Policy{}) {
		p := o.byName[s.Policy]
		if p == nil || o.namespace != "" && s.Policy.Namespace != o.namespace {
			return nil, reason.UnknownPolicy
		}
		return p, ""
	}
	found := o.byImage[s.Image]
	if len(found) == 0 && s.Also != (image.Name{}) {
		found = o.byImage[s.Also]
	}
	switch {
	case s.Image == (image.Name{}) || len(found) == 0:
		return nil, ""
	case len(found) > 1:
		return nil, reason.AmbiguousPolicy
	default:
		return found[0], ""
	}
}

// A group is the parts of one policy's image in one object. The zero group is of nothing.
type group struct {
	object int // from 1
	policy site.Policy
}

// A place is a site with what is wanted there.
type place struct {
	site    site.Site
	owner   *Policy
	group   group         // zero: it stands alone
	want    string        // the new value
	why     reason.Reason // it is left alone, and this is reported
	blocked bool          // it is left alone for the sake of another part of its object
	guarded reason.Reason // the change waits
	said    image.Ref     // what the parts of its object say together
}

// places looks up what is wanted at each site of a file. Those that are nobody's are left out.
func (o owners) places(file site.FileSites) []place {
	places := make([]place, 0, len(file.Sites))
	for _, s := range file.Sites {
		owner, why := o.of(s)
		if owner == nil && why == "" && (s.Image != (image.Name{}) || s.Why == "") {
			continue // also what cannot be edited there is of no concern
		}
		if s.Why != "" {
			why = s.Why
		}
		p := place{site: s, owner: owner, why: why}
		if owner != nil && s.Object >= 0 {
			p.group = group{s.Object + 1, owner.Name}
		}
		if why == "" {
			p.decide()
		}
		places = append(places, p)
	}
	return places
}

// decide says what the value becomes.
func (p *place) decide() {
	latest := p.owner.Latest
	switch {
	case p.owner.Suspended:
		p.why = reason.PolicySuspended
	case latest.Tag == "" && (latest.Digest == "" || p.site.Part == site.Tag || p.site.Part == site.TagDigest):
		p.why = reason.PolicyNotReady
	case p.site.Part == site.Digest && latest.Digest == "":
		p.why = reason.NoDigest
	default:
		if p.site.TakesDigest && latest.Digest != "" {
			p.site.Part = site.TagDigest
		}
		p.want = wanted(p.site, *p.owner)
		was, same := p.site.Ref(latest.Name)
		if same && was.Tag != "" && p.owner.Outranks != nil && p.owner.Outranks(was.Tag) {
			p.guarded = reason.DowngradeHeld
		}
	}
}

// wanted returns the value that makes s use what p wants. A name that means the same image keeps its spelling.
func wanted(s site.Site, p Policy) string {
	tag, digest := p.Latest.Tag, p.Latest.Digest
	switch s.Part {
	case site.Name:
		if _, same := s.Ref(p.Latest.Name); same {
			return s.Text
		}
		return p.spelling()
	case site.Tag:
		return tag
	case site.Digest:
		return string(digest)
	case site.TagDigest:
		return image.Suffix(tag, digest)[1:]
	}
	name := p.spelling()
	if _, same := s.Ref(p.Latest.Name); same {
		name, _, _ = image.Split(s.Text)
	}
	return name + image.Suffix(tag, digest)
}

func (p Policy) spelling() string {
	if p.Spelling != "" {
		return p.Spelling
	}
	return p.Latest.Name.String()
}

// join makes the parts of one object depend on each other: without a digest nothing of the image changes there,
// and where one part is left alone for another reason, so are the other parts. A whole reference in the object is
// complete by itself and only bound by the former.
func join(places []place) {
	noDigest, broken := map[group]bool{}, map[group]bool{}
	for _, p := range places {
		switch {
		case p.group == (group{}):
		case p.why == reason.NoDigest:
			noDigest[p.group] = true
		case p.why != "" && p.site.Part != site.Full:
			broken[p.group] = true
		}
	}
	for i := range places {
		p := &places[i]
		p.blocked = noDigest[p.group] || broken[p.group] && p.site.Part != site.Full
		if p.site.Part == site.Full {
			p.group = group{}
		}
	}
	tellVersions(places)
}

// tellVersions gathers what the parts of an object say together.
func tellVersions(places []place) {
	said := map[group]image.Ref{}
	for _, p := range places {
		if p.owner == nil || p.group == (group{}) {
			continue
		}
		ref := said[p.group]
		part, _ := p.site.Ref(p.owner.Latest.Name)
		if part.Tag != "" {
			ref.Tag = part.Tag
		}
		if part.Digest != "" {
			ref.Digest = part.Digest
		}
		ref.Name = p.owner.Latest.Name
		said[p.group] = ref
	}
	for i := range places {
		if p := &places[i]; p.owner != nil && p.group != (group{}) {
			p.said = said[p.group]
		}
	}
}

func (p place) changes() bool {
	return p.owner != nil && p.why == "" && !p.blocked && !p.owner.Held && p.want != p.site.Text
}

func (p place) change(path string) Change {
	was := p.said
	if p.group == (group{}) {
		was, _ = p.site.Ref(p.owner.Latest.Name)
	}
	return Change{File: path, Line: p.site.Line, Start: p.site.Start, Policy: p.owner.Name, Part: p.site.Part,
		From: p.site.Text, To: p.want, Was: was, Now: p.owner.Latest}
}
