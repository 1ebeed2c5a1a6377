// SPDX-License-Identifier: Apache-2.0

package hold

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// Max is how many holds an automation may have.
const Max = 512

// A Hold is an image of a policy that stays out.
type Hold struct {
	Policy site.Policy
	Tag    string
	Digest image.Digest
	Reason reason.Reason // ManualChange, HistoryRewritten or PullRequestClosed
	File   string        // where it was taken out; "" where that is not known
	Commit string        // by which commit; the head where that is not known
	By     string        // whose commit that is; "" where that is not known
	Since  time.Time
}

// A Policy is what holding needs to know of an ImagePolicy.
type Policy struct {
	Name    site.Policy
	Image   image.Name  // what it follows; zero: the name of Latest
	Latest  image.Ref   // zero: it never had an image, and nothing of it is looked at
	History []image.Ref // what it wanted before, newest first
	Since   time.Time   // when Latest was chosen
	// ByDigest says that tags have no rank, as in policies "latest" and "tag": what counts as newer is another
	// digest, chosen later.
	ByDigest bool
	// Above tells whether Latest ranks above tag. It is not asked where ByDigest; nil means no.
	Above func(tag string) bool
}

// A Commit is one between the commit last examined and the head.
type Commit struct {
	ID, By    string
	Automated bool // it has the trailer of an automation, of whatever cluster
	// Sites returns the sites that the commit's version of a file holds, none for a file that is not there; known
	// is false where that cannot be told. nil: of no file.
	Sites func(file string) (sites []site.Site, known bool)
}

// An Input is all that holding depends on.
type Input struct {
	Now           time.Time
	Head          string           // the commit After was read from
	Before, After []site.FileSites // at the commit last examined, and at the head
	Policies      []Policy
	Known         []Hold
	// Since lists the commits after the one last examined, newest first. Complete says that none is missing.
	// With neither, every change counts as a person's: look at New first, and fetch the commits only if there are any.
	Since    []Commit
	Complete bool
	Retry    func(site.Policy) bool // whose holds a person cleared; nil: none
}

// A Result is the state of the holds.
type Result struct {
	Holds []Hold // all of them, by policy, tag and digest
	New   []Hold // those of them that were not known
	Ended []Hold // those that were known and are no more
}

// A TooManyError says that there would be more than Max holds, so that nothing may be written until a person acts.
type TooManyError struct{ Count int }

// Error names the number and the way out.
func (e *TooManyError) Error() string {
	return fmt.Sprintf("%d images are held, more than %d: clear them with a retry", e.Count, Max)
}

// Find compares two looks at a repository. The error is a *TooManyError; the result is whole all the same.
func Find(in Input) (Result, error) {
	c := compare{in: in, owners: newOwners(in.Policies)}
	return settle(in, c.owners, c.takenOut())
}

// A Written is what an automation last brought for a policy, by its own record.
type Written struct {
	Policy site.Policy
	Image  image.Ref
	Files  int // how many files it was written to
}

// FindLost does what Find does where the commit last examined is gone for good: what was written last and stands
// in fewer files now is held, HistoryRewritten. Before and Since of in are not looked at. Of several entries of
// written for one policy the first, the newest, counts.
func FindLost(in Input, written []Written) (Result, error) {
	owners := newOwners(in.Policies)
	files := map[site.Policy]map[image.Ref]int{}
	for _, f := range in.After {
		seen := map[site.Policy]map[image.Ref]bool{}
		for _, s := range f.Sites {
			p := owners.of(s)
			if p == nil {
				continue
			}
			v := valueOf(s, *p)
			for _, w := range written {
				if w.Policy == p.Name && v.is(w.Image) && !seen[p.Name][w.Image] {
					add(seen, p.Name, w.Image, true)
					add(files, p.Name, w.Image, files[p.Name][w.Image]+1)
				}
			}
		}
	}
	var out []Hold
	done := map[site.Policy]bool{}
	for _, w := range written {
		if p := owners.byName[w.Policy]; p == nil || done[w.Policy] {
			continue
		}
		done[w.Policy] = true
		if files[w.Policy][w.Image] < max(w.Files, 1) {
			out = append(out, Hold{Policy: w.Policy, Tag: w.Image.Tag, Digest: w.Image.Digest,
				Reason: reason.HistoryRewritten, Commit: in.Head, Since: in.Now})
		}
	}
	return settle(in, owners, out)
}

func add[V any](m map[site.Policy]map[image.Ref]V, p site.Policy, ref image.Ref, v V) {
	if m[p] == nil {
		m[p] = map[image.Ref]V{}
	}
	m[p][ref] = v
}

// settle joins what was taken out with what is known, and lets go what has ended.
func settle(in Input, owners owners, out []Hold) (Result, error) {
	var r Result
	known := map[[4]string]bool{}
	for _, h := range in.Known {
		switch {
		case known[h.key()]:
		case in.Retry != nil && in.Retry(h.Policy), owners.ended(h):
			r.Ended = append(r.Ended, h)
		default:
			known[h.key()] = true
			r.Holds = append(r.Holds, h)
		}
	}
	for _, h := range out {
		if known[h.key()] || owners.ended(h) {
			continue
		}
		known[h.key()] = true
		r.Holds = append(r.Holds, h)
		r.New = append(r.New, h)
	}
	for _, list := range [][]Hold{r.Holds, r.New, r.Ended} {
		slices.SortFunc(list, byKey)
	}
	if len(r.Holds) > Max {
		return r, &TooManyError{Count: len(r.Holds)}
	}
	return r, nil
}

func (h Hold) key() [4]string {
	return [4]string{h.Policy.Namespace, h.Policy.Name, h.Tag, string(h.Digest)}
}

func byKey(a, b Hold) int {
	x, y := a.key(), b.key()
	return cmp.Or(strings.Compare(x[0], y[0]), strings.Compare(x[1], y[1]), strings.Compare(x[2], y[2]), strings.Compare(x[3], y[3]))
}

// ended tells whether the policy of h wants something above it by now. A re-push of the same tag is not above, and
// a policy that cannot be seen just now ends nothing.
func (o owners) ended(h Hold) bool {
	p := o.byName[h.Policy]
	switch {
	case p == nil || p.Latest == (image.Ref{}):
		return false
	case !p.ByDigest:
		return p.Latest.Tag != h.Tag && p.Above != nil && p.Above(h.Tag)
	case p.Latest.Digest == "" || h.Digest == "":
		return p.Latest.Tag != h.Tag && p.Since.After(h.Since)
	default:
		return p.Latest.Digest != h.Digest && p.Since.After(h.Since)
	}
}

// Covers tells whether one of holds keeps out what p wants. Where tags have a rank, a held tag stays out even if it
// was pushed again and has another digest now.
func Covers(holds []Hold, p Policy) bool {
	return slices.ContainsFunc(holds, func(h Hold) bool {
		switch {
		case h.Policy != p.Name:
			return false
		case h.Digest != "" && h.Digest == p.Latest.Digest:
			return true
		case p.ByDigest && h.Digest != "" && p.Latest.Digest != "":
			return false
		default:
			return h.Tag == p.Latest.Tag
		}
	})
}
