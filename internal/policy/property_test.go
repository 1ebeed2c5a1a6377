// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

var (
	someTags = rapid.SampledFrom([]string{"1.0.0", "v1.0.0", "1.0.1", "1.1.0-rc.1", "1.1.0", "2.0.0", "1", "2", "10", "010",
		"1.5", "main", "main-7", "main-12", "latest", "sha-0a1b", "1.2", "20261120-7", "20261120-12"})
	someDigests = rapid.Custom(func(t *rapid.T) image.Digest {
		return image.DigestOf([]byte{byte(rapid.IntRange(0, 5).Draw(t, "digest"))})
	})
)

// genSpec draws a sound spec.
func genSpec(t *rapid.T) policy.Spec {
	order := rapid.SampledFrom([]string{"", "Ascending", "Descending"})
	spec := policy.Spec{
		DigestPolicy: rapid.SampledFrom([]string{"", "Always", "IfNotPresent", "Never"}).Draw(t, "digestPolicy"),
		MinAge:       time.Duration(rapid.SampledFrom([]int{0, 0, 5}).Draw(t, "minAge")) * time.Hour,
	}
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		spec.Semver = &policy.Semver{Range: rapid.SampledFrom([]string{"*", "1.x", ">=1.0.0-0", "^2"}).Draw(t, "range")}
	case 1:
		spec.Numerical = &policy.Ordered{Order: order.Draw(t, "order")}
	case 2:
		spec.Alphabetical = &policy.Ordered{Order: order.Draw(t, "order")}
	case 3:
		spec.Regex = &policy.Regex{Pattern: `^(?P<a>[^-]+)-(?P<b>\d+)$`, OrderBy: []policy.Key{
			{Group: "a", As: "Alphabetical", Order: order.Draw(t, "order")}, {Group: "b", As: "Numerical"}}}
	case 4:
		spec.Latest = &policy.Latest{By: rapid.SampledFrom([]string{"Created", "Pushed"}).Draw(t, "by"),
			Limit: rapid.SampledFrom([]int{0, 3}).Draw(t, "limit")}
	default:
		spec.Tag = &policy.Tag{Name: someTags.Draw(t, "tag")}
	}
	if rapid.IntRange(0, 3).Draw(t, "filter") == 0 {
		spec.Filter = &policy.Filter{Pattern: `^(main-)?(?P<v>.*)$`, Extract: "$v"}
	}
	if rapid.IntRange(0, 3).Draw(t, "platforms") == 0 {
		spec.Platforms = []string{"linux/amd64"}
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "rejections") {
		entry := policy.Rejection{Tag: someTags.Draw(t, "rejected")}
		if rapid.Bool().Draw(t, "by digest") {
			entry = policy.Rejection{Digest: string(someDigests.Draw(t, "rejected"))}
		}
		spec.Reject = append(spec.Reject, entry)
	}
	return spec
}

// genRegistry draws what a registry answers, now and then an error.
func genRegistry(t *rapid.T) *registry {
	reg := &registry{tags: map[string]policy.TagFact{}, images: map[image.Digest]policy.ImageFact{}}
	for i := range 6 {
		reg.images[image.DigestOf([]byte{byte(i)})] = policy.ImageFact{
			Created:   monday.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "created")) * time.Hour),
			Platforms: rapid.SampledFrom([][]string{{"linux/amd64"}, {"linux/arm64"}}).Draw(t, "offered"),
			Gone:      rapid.IntRange(0, 9).Draw(t, "gone") == 0,
		}
	}
	return reg
}

// drawList draws the tags of one scan and moves some of them.
func (r *registry) drawList(t *rapid.T) []string {
	tags := rapid.SliceOfNDistinct(someTags, 0, 12, rapid.ID[string]).Draw(t, "tags")
	for _, tag := range tags {
		if _, known := r.tags[tag]; !known || rapid.IntRange(0, 5).Draw(t, "moves") == 0 {
			r.tags[tag] = policy.TagFact{Digest: someDigests.Draw(t, "digest")}
		}
	}
	if len(tags) > 0 && rapid.IntRange(0, 9).Draw(t, "fails") == 0 {
		tag := rapid.SampledFrom(tags).Draw(t, "failing")
		r.tags[tag] = policy.TagFact{Err: fmt.Errorf("503")}
	}
	return tags
}

// drawAdded draws which of tags are new.
func drawAdded(t *rapid.T, tags []string) []string {
	if len(tags) == 0 {
		return nil
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(tags), 0, min(2, len(tags)), rapid.ID[string]).Draw(t, "added")
}

