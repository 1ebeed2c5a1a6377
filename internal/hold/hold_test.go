// SPDX-License-Identifier: Apache-2.0

package hold_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/hold"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
)

var (
	noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	web  = site.Policy{Namespace: "shop", Name: "web"}
	name = image.Name{Registry: "ghcr.io", Repository: "acme/web"}
)

// ref is the image web at "tag" or "tag@digest".
func ref(text string) image.Ref {
	tag, digest, _ := strings.Cut(text, "@")
	return image.Ref{Name: name, Tag: tag, Digest: image.Digest(digest)}
}

// sitesOf makes the sites of a file: "1.4.1" is a tag, "=1.4.1@d" a whole reference, "@d" a digest, "!x" a place
// that is left alone.
func sitesOf(values string) (sites []site.Site) {
	for i, v := range strings.Fields(values) {
		s := site.Site{Part: site.Tag, Policy: web, Text: v, Line: i + 1, Start: i, End: i + 1}
		switch v[0] {
		case '=':
			s.Part, s.Text = site.Full, name.String()+image.Suffix(ref(v[1:]).Tag, ref(v[1:]).Digest)
		case '?':
			s.Part, s.Text = site.Full, v[1:]
		case '@':
			s.Part, s.Text = site.Digest, v[1:]
		case '!':
			s.Why, s.Text = reason.Templated, v[1:]
		}
		sites = append(sites, s)
	}
	return sites
}

// repository makes what a scan finds of "file: values; file: values".
func repository(text string) (files []site.FileSites) {
	for part := range strings.SplitSeq(text, ";") {
		file, values, ok := strings.Cut(strings.TrimSpace(part), ":")
		if ok {
			files = append(files, site.FileSites{Entry: site.Entry{Path: file}, Sites: sitesOf(values)})
		}
	}
	return files
}

// commit makes a commit after which the repository holds text.
func commit(id string, automated bool, text string) hold.Commit {
	files := repository(text)
	return hold.Commit{ID: id, By: "who of " + id, Automated: automated, Sites: func(file string) ([]site.Site, bool) {
		i := slices.IndexFunc(files, func(f site.FileSites) bool { return f.Entry.Path == file })
		if i < 0 {
			return nil, true
		}
		return files[i].Sites, true
	}}
}

