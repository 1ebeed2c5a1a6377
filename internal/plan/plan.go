// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/edit"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// A Policy is what a plan knows of an ImagePolicy.
type Policy struct {
	Name      site.Policy
	Image     image.Name // what it follows; zero: the name of Latest
	Latest    image.Ref  // what it wants; zero: it never had an image
	Spelling  string     // how its name is written where a file has another one; "": the canonical form
	Suspended bool       // its sites are left alone
	Held      bool       // a person took Latest out: it is written nowhere
	// Outranks tells whether the policy ranks tag above Latest. A site with such a tag waits, DowngradeHeld. It is
	// nil where going down was asked for.
	Outranks func(tag string) bool
}

// An Input is all that a plan depends on.
type Input struct {
	Files     []site.FileSites // what Scan found; files may come several times, from several scans of one tree
	Policies  []Policy         // in any order
	Namespace string           // of the automation: a marker for another one names no policy here; "": any
	// Read returns the content of a file that has something to change.
	Read func(site.Entry) ([]byte, error)
	// Gate gives the reason for which a change has to wait, "" for none. nil lets everything pass.
	Gate func(Change) reason.Reason
}

// A Change is one value of a file that is to change.
type Change struct {
	File   string
	Line   int
	Start  int // byte offset of the value, quotes included
	Policy site.Policy
	Part   site.Part
	From   string // the value now, without quotes
	To     string
	Was    image.Ref // what the object around it says of the image, as far as it does
	Now    image.Ref // what is wanted
}

// A Waiting is a change that is not made yet, and why.
type Waiting struct {
	Change
	Reason reason.Reason
}

// An Unresolved is a place that is left alone, and why.
type Unresolved struct {
	File   string
	Line   int // 0: the file as a whole
	Reason reason.Reason
	Text   string // the marker, or the value, or what is wrong; at most about 256 bytes
}

// A File is a file with its new content. Its mode stays.
type File struct {
	Entry   site.Entry
	Content []byte
	Edits   []edit.Edit // how Content came about
}

// A Plan is what has to change, and what does not and why.
type Plan struct {
	Files      []File
	Changes    []Change // all that Files hold
	Pending    []Waiting
	Unresolved []Unresolved
	Sites      int // how many sites belong to a policy of the input
	SiteFiles  int // how many files those are in
}

// Empty tells whether there is nothing to write.
func (p Plan) Empty() bool { return len(p.Files) == 0 }

// New plans. The only error is one of Read, with the file's path around it.
func New(in Input) (Plan, error) {
	var p Plan
	owners := newOwners(in)
	for _, file := range merge(in.Files) {
		if err := p.add(in, owners, file); err != nil {
			return Plan{}, err
		}
	}
	return p, nil
}

// merge returns files by path, each once, with the sites of all its scans. Where two scans found one value, or one
// found a part of the other's, the one with a marker counts, and without markers the one that begins first.
func merge(files []site.FileSites) []site.FileSites {
	sorted := slices.Clone(files)
	slices.SortStableFunc(sorted, func(a, b site.FileSites) int { return strings.Compare(a.Entry.Path, b.Entry.Path) })
	merged := sorted[:0]
	for _, f := range sorted {
		last := len(merged) - 1
		if last < 0 || merged[last].Entry.Path != f.Entry.Path {
			merged = append(merged, f)
			continue
		}
		merged[last].Sites = mergeSites(merged[last].Sites, f.Sites)
	}
	return merged
}

func mergeSites(a, b []site.Site) []site.Site {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(x, y site.Site) int {
		return cmp.Or(x.Line-y.Line, x.Start-y.Start, x.End-y.End, rank(x)-rank(y))
	})
	all = slices.CompactFunc(all, func(x, y site.Site) bool {
		return x.Line == y.Line && x.Start == y.Start && x.End == y.End && (x.End > x.Start || x.Why == y.Why)
	})
	return apart(all)
}

// rank is lower for the site that counts.
func rank(s site.Site) int {
	if s.Policy != (site.Policy{}) {
		return 0
	}
	return 1
}

// apart leaves one of sites that overlap: a value with its quotes, and the reference between them.
func apart(sites []site.Site) []site.Site {
	kept := make([]site.Site, 0, len(sites))
	last := -1 // of kept, with bytes
	for _, s := range sites {
		switch {
		case s.End <= s.Start:
			kept = append(kept, s)
			continue
		case last < 0 || s.Start >= kept[last].End || kept[last].Start >= s.End:
			kept = append(kept, s)
			last = len(kept) - 1
		case rank(s) < rank(kept[last]):
			kept[last] = s
		}
	}
	return kept
}

// add plans one file.
func (p *Plan) add(in Input, owners owners, file site.FileSites) error {
	places := owners.places(file)
	join(places)
	var edits []placed
	owned := false
	for _, pl := range places {
		if pl.owner != nil {
			p.Sites++
			owned = true
		}
		if pl.why != "" {
			p.Unresolved = append(p.Unresolved, unresolved(file.Entry.Path, pl.site, pl.why))
		}
		if !pl.changes() {
			continue
		}
		change := pl.change(file.Entry.Path)
		edits = append(edits, placed{pl, change})
	}
	if owned {
		p.SiteFiles++
	}
	return p.write(in, file.Entry, p.pass(in, edits))
}

func unresolved(path string, s site.Site, why reason.Reason) Unresolved {
	return Unresolved{File: path, Line: s.Line, Reason: why, Text: cmp.Or(s.Note, s.Text)}
}

// placed is a place with the change that is wanted there.
type placed struct {
	place
	change Change
}

// pass returns the changes that may be made now. The others wait, and with one part of an object all of its parts.
func (p *Plan) pass(in Input, edits []placed) []placed {
	waits := map[group]reason.Reason{}
	reasons := make([]reason.Reason, len(edits))
	for i, e := range edits {
		reasons[i] = e.guarded
		if reasons[i] == "" && in.Gate != nil {
			reasons[i] = in.Gate(e.change)
		}
		if reasons[i] != "" && e.group != (group{}) && waits[e.group] == "" {
			waits[e.group] = reasons[i]
		}
	}
	var now []placed
	for i, e := range edits {
		why := reasons[i]
		if why == "" && e.group != (group{}) {
			why = waits[e.group]
		}
		if why != "" {
			p.Pending = append(p.Pending, Waiting{e.change, why})
			continue
		}
		now = append(now, e)
	}
	return now
}

// write edits one file and checks the result.
func (p *Plan) write(in Input, entry site.Entry, now []placed) error {
	if len(now) == 0 {
		return nil
	}
	src, err := in.Read(entry)
	if err != nil {
		return fmt.Errorf("reading %q: %w", entry.Path, err)
	}
	file, err := rewrite(entry, src, now)
	if err != nil {
		u := unresolved(entry.Path, now[0].site, reason.InvalidYAML)
		u.Text = err.Error()
		p.Unresolved = append(p.Unresolved, u)
		return nil //nolint:nilerr // a file that cannot be edited is told of, and the others go on
	}
	p.Files = append(p.Files, file)
	for _, e := range now {
		p.Changes = append(p.Changes, e.change)
	}
	return nil
}