func compile(t tester, spec policy.Spec) *policy.Policy {
	t.Helper()
	p, err := policy.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSelect_overManyScans runs random policies over random scans, one after the other, and checks each decision.
func TestSelect_overManyScans(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec, reg := genSpec(t), genRegistry(t)
		p := compile(t, spec)
		in := policy.Input{Name: acmeWeb, Now: monday.AddDate(0, 1, 0)}
		for range rapid.IntRange(1, 8).Draw(t, "scans") {
			tags := reg.drawList(t)
			in.Ranking, in.Added = policy.Rank(p, taglist.Of(tags...)), drawAdded(t, tags)
			before := in.State
			got, asked := reg.choose(t, in)
			checkOrderFree(t, reg, p, in, tags, got)
			checkDecision(t, spec, before, tags, got)
			checkNoStepDown(t, spec, p, before, tags, got)
			checkThrift(t, spec, asked)
			in.State = got.State
			in.Now = in.Now.Add(time.Duration(rapid.IntRange(1, 4).Draw(t, "hours")) * time.Hour)
		}
	})
}

// checkOrderFree: equal inputs give equal decisions, in any order of the tags.
func checkOrderFree(t *rapid.T, reg *registry, p *policy.Policy, in policy.Input, tags []string, want policy.Decision) {
	in.Ranking = policy.Rank(p, tagSet(rapid.Permutation(tags).Draw(t, "shuffled")))
	got, _ := reg.choose(t, in)
	if diff := cmp.Diff(shownWithoutErr(want), shownWithoutErr(got)); diff != "" {
		t.Fatalf("the order of the tags shows (-sorted +shuffled):\n%s", diff)
	}
}

func shownWithoutErr(d policy.Decision) policy.Decision {
	d.Err = nil
	return d
}

// checkDecision: what is chosen is in the list or ran before, is not rejected, and the record is within its limits.
func checkDecision(t *rapid.T, spec policy.Spec, before policy.State, tags []string, d policy.Decision) {
	latest := d.State.Latest
	moved := latest.Tag != before.Latest.Tag || latest.Digest != before.Latest.Digest
	ran := slices.ContainsFunc(before.History, func(e policy.Entry) bool { return e.Tag == latest.Tag })
	if moved && !slices.Contains(tags, latest.Tag) && !ran {
		t.Fatalf("%s is neither listed nor ran", latest.Tag)
	}
	if before.Latest.Tag != "" && latest.Tag == "" {
		t.Fatal("latest was cleared")
	}
	for _, entry := range spec.Reject {
		if moved && ((entry.Digest != "" && string(latest.Digest) == entry.Digest) || (entry.Digest == "" && latest.Tag == entry.Tag)) {
			t.Fatalf("%s@%s is chosen and rejected", latest.Tag, latest.Digest)
		}
	}
	if moved != (latest.Since != before.Latest.Since) {
		t.Fatalf("since %s after %s, moved: %v", latest.Since, before.Latest.Since, moved)
	}
	if d.Reason == reason.DigestFailed && (moved || d.Err == nil) {
		t.Fatalf("DigestFailed moved: %v, with error %v", moved, d.Err)
	}
	if d.Settled && (len(d.State.History) == 0 || d.State.History[0].Tag != latest.Tag || d.State.History[0].Reason != d.Reason) {
		t.Fatalf("the history %v does not open with %s %s", d.State.History, latest.Tag, d.Reason)
	}
	if len(d.State.History) > 20 || len(d.State.Observed) > 32 || (spec.MinAge == 0 && d.State.Observed != nil) {
		t.Fatalf("%d entries of history, %d clocks", len(d.State.History), len(d.State.Observed))
	}
	checkSelection(t, tags, d.Selection)
	if d.Message == "" || strings.HasSuffix(d.Message, ".") || strings.Contains(d.Message, "\n") {
		t.Fatalf("message %q", d.Message)
	}
}

func checkSelection(t *rapid.T, tags []string, s policy.Selection) {
	total := 0
	for _, l := range s.Rejected {
		total += l.Count
		if l.Count == 0 || len(l.Examples) > min(3, l.Count) || !slices.IsSorted(l.Examples) {
			t.Fatalf("lost: %+v", l)
		}
		for _, tag := range l.Examples {
			if !slices.Contains(tags, tag) {
				t.Fatalf("%s is no tag", tag)
			}
		}
	}
	if s.Considered != len(tags) || total > s.Considered || len(s.Rejected) > 10 {
		t.Fatalf("%d tags, %d considered, %d lost", len(tags), s.Considered, total)
	}
}