func told(holds []hold.Hold) (lines []string) {
	for _, h := range holds {
		line := h.Tag
		if h.Digest != "" {
			line += "@" + string(h.Digest)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s by %s", line, h.File, h.Commit, h.By))
	}
	return lines
}

func TestFind(t *testing.T) {
	t.Parallel()
	held := hold.Hold{Policy: web, Tag: "1.4.2", Digest: "d2", Reason: reason.ManualChange, Since: noon.Add(-time.Hour)}
	for _, tc := range []struct {
		name, why     string
		before, after string
		edit          func(*hold.Input)
		want, ended   []string // holds as "image file commit by who"
	}{
		{"holds what a person reverted", "the plain case", "a: 1.4.2", "a: 1.4.1",
			func(in *hold.Input) { in.Since = []hold.Commit{commit("c1", false, "a: 1.4.1")} }, []string{"1.4.2@d2 a c1 by who of c1"}, nil},
		{"holds nothing where nothing changed", "most looks", "a: 1.4.2", "a: 1.4.2", nil, nil, nil},
		{"holds without knowing the commits", "the head stands in for them until they are fetched", "a: 1.4.2", "a: 1.4.1",
			func(in *hold.Input) { in.Complete = false }, []string{"1.4.2@d2 a head by "}, nil},
		{"holds nothing that automations did", "they were no person", "a: 1.4.2", "a: 1.4.1",
			func(in *hold.Input) { in.Since = []hold.Commit{commit("c1", true, "a: 1.4.1")} }, nil, nil},
		{"holds nothing that an automation did between a person's commits", "the person changed something else", "a: 1.4.2", "a: 1.4.1",
			func(in *hold.Input) {
				in.Since = []hold.Commit{commit("c3", false, "a: 1.4.1"), commit("c2", true, "a: 1.4.1"), commit("c1", false, "a: 1.4.2")}
			}, nil, nil},
		{"names the commit that took it out last", "a person put it back and took it out again", "a: 1.4.2", "a: 1.4.0",
			func(in *hold.Input) {
				in.Since = []hold.Commit{commit("c3", false, "a: 1.4.0"), commit("c2", false, "a: 1.4.2"), commit("c1", true, "a: 1.4.1")}
			}, []string{"1.4.2@d2 a c3 by who of c3"}, nil},
		{"holds when commits are missing", "one of them may be a person's", "a: 1.4.2", "a: 1.4.1",
			func(in *hold.Input) { in.Complete, in.Since = false, []hold.Commit{commit("c1", true, "a: 1.4.1")} }, []string{"1.4.2@d2 a head by "}, nil},
		{"holds when a person's commit cannot be read", "doubt holds", "a: 1.4.2", "a: 1.4.1",
			func(in *hold.Input) { in.Since = []hold.Commit{{ID: "c2", Automated: true}, {ID: "c1"}} }, []string{"1.4.2@d2 a head by "}, nil},
		{"holds an image of the history", "it was the policy's choice", "a: 1.4.1", "a: 1.4.0", nil, []string{"1.4.1@d1 a head by "}, nil},
		{"holds nothing that never was the policy's", "a person moves from one of their own to another", "a: 0.9", "a: 0.8", nil, nil, nil},
		{"holds nothing at a new site", "it is simply updated", "", "a: 1.4.0", nil, nil, nil},
		{"holds what went forward by hand", "a person chose another one", "a: 1.4.2", "a: 1.5.0", nil, []string{"1.4.2@d2 a head by "}, nil},
		{"holds a whole reference", "by its tag and digest", "a: =1.4.2@d2", "a: =1.4.1@d1", nil, []string{"1.4.2@d2 a head by "}, nil},
		{"takes another spelling for the same", "the image did not change", "a: ?ghcr.io/acme/web:1.4.2", "a: ?GHCR.io/acme/web:1.4.2", nil, nil, nil},
		{"holds what was replaced by another image", "the policy's is out", "a: =1.4.2@d2", "a: ?other:1", nil, []string{"1.4.2@d2 a head by "}, nil},
		{"holds a digest alone", "its tag is known from the policy", "a: @d2", "a: @d1", nil, []string{"1.4.2@d2 a head by "}, nil},
		{"holds once for several sites", "it is one image", "a: 1.4.2 1.4.2; b: 1.4.2", "a: 1.4.1 1.4.1; b: 1.4.1", nil, []string{"1.4.2@d2 a head by "}, nil},
		{"compares each of several sites with itself", "one of two was reverted", "a: 1.4.2 1.4.2", "a: 1.4.2 1.4.1", nil, []string{"1.4.2@d2 a head by "}, nil},
		{"lets a file move", "the image stands elsewhere as often", "a: 1.4.2", "b: 1.4.2", nil, nil, nil},
		{"holds what did not move along", "the file is gone, and the image with it", "a: 1.4.2; b: 1.4.2", "b: 1.4.2", nil, []string{"1.4.2@d2 a head by "}, nil},
		{"lets a site be added before another", "the image stands there as often as before", "a: 1.4.2", "a: 1.4.0 1.4.2", nil, nil, nil},
		{"holds when a site is gone and the image with it", "from a file that stays", "a: 1.4.2 1.4.0", "a: 1.4.0", nil, []string{"1.4.2@d2 a head by "}, nil},
		{"holds when a person made the value a template", "the image is out of the file", "a: 1.4.2", "a: !${TAG}", nil, []string{"1.4.2@d2 a head by "}, nil},
		{"takes nothing from a place that was left alone", "nobody wrote there", "a: !1.4.2", "a: 1.4.1", nil, nil, nil},
		{"looks at nothing of a policy without an image", "there is nothing to hold", "a: 1.4.2", "a: 1.4.1",
			func(in *hold.Input) { in.Policies[0].Latest = image.Ref{} }, nil, nil},
		{"holds the image taken out though a newer one is wanted, and ends at once", "the newer one goes forward", "a: 1.4.1", "a: 1.4.0",
			func(in *hold.Input) {
				in.Policies[0].Above = func(tag string) bool { return tag != "1.4.2" }
			}, nil, nil},
		{"keeps what is held", "nothing ended it", "a: 1.4.1", "a: 1.4.1",
			func(in *hold.Input) { in.Known = []hold.Hold{held} }, []string{"1.4.2@d2   by "}, nil},
		{"keeps the time of what is held already", "it is the same hold", "a: 1.4.2", "a: 1.4.1",
			func(in *hold.Input) { in.Known = []hold.Hold{held} }, []string{"1.4.2@d2   by "}, nil},
		{"ends when the policy wants something above", "the person's word was about the older one", "", "",
			func(in *hold.Input) {
				in.Known = []hold.Hold{held}
				in.Policies[0].Latest = ref("1.5.0@d5")
				in.Policies[0].Above = func(tag string) bool { return tag == "1.4.2" }
			}, nil, []string{"1.4.2@d2   by "}},
		{"does not end with a re-push of the tag", "it is not above", "", "",
			func(in *hold.Input) {
				in.Known = []hold.Hold{held}
				in.Policies[0].Latest = ref("1.4.2@d9")
				in.Policies[0].Above = func(string) bool { return true }
			}, []string{"1.4.2@d2   by "}, nil},
		{"ends by a retry", "a person asks for it", "", "",
			func(in *hold.Input) {
				in.Known = []hold.Hold{held}
				in.Retry = func(p site.Policy) bool { return p == web }
			}, nil, []string{"1.4.2@d2   by "}},
		{"keeps the holds of a policy that cannot be seen", "it may come back", "", "",
			func(in *hold.Input) { in.Known, in.Policies = []hold.Hold{held}, nil }, []string{"1.4.2@d2   by "}, nil},
		{"ends for a policy by digest with a later choice of another", "tags have no rank there", "", "",
			func(in *hold.Input) {
				in.Known = []hold.Hold{held}
				in.Policies[0].ByDigest, in.Policies[0].Latest, in.Policies[0].Since = true, ref("1.4.2@d9"), noon
			}, nil, []string{"1.4.2@d2   by "}},
		{"does not end by a choice made before", "the person saw it", "", "",
			func(in *hold.Input) {
				in.Known = []hold.Hold{held}
				in.Policies[0].ByDigest, in.Policies[0].Latest, in.Policies[0].Since = true, ref("1.4.2@d9"), noon.Add(-2*time.Hour)
			}, []string{"1.4.2@d2   by "}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in := hold.Input{Now: noon, Head: "head", Before: repository(tc.before), After: repository(tc.after),
				Policies: []hold.Policy{{Name: web, Latest: ref("1.4.2@d2"), History: []image.Ref{ref("1.4.1@d1")}}}}
			if tc.edit != nil {
				in.Complete = true
				tc.edit(&in)
			}
			got, err := hold.Find(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, told(got.Holds)); diff != "" {
				t.Errorf("%s: holds (-want +got):\n%s", tc.why, diff)
			}
			if diff := cmp.Diff(tc.ended, told(got.Ended)); diff != "" {
				t.Errorf("%s: ended (-want +got):\n%s", tc.why, diff)
			}
			for _, h := range got.New {
				if h.Since != noon || h.Reason != reason.ManualChange || h.Policy != web {
					t.Errorf("%s: a new hold says %+v", tc.why, h)
				}
			}
		})
	}
}

