// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/markers"
)

const digestA, digestB = "sha256:" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "sha256:" + "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

// policy makes the policy "shop/NAME" that wants a reference.
func policy(tb testing.TB, name, wants string) plan.Policy {
	tb.Helper()
	ref, err := image.Parse(wants)
	if err != nil {
		tb.Fatal(err)
	}
	return plan.Policy{Name: site.Policy{Namespace: "shop", Name: name}, Latest: ref}
}

// input finds the markers of files for a plan.
func input(tb testing.TB, files memoryTree, policies ...plan.Policy) plan.Input {
	tb.Helper()
	found, err := site.Scan(files, nil, site.Selection{Strategy: markers.Strategy()})
	if err != nil {
		tb.Fatal(err)
	}
	return plan.Input{Files: found.Files, Policies: policies,
		Read: func(e site.Entry) ([]byte, error) { return files.Read(e, site.MaxFileBytes) }}
}

// told writes a plan in short: changes, what waits, what is left alone.
func told(p plan.Plan) (lines []string) {
	for _, c := range p.Changes {
		lines = append(lines, fmt.Sprintf("%s:%d %s -> %s", c.File, c.Line, c.From, c.To))
	}
	for _, w := range p.Pending {
		lines = append(lines, fmt.Sprintf("%s:%d %s -> %s waits, %s", w.File, w.Line, w.From, w.To, w.Reason))
	}
	for _, u := range p.Unresolved {
		lines = append(lines, fmt.Sprintf("%s:%d %s", u.File, u.Line, u.Reason))
	}
	return lines
}

const entry = `images:
- name: web
  newName: ghcr.io/acme/web # {"$imagepolicy": "shop:web:name"}
  newTag: 1.4.1 # {"$imagepolicy": "shop:web:tag"}
  digest: ` + digestA + ` # {"$imagepolicy": "shop:web:digest"}
`