// checkNoStepDown: with an unchanged spec and nothing rejected the choice never ranks below the one before. Asked
// in the policy's own words: of the two tags alone, a fresh policy chooses the new one.
func checkNoStepDown(t *rapid.T, spec policy.Spec, p *policy.Policy, before policy.State, tags []string, d policy.Decision) {
	from, to := before.Latest.Tag, d.State.Latest.Tag
	if from == "" || from == to || len(spec.Reject) > 0 || spec.Latest != nil {
		return
	}
	spec.Platforms, spec.MinAge, spec.DigestPolicy = nil, 0, "Never"
	fresh := policy.Select(policy.Input{Ranking: policy.Rank(compile(t, spec), tagSet{from, to}), Name: acmeWeb})
	if fresh.State.Latest.Tag != to {
		t.Fatalf("went down from %s to %s: %s", from, to, d.Message)
	}
}

// checkThrift: nothing is asked that the policy does not look at.
func checkThrift(t *rapid.T, spec policy.Spec, asked []policy.Question) {
	digestsMatter := spec.MinAge > 0 || len(spec.Platforms) > 0 || spec.Latest != nil ||
		slices.ContainsFunc(spec.Reject, func(r policy.Rejection) bool { return r.Digest != "" })
	if spec.DigestPolicy == "Never" && !digestsMatter && len(asked) > 0 {
		t.Fatalf("digestPolicy Never asked %v", asked)
	}
	if !digestsMatter && len(spec.Reject) == 0 && len(asked) > 1 {
		t.Fatalf("asked for more than one digest: %v", asked)
	}
}

// TestSelect_settles: evaluated again with nothing new, the decision stays what it was. Only dates may take another
// step or two, where a tag that was chosen had been pushed again.
func TestSelect_settles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec, reg := genSpec(t), genRegistry(t)
		p := compile(t, spec)
		in := policy.Input{Name: acmeWeb, Now: monday.AddDate(0, 1, 0)}
		for range rapid.IntRange(1, 4).Draw(t, "scans") {
			tags := reg.drawList(t)
			in.Ranking, in.Added = policy.Rank(p, taglist.Of(tags...)), drawAdded(t, tags)
			got, _ := reg.choose(t, in)
			in.State = got.State
		}
		steps := 1
		if spec.Latest != nil {
			steps = 3
		}
		again := func() policy.Decision {
			if spec.MinAge == 0 {
				in.Now = in.Now.Add(time.Hour) // no time of day makes another choice
			}
			d, _ := reg.choose(t, in)
			in.State = d.State
			return d
		}
		for range steps {
			again()
		}
		first, second := again(), again()
		if diff := cmp.Diff(shownWithoutErr(first), shownWithoutErr(second)); diff != "" {
			t.Fatalf("not settled (-first +second):\n%s", diff)
		}
	})
}

func FuzzSelect(f *testing.F) {
	f.Add("1.2.0 v1.2.0 1.2.0+b 1.10.0 latest", `^v?(.*)$`, "$1", ">=0", int8(0))
	f.Add("a-1 a-2 é", `a-(?P<n>\d)`, "${n}.0", "*", int8(1))
	f.Add("\xff 0 -1", ``, "$", "1.x", int8(2))
	f.Fuzz(func(t *testing.T, line, pattern, extract, within string, kind int8) {
		spec := policy.Spec{DigestPolicy: "Never"}
		if pattern != "" || extract != "" {
			spec.Filter = &policy.Filter{Pattern: pattern, Extract: extract}
		}
		switch kind % 4 {
		case 0:
			spec.Semver = &policy.Semver{Range: within}
		case 1:
			spec.Numerical = &policy.Ordered{}
		case 2:
			spec.Regex = &policy.Regex{Pattern: pattern, OrderBy: []policy.Key{{Group: "1", As: "Alphabetical"}}}
		default:
			spec.Alphabetical = &policy.Ordered{Order: "Descending"}
		}
		p, err := policy.Compile(spec)
		if err != nil {
			if len(err.Error()) > 300 || !strings.HasPrefix(err.Error(), "spec.") {
				t.Errorf("error %q", err)
			}
			return
		}
		tags := slices.Compact(slices.Sorted(slices.Values(strings.Fields(line))))
		first := policy.Select(policy.Input{Ranking: policy.Rank(p, tagSet(tags)), Name: acmeWeb})
		slices.Reverse(tags)
		again := policy.Select(policy.Input{Ranking: policy.Rank(p, tagSet(tags)), Name: acmeWeb})
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("the order shows:\n%s", diff)
		}
		if tag := first.State.Latest.Tag; tag != "" && !slices.Contains(tags, tag) {
			t.Errorf("%q is no tag", tag)
		}
	})
}