func TestFind_siteOfAnImage(t *testing.T) {
	t.Parallel()
	other := image.Name{Registry: "ghcr.io", Repository: "acme/other"}
	for _, tc := range []struct {
		name, why string
		site      site.Site
		want      int
	}{
		{"holds at a site of its image", "the name says whose it is", site.Site{Image: name}, 1},
		{"holds at a site that has its image for another name", "nobody follows the first", site.Site{Image: other, Also: name}, 1},
		{"holds nothing at a site of another image", "it is nobody's", site.Site{Image: other}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			at := func(tag string) []site.FileSites {
				s := tc.site
				s.Part, s.Text, s.Line = site.Tag, tag, 1
				return []site.FileSites{{Entry: site.Entry{Path: "a"}, Sites: []site.Site{s}}}
			}
			got, err := hold.Find(hold.Input{Now: noon, Head: "head", Before: at("1.4.2"), After: at("1.4.1"),
				Policies: []hold.Policy{{Name: web, Latest: ref("1.4.2")}}})
			if err != nil || len(got.Holds) != tc.want {
				t.Errorf("%s: %v, %v", tc.why, got.Holds, err)
			}
		})
	}
}

func TestFindLost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, after string
		written          []hold.Written
		want             []string
	}{
		{"holds what was written and is gone", "the history that says by whom is gone too", "a: 1.4.1", []hold.Written{{web, ref("1.4.2@d2"), 1}}, []string{"1.4.2@d2  head by "}},
		{"holds what stands in fewer files", "doubt holds", "a: 1.4.2; b: 1.4.1", []hold.Written{{web, ref("1.4.2@d2"), 2}}, []string{"1.4.2@d2  head by "}},
		{"holds nothing that stands as it was written", "the rewrite was about something else", "a: 1.4.2; b: =1.4.2@d2", []hold.Written{{web, ref("1.4.2@d2"), 2}}, nil},
		{"looks at the newest record of a policy only", "the older one was replaced by it", "a: 1.4.2", []hold.Written{{web, ref("1.4.2@d2"), 1}, {web, ref("1.4.1@d1"), 1}}, nil},
		{"takes no second digest of a tag for the same", "it is another image", "a: =1.4.2@d9", []hold.Written{{web, ref("1.4.2@d2"), 1}}, []string{"1.4.2@d2  head by "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := hold.FindLost(hold.Input{Now: noon, Head: "head", After: repository(tc.after),
				Policies: []hold.Policy{{Name: web, Latest: ref("1.4.2@d2"), History: []image.Ref{ref("1.4.1@d1")}}}}, tc.written)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, told(got.Holds)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			for _, h := range got.New {
				if h.Reason != reason.HistoryRewritten {
					t.Errorf("%s: reason %s", tc.why, h.Reason)
				}
			}
		})
	}
}