func TestNew(t *testing.T) {
	t.Parallel()
	above := func(tags ...string) func(string) bool {
		return func(tag string) bool { return slices.Contains(tags, tag) }
	}
	for _, tc := range []struct {
		name, why string
		src       string
		wants     string
		edit      func(*plan.Input)
		want      []string
	}{
		{"moves all parts of an object", "they are one image", entry, "ghcr.io/acme/web:1.4.2@" + digestB, nil,
			[]string{"a.yaml:4 1.4.1 -> 1.4.2", "a.yaml:5 " + digestA + " -> " + digestB}},
		{"writes the digest alone when the tag was pushed again", "the digest is what runs", entry, "ghcr.io/acme/web:1.4.1@" + digestB, nil,
			[]string{"a.yaml:5 " + digestA + " -> " + digestB}},
		{"moves no part without a digest", "tag and digest would name two images", entry, "ghcr.io/acme/web:1.4.2", nil,
			[]string{"a.yaml:5 NoDigest"}},
		{"moves no part beside one that is left alone", "together or not at all", strings.Replace(entry, "digest: sha", "digest: ${X}sha", 1),
			"ghcr.io/acme/web:1.4.2@" + digestB, nil, []string{"a.yaml:5 Templated"}},
		{"moves a whole reference beside a broken one", "it is complete by itself", "a: &x web:1 \nb: *x # {\"$imagepolicy\": \"shop:web\"}\nc: ghcr.io/acme/web:1 # {\"$imagepolicy\": \"shop:web\"}\n",
			"ghcr.io/acme/web:2", nil, []string{"a.yaml:3 ghcr.io/acme/web:1 -> ghcr.io/acme/web:2", "a.yaml:2 OnAlias"}},
		{"moves no whole reference beside a digest key without a digest", "nothing of that image in that object changes",
			"a: ghcr.io/acme/web:1 # {\"$imagepolicy\": \"shop:web\"}\nd: x # {\"$imagepolicy\": \"shop:web:digest\"}\n", "ghcr.io/acme/web:2", nil,
			[]string{"a.yaml:2 NoDigest"}},
		{"holds back what would go down", "two clusters must not write back and forth", entry, "ghcr.io/acme/web:1.4.0@" + digestB,
			func(in *plan.Input) { in.Policies[0].Outranks = above("1.4.1") },
			[]string{"a.yaml:4 1.4.1 -> 1.4.0 waits, DowngradeHeld", "a.yaml:5 " + digestA + " -> " + digestB + " waits, DowngradeHeld"}},
		{"does not compare with the tag of another image", "it says nothing of this one", "a: other:9 # {\"$imagepolicy\": \"shop:web\"}\n", "ghcr.io/acme/web:1",
			func(in *plan.Input) { in.Policies[0].Outranks = above("9") }, []string{"a.yaml:1 other:9 -> ghcr.io/acme/web:1"}},
		{"writes nothing of a held image", "a person took it out", entry, "ghcr.io/acme/web:1.4.2@" + digestB,
			func(in *plan.Input) { in.Policies[0].Held = true }, nil},
		{"asks the gate for each change", "a freeze has exceptions", entry, "ghcr.io/acme/web:1.4.2@" + digestB,
			func(in *plan.Input) { in.Gate = func(plan.Change) reason.Reason { return reason.Frozen } },
			[]string{"a.yaml:4 1.4.1 -> 1.4.2 waits, Frozen", "a.yaml:5 " + digestA + " -> " + digestB + " waits, Frozen"}},
		{"lets all parts wait with one", "together or not at all", entry, "ghcr.io/acme/web:1.4.2@" + digestB,
			func(in *plan.Input) {
				in.Gate = func(c plan.Change) reason.Reason {
					if c.Part == site.Digest {
						return reason.Frozen
					}
					return ""
				}
			},
			[]string{"a.yaml:4 1.4.1 -> 1.4.2 waits, Frozen", "a.yaml:5 " + digestA + " -> " + digestB + " waits, Frozen"}},
		{"knows no policy of another namespace", "an automation writes for its own", entry, "ghcr.io/acme/web:1.4.2",
			func(in *plan.Input) { in.Namespace = "store" }, []string{"a.yaml:3 UnknownPolicy", "a.yaml:4 UnknownPolicy", "a.yaml:5 UnknownPolicy"}},
		{"says suspended before not ready", "the person knows why", entry, "ghcr.io/acme/web:1.4.2",
			func(in *plan.Input) { in.Policies[0].Suspended, in.Policies[0].Latest = true, image.Ref{} },
			[]string{"a.yaml:3 PolicySuspended", "a.yaml:4 PolicySuspended", "a.yaml:5 PolicySuspended"}},
		{"writes a name as the policy spells it", "another image stood there", "a: other:9 # {\"$imagepolicy\": \"shop:web\"}\n", "nginx:1",
			func(in *plan.Input) { in.Policies[0].Spelling = "nginx" }, []string{"a.yaml:1 other:9 -> nginx:1"}},
		{"finds a place once in two scans", "two selections may overlap", "a: other:9 # {\"$imagepolicy\": \"shop:web\"}\n", "nginx:1",
			func(in *plan.Input) { in.Files = append(in.Files, in.Files...) }, []string{"a.yaml:1 other:9 -> docker.io/library/nginx:1"}},
		{"leaves a file alone that is not what was scanned", "a site of another version fits nowhere", "a: other:9 # {\"$imagepolicy\": \"shop:web\"}\n", "nginx:1",
			func(in *plan.Input) {
				in.Read = func(site.Entry) ([]byte, error) { return []byte("ab: other:9 # x\n"), nil }
			}, []string{"a.yaml:1 InvalidYAML"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in := input(t, memoryTree{"a.yaml": tc.src}, policy(t, "web", tc.wants))
			if tc.edit != nil {
				tc.edit(&in)
			}
			p, err := plan.New(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, told(p)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestNew_siteOfAnImage(t *testing.T) {
	t.Parallel()
	web := image.Name{Registry: "ghcr.io", Repository: "acme/web"}
	files := memoryTree{"a.yaml": "image: ghcr.io/acme/web:1\n"}
	in := input(t, files, policy(t, "web", "ghcr.io/acme/web:2"))
	found := site.Site{Part: site.Full, Image: web, Text: "ghcr.io/acme/web:1", Line: 1, Start: 7, End: 25, Style: 1, Object: 0}
	in.Files = []site.FileSites{{Entry: site.Entry{Path: "a.yaml"}, Sites: []site.Site{found}}}
	for _, tc := range []struct {
		name, why string
		edit      func(*plan.Input)
		want      []string
	}{
		{"follows the policy of that image", "the name says whose it is", func(*plan.Input) {}, []string{"a.yaml:1 ghcr.io/acme/web:1 -> ghcr.io/acme/web:2"}},
		{"is nobody's without one", "most images are not followed", func(in *plan.Input) { in.Policies = nil }, nil},
		{"is left alone with two", "which one counts is not said", func(in *plan.Input) { in.Policies = append(in.Policies, policy(t, "web2", "ghcr.io/acme/web:3")) },
			[]string{"a.yaml:1 AmbiguousPolicy"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in := in
			in.Policies = slices.Clone(in.Policies)
			tc.edit(&in)
			p, err := plan.New(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, told(p)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestNew_siteOfAnImageWithTwoNames(t *testing.T) {
	t.Parallel()
	name := func(repository string) image.Name {
		return image.Name{Registry: "ghcr.io", Repository: "acme/" + repository}
	}
	files := memoryTree{"a.yaml": "newTag: v1\n"}
	digest := "@sha256:" + strings.Repeat("d", 64)
	for _, tc := range []struct {
		name, why string
		policies  []plan.Policy
		edit      func(*site.Site)
		want      []string
	}{
		{"follows the first name", "it is the one that runs", []plan.Policy{policy(t, "old", "ghcr.io/acme/old:v3"), policy(t, "new", "ghcr.io/acme/new:v2")}, nil, []string{"a.yaml:1 v1 -> v2"}},
		{"follows the other name where nobody follows the first", "an entry may be meant by either", []plan.Policy{policy(t, "old", "ghcr.io/acme/old:v3")}, nil, []string{"a.yaml:1 v1 -> v3"}},
		{"is nobody's without a policy for either", "a policy without an image follows nothing", []plan.Policy{{Name: site.Policy{Namespace: "shop", Name: "none"}}},
			func(s *site.Site) { s.Also = image.Name{} }, nil},
		{"takes the digest as well", "there is no other place for it", []plan.Policy{policy(t, "new", "ghcr.io/acme/new:v2"+digest)},
			func(s *site.Site) { s.TakesDigest = true }, []string{"a.yaml:1 v1 -> v2" + digest}},
		{"is told of where it cannot be edited", "someone follows it", []plan.Policy{policy(t, "old", "ghcr.io/acme/old:v3")},
			func(s *site.Site) { s.Why = reason.OnAlias }, []string{"a.yaml:1 OnAlias"}},
		{"is not told of where nobody follows it", "it is of no concern", []plan.Policy{policy(t, "other", "ghcr.io/acme/other:v3")},
			func(s *site.Site) { s.Why = reason.OnAlias }, nil},
		{"is told of where its name is not known", "it may be anyone's", nil,
			func(s *site.Site) { s.Why, s.Image, s.Also = reason.Templated, image.Name{}, image.Name{} }, []string{"a.yaml:1 Templated"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			found := site.Site{Part: site.Tag, Image: name("new"), Also: name("old"), Text: "v1", Line: 1, Start: 8, End: 10, Style: 1, Object: 0}
			if tc.edit != nil {
				tc.edit(&found)
			}
			in := input(t, files, tc.policies...)
			in.Files = []site.FileSites{{Entry: site.Entry{Path: "a.yaml"}, Sites: []site.Site{found}}}
			p, err := plan.New(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, told(p)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestNew_readError(t *testing.T) {
	t.Parallel()
	in := input(t, memoryTree{"a.yaml": entry}, policy(t, "web", "ghcr.io/acme/web:2@"+digestB))
	gone := errors.New("object not found")
	in.Read = func(site.Entry) ([]byte, error) { return nil, gone }
	if _, err := plan.New(in); !errors.Is(err, gone) || !strings.Contains(err.Error(), "a.yaml") {
		t.Errorf("got %v, want the error of Read with the path", err)
	}
}

// TestNew_order plans with everything shuffled: the same input gives the same plan.
func TestNew_order(t *testing.T) {
	t.Parallel()
	files := memoryTree{}
	var policies []plan.Policy
	for i := range 20 {
		name := fmt.Sprintf("p%d", i)
		policies = append(policies, policy(t, name, fmt.Sprintf("ghcr.io/acme/%s:2@%s", name, digestA)))
		files[fmt.Sprintf("%d/%s.yaml", i%3, name)] = fmt.Sprintf("a: x # {\"$imagepolicy\": \"shop:%s\"}\nb: 1 # {\"$imagepolicy\": \"shop:p%d:tag\"}\nc: y # {\"$imagepolicy\": \"shop:none\"}\n", name, (i+1)%20)
	}
	in := input(t, files, policies...)
	want, err := plan.New(in)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewSource(1))
	for range 5 {
		shuffled := in
		shuffled.Files, shuffled.Policies = slices.Clone(in.Files), slices.Clone(in.Policies)
		rng.Shuffle(len(shuffled.Files), func(i, j int) {
			shuffled.Files[i], shuffled.Files[j] = shuffled.Files[j], shuffled.Files[i]
		})
		rng.Shuffle(len(policies), func(i, j int) {
			shuffled.Policies[i], shuffled.Policies[j] = shuffled.Policies[j], shuffled.Policies[i]
		})
		got, err := plan.New(shuffled)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("the order of the input changed the plan, %v (-want +got):\n%s", err, diff)
		}
	}
	if want.Sites != 40 || want.SiteFiles != 20 {
		t.Errorf("%d sites in %d files, want 40 in 20", want.Sites, want.SiteFiles)
	}
}

func TestUpdateID(t *testing.T) {
	t.Parallel()
	in := input(t, memoryTree{"a.yaml": entry}, policy(t, "web", "ghcr.io/acme/web:2@"+digestB))
	p, err := plan.New(in)
	if err != nil {
		t.Fatal(err)
	}
	origin := plan.Origin{UID: "u", Repository: "r", Branch: "main", Base: "b"}
	id := plan.UpdateID(origin, p.Changes)
	if len(id) != 64 {
		t.Errorf("%q is not 64 hex digits", id)
	}
	backwards := slices.Clone(p.Changes)
	slices.Reverse(backwards)
	if plan.UpdateID(origin, backwards) != id {
		t.Error("the order of changes changed the id")
	}
	other := slices.Clone(p.Changes)
	other[0].To += "x"
	for name, again := range map[string]string{
		"UID":                      plan.UpdateID(plan.Origin{UID: "v", Repository: "r", Branch: "main", Base: "b"}, p.Changes),
		"the border of two fields": plan.UpdateID(plan.Origin{UID: "ur", Repository: "", Branch: "main", Base: "b"}, p.Changes),
		"branch":                   plan.UpdateID(plan.Origin{UID: "u", Repository: "r", Branch: "dev", Base: "b"}, p.Changes),
		"base":                     plan.UpdateID(plan.Origin{UID: "u", Repository: "r", Branch: "main", Base: "c"}, p.Changes),
		"value":                    plan.UpdateID(origin, other),
		"number":                   plan.UpdateID(origin, p.Changes[1:]),
	} {
		if again == id {
			t.Errorf("another %s gives the same id", name)
		}
	}
}

func TestMoves(t *testing.T) {
	t.Parallel()
	files := memoryTree{"b.yaml": entry, "a.yaml": entry, "c.yaml": "a: ghcr.io/acme/web:1.3.0 # {\"$imagepolicy\": \"shop:web\"}\n"}
	in := input(t, files, policy(t, "web", "ghcr.io/acme/web:1.4.2@"+digestB))
	p, err := plan.New(in)
	if err != nil {
		t.Fatal(err)
	}
	web := image.Name{Registry: "ghcr.io", Repository: "acme/web"}
	to := image.Ref{Name: web, Tag: "1.4.2", Digest: digestB}
	want := []plan.Move{
		{Policy: site.Policy{Namespace: "shop", Name: "web"}, From: image.Ref{Name: web, Tag: "1.3.0"}, To: to, Files: []string{"c.yaml"}},
		{Policy: site.Policy{Namespace: "shop", Name: "web"}, From: image.Ref{Name: web, Tag: "1.4.1", Digest: digestA}, To: to, Files: []string{"a.yaml", "b.yaml"}},
	}
	if diff := cmp.Diff(want, plan.Moves(p.Changes)); diff != "" {
		t.Errorf("tag and digest of an object are one move (-want +got):\n%s", diff)
	}
}