func TestFind_atTheLimit(t *testing.T) {
	t.Parallel()
	var in hold.Input
	for i := range hold.Max {
		in.Known = append(in.Known, hold.Hold{Policy: web, Tag: fmt.Sprint(i)})
	}
	if _, err := hold.Find(in); err != nil {
		t.Errorf("%d holds: %v", hold.Max, err)
	}
	in.Known = append(in.Known, hold.Hold{Policy: web, Tag: "one more"})
	if got, err := hold.Find(in); !errors.As(err, new(*hold.TooManyError)) || len(got.Holds) != hold.Max+1 {
		t.Errorf("%d holds: %v", hold.Max+1, err)
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why     string
		held, latest  string
		byDigest, out bool
	}{
		{"the held image", "it stays out", "1.4.2@d2", "1.4.2@d2", false, true},
		{"a re-push of the held tag", "it is not above", "1.4.2@d2", "1.4.2@d9", false, true},
		{"another tag", "only what was taken out is held", "1.4.2@d2", "1.4.1@d1", false, false},
		{"another tag with the held digest", "it is the same image", "1.4.2@d2", "1.4.2-fix@d2", false, true},
		{"another digest where tags have no rank", "it is another image", "stable@d2", "stable@d9", true, false},
		{"the same tag where no digest is known", "it is all there is to compare", "stable", "stable", true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := hold.Hold{Policy: web, Tag: ref(tc.held).Tag, Digest: ref(tc.held).Digest}
			p := hold.Policy{Name: web, Latest: ref(tc.latest), ByDigest: tc.byDigest}
			if got := hold.Covers([]hold.Hold{h}, p); got != tc.out {
				t.Errorf("%s: got %v", tc.why, got)
			}
			p.Name.Namespace = "store"
			if hold.Covers([]hold.Hold{h}, p) {
				t.Error("another policy's hold counts")
			}
		})
	}
}
