// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// wantFault compares err with "Reason: text", or with nothing for no error.
func wantFault(t *testing.T, why, want string, err error) {
	t.Helper()
	got := ""
	if f := fault.Of(err); f != nil {
		got = string(f.Reason) + ": " + f.Error()
		if f.Class != fault.Stalled {
			t.Errorf("%s: class %d, want stalled", why, f.Class)
		}
	}
	if got != want && (want == "" || !strings.HasPrefix(got, want) || !strings.HasSuffix(want, " ")) {
		t.Errorf("%s: got\n%q, want\n%q", why, got, want)
	}
}

type named = v1alpha1.SecretReference

func TestNewSource(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		edit      func(*v1alpha1.ImageRepositorySpec)
		want      string
	}{
		{"takes an image alone", "everything else has a default", func(*v1alpha1.ImageRepositorySpec) {}, ""},
		{"refuses a tag", "which of them is chosen is the policy's", func(s *v1alpha1.ImageRepositorySpec) { s.Image = "a/b:1" }, `InvalidImage: spec.image: "a/b:1" has the tag "1"; write the name alone`},
		{"refuses a scheme", "insecure says so", func(s *v1alpha1.ImageRepositorySpec) { s.Image = "http://r.io/a" }, `InvalidImage: spec.image: "http://r.io/a" has a scheme; write host/repository`},
		{"refuses no image", "there is nothing to scan", func(s *v1alpha1.ImageRepositorySpec) { s.Image = "" }, `InvalidImage: spec.image: an image name is empty`},
		{"refuses an interval in days", "Go has none", func(s *v1alpha1.ImageRepositorySpec) { s.Interval = "1d" }, `InvalidSpec: spec.interval: "1d" is not a duration such as 90s, 10m or 1h30m`},
		{"refuses a negative interval", "the schema does", func(s *v1alpha1.ImageRepositorySpec) { s.Interval = "-1m" }, `InvalidSpec: spec.interval: "-1m" is not a duration such as 90s, 10m or 1h30m`},
		{"refuses an interval of more digits than fit", "it was stored before the schema", func(s *v1alpha1.ImageRepositorySpec) { s.Interval = "99999999999999999h" }, `InvalidSpec: spec.interval: "99999999999999999h" is not a duration such as 90s, 10m or 1h30m`},
		{"refuses an interval that is too long to read", "it was stored before the schema", func(s *v1alpha1.ImageRepositorySpec) {
			s.Interval = v1alpha1.Duration(strings.Repeat("1s", 17))
		}, `InvalidSpec: spec.interval: "1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s" is not a duration such as 90s, 10m or 1h30m`},
		{"refuses a short interval", "it would be a flood", func(s *v1alpha1.ImageRepositorySpec) { s.Interval = "999ms" }, `InvalidSpec: spec.interval: 999ms is too short; at least 1s`},
		{"takes the shortest interval", "the limit is included", func(s *v1alpha1.ImageRepositorySpec) { s.Interval = "1s" }, ``},
		{"refuses a short timeout", "nothing could be done in it", func(s *v1alpha1.ImageRepositorySpec) { s.Timeout = "0s" }, `InvalidSpec: spec.timeout: 0s is too short; at least 1s`},
		{"refuses a pattern that is none", "better than to leave nothing out", func(s *v1alpha1.ImageRepositorySpec) { s.ExcludeTags = []string{"a", "("} }, `InvalidSpec: spec.excludeTags[1]: "(" is not a regular expression: `},
		{"refuses a long pattern", "it is read for each of a million tags", func(s *v1alpha1.ImageRepositorySpec) { s.ExcludeTags = []string{strings.Repeat("a", 257)} }, `InvalidSpec: spec.excludeTags[0]: longer than 256 characters`},
		{"takes the longest pattern", "the limit is included", func(s *v1alpha1.ImageRepositorySpec) { s.ExcludeTags = []string{strings.Repeat("a", 256)} }, ``},
		{"has no AWS", "it is not there yet", func(s *v1alpha1.ImageRepositorySpec) { s.Provider = "AWS" }, `InvalidSpec: spec.provider AWS is not available yet`},
		{"has the generic provider", "it is the default", func(s *v1alpha1.ImageRepositorySpec) { s.Provider = v1alpha1.GenericProvider }, ``},
		{"has no service accounts", "it is not there yet", func(s *v1alpha1.ImageRepositorySpec) { s.ServiceAccountName = "web" }, `InvalidSpec: spec.serviceAccountName is not available yet`},
		{"has no certificates", "it is not there yet", func(s *v1alpha1.ImageRepositorySpec) { s.CertSecretRef = &named{Name: "a"} }, `InvalidSpec: spec.certSecretRef is not available yet`},
		{"has no proxies", "it is not there yet", func(s *v1alpha1.ImageRepositorySpec) { s.ProxySecretRef = &named{Name: "a"} }, `InvalidSpec: spec.proxySecretRef is not available yet`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			repo := &v1alpha1.ImageRepository{Spec: v1alpha1.ImageRepositorySpec{Image: "ghcr.io/acme/web"}}
			tc.edit(&repo.Spec)
			_, err := spec.NewSource(repo)
			wantFault(t, tc.why, tc.want, err)
		})
	}
}

func TestNewSource_values(t *testing.T) {
	t.Parallel()
	ignore := cmpopts.IgnoreFields(spec.Source{}, "Exclude")
	repo := &v1alpha1.ImageRepository{ObjectMeta: metav1.ObjectMeta{Namespace: "shop"}, Spec: v1alpha1.ImageRepositorySpec{Image: "nginx"}}
	got, err := spec.NewSource(repo)
	want := spec.Source{Namespace: "shop", Image: image.Name{Registry: "docker.io", Repository: "library/nginx"}, Interval: 10 * time.Minute, Timeout: time.Minute}
	if diff := cmp.Diff(want, got, ignore); diff != "" || err != nil {
		t.Errorf("the defaults: %v (-want +got):\n%s", err, diff)
	}
	repo.Spec.Interval, repo.Spec.Timeout, repo.Spec.Insecure, repo.Spec.SecretRef = "1h30m", "1.5s", true, &named{Name: "regcred"}
	got, err = spec.NewSource(repo)
	want.Interval, want.Timeout, want.Insecure, want.Secret = 90*time.Minute, 1500*time.Millisecond, true, "regcred"
	if diff := cmp.Diff(want, got, ignore); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestExclusion(t *testing.T) {
	t.Parallel()
	sign := "sha256-" + strings.Repeat("0", 64)
	all := []string{"1.0", "1.0.att", "1.0.sbom", "1.0.sig", "1.0.sig-2", sign, sign + ".sig", "sha256-beef"}
	for _, tc := range []struct {
		name, why string
		exclude   []string
		want      []string
	}{
		{"leaves out by default what signing tools keep", "no one runs a signature", nil, []string{"1.0", "1.0.sig-2", "sha256-beef"}},
		{"leaves out nothing when told so", "an empty list is not the default", []string{}, all},
		{"leaves out what it is told instead", "a list replaces the default", []string{"^sha", "sig"}, []string{"1.0", "1.0.att", "1.0.sbom"}},
		{"leaves out everything", "an empty pattern matches all", []string{""}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e, err := spec.NewExclusion(tc.exclude)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for tag := range e.Keep(taglist.Of(all...)).All() {
				got = append(got, tag)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestExclusion_whatIsLeftIsASetOfThoseThatMatchNothing(t *testing.T) {
	t.Parallel()
	e, err := spec.NewExclusion([]string{"^b", "7"})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		tags := rapid.SliceOf(rapid.StringMatching(`[a-c][0-9]{1,2}`)).Draw(t, "tags")
		list := taglist.Of(tags...)
		var want taglist.Builder
		for tag := range list.All() {
			if !strings.HasPrefix(tag, "b") && !strings.Contains(tag, "7") {
				want.Add(tag)
			}
		}
		kept := e.Keep(list)
		if kept.Revision() != want.List().Revision() || e.Keep(kept).Revision() != kept.Revision() {
			t.Fatalf("of %q is left %d tags", tags, kept.Len())
		}
	})
}

func TestScanKey(t *testing.T) {
	t.Parallel()
	web := spec.Source{Namespace: "shop", Image: image.Name{Registry: "ghcr.io", Repository: "acme/web"}, Interval: time.Hour}
	login := credentials.Access{Login: credentials.Registry{Username: credentials.NewText("ann"), Password: credentials.NewText("canary")}}
	keys := map[string]string{
		"another image":          spec.ScanKey(spec.Source{Image: image.Name{Registry: "ghcr.io", Repository: "acme/api"}}, credentials.Access{}),
		"another login":          spec.ScanKey(web, login),
		"without TLS":            spec.ScanKey(web, credentials.Access{Insecure: true}),
		"the image, as nobody":   spec.ScanKey(web, credentials.Access{}),
		"another password alone": spec.ScanKey(web, credentials.Access{Login: credentials.Registry{Username: login.Login.Username, Password: credentials.NewText("b")}}),
	}
	seen := map[string]string{}
	for name, key := range keys {
		if other, known := seen[key]; known {
			t.Errorf("%s and %s share scans", name, other)
		}
		seen[key] = name
		if strings.Contains(key, "canary") || strings.Contains(key, "ann") || strings.Contains(key, "\n") {
			t.Errorf("the key %q is written to the disk", key)
		}
	}
	elsewhere := web
	elsewhere.Namespace, elsewhere.Interval = "other", time.Minute
	if spec.ScanKey(elsewhere, login) != keys["another login"] {
		t.Error("two objects that ask the same do not share a scan")
	}
}

func semver(edit func(*v1alpha1.ImagePolicySpec)) *v1alpha1.ImagePolicy {
	pol := &v1alpha1.ImagePolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", UID: "u", Generation: 2}}
	pol.Spec.Policy.Semver = &v1alpha1.SemverPolicy{Range: ">=1.0.0"}
	edit(&pol.Spec)
	return pol
}

func TestNewPolicy(t *testing.T) {
	t.Parallel()
	choice := func(c v1alpha1.PolicyChoice) func(*v1alpha1.ImagePolicySpec) {
		return func(s *v1alpha1.ImagePolicySpec) { s.Policy = c }
	}
	for _, tc := range []struct {
		name, why string
		edit      func(*v1alpha1.ImagePolicySpec)
		want      string
	}{
		{"takes a range", "the usual case", func(*v1alpha1.ImagePolicySpec) {}, ""},
		{"refuses no policy", "there is nothing to rank by", choice(v1alpha1.PolicyChoice{}), "InvalidPolicy: spec.policy: "},
		{"refuses two", "which of them?", func(s *v1alpha1.ImagePolicySpec) { s.Policy.Tag = &v1alpha1.TagPolicy{Name: "a"} }, "InvalidPolicy: spec.policy: "},
		{"takes numbers, in the default order", "the zero value means something", choice(v1alpha1.PolicyChoice{Numerical: &v1alpha1.NumericalPolicy{}}), ""},
		{"takes letters, in the default order", "the zero value means something", choice(v1alpha1.PolicyChoice{Alphabetical: &v1alpha1.AlphabeticalPolicy{}}), ""},
		{"refuses an odd order", "it was stored before the schema", choice(v1alpha1.PolicyChoice{Numerical: &v1alpha1.NumericalPolicy{Order: "Up"}}), "InvalidPolicy: spec.policy.numerical.order: "},
		{"takes keys of a pattern", "several are compared in turn", choice(v1alpha1.PolicyChoice{Regex: &v1alpha1.RegexPolicy{Pattern: `^(?P<d>\d+)$`, OrderBy: []v1alpha1.RegexKey{{Group: "d", As: v1alpha1.NumericalKey}}}}), ""},
		{"refuses a key without a group", "it would compare nothing", choice(v1alpha1.PolicyChoice{Regex: &v1alpha1.RegexPolicy{Pattern: `^(?P<d>\d+)$`, OrderBy: []v1alpha1.RegexKey{{Group: "e", As: v1alpha1.NumericalKey}}}}), `InvalidPolicy: spec.policy.regex.orderBy[0].group: the pattern has no group "e"`},
		{"takes the newest, by its default date", "what schema defaults, offline commands lack", choice(v1alpha1.PolicyChoice{Latest: &v1alpha1.LatestPolicy{}}), ""},
		{"refuses an odd date", "it was stored before the schema", choice(v1alpha1.PolicyChoice{Latest: &v1alpha1.LatestPolicy{By: "Luck"}}), "InvalidPolicy: spec.policy.latest.by: "},
		{"takes one tag", "it is followed by its digest", choice(v1alpha1.PolicyChoice{Tag: &v1alpha1.TagPolicy{Name: "stable"}}), ""},
		{"refuses a tag that is none", "nothing can be had by it", choice(v1alpha1.PolicyChoice{Tag: &v1alpha1.TagPolicy{Name: "a b"}}), "InvalidPolicy: spec.policy.tag.name: "},
		{"refuses an age in days", "Go has none", func(s *v1alpha1.ImagePolicySpec) { s.MinAge = "3d" }, `InvalidPolicy: spec.minAge: "3d" is not a duration such as 90s, 10m or 1h30m`},
		{"takes no age", "0s is the default", func(s *v1alpha1.ImagePolicySpec) { s.MinAge = "0s" }, ""},
		{"refuses a filter that is none", "better than to let all through", func(s *v1alpha1.ImagePolicySpec) { s.FilterTags = &v1alpha1.TagFilter{Pattern: "("} }, "InvalidPolicy: spec.filterTags.pattern: "},
		{"refuses an unknown group", "it would be silently empty", func(s *v1alpha1.ImagePolicySpec) {
			s.FilterTags = &v1alpha1.TagFilter{Pattern: "^v(.*)", Extract: "$1abc"}
		}, "InvalidPolicy: spec.filterTags.extract: "},
		{"refuses an odd digest policy", "it was stored before the schema", func(s *v1alpha1.ImagePolicySpec) { s.DigestPolicy = "Sometimes" }, "InvalidPolicy: spec.digestPolicy: "},
		{"refuses an odd platform", "none would offer it", func(s *v1alpha1.ImagePolicySpec) { s.Platforms = []string{"linux"} }, `InvalidPolicy: spec.platforms[0]: "linux" is not os/architecture or os/architecture/variant`},
		{"refuses a pin without anything", "there is nothing to pin", func(s *v1alpha1.ImagePolicySpec) { s.Pin = &v1alpha1.Pin{} }, "InvalidPolicy: spec.pin: "},
		{"refuses a rejection of nothing", "it would reject everything or nothing", func(s *v1alpha1.ImagePolicySpec) { s.Reject = []v1alpha1.Rejection{{Reason: "why"}} }, "InvalidPolicy: spec.reject[0]: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := spec.NewPolicy(semver(tc.edit))
			wantFault(t, tc.why, tc.want, err)
		})
	}
}

func TestState_refusesHalfAMemory(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		status    v1alpha1.ImagePolicyStatus
		want      string
	}{
		{"takes none", "the first day", v1alpha1.ImagePolicyStatus{}, ""},
		{"refuses a name that is none", "the guard would not guard", v1alpha1.ImagePolicyStatus{Latest: &v1alpha1.ChosenImage{Name: "::", Tag: "1"}},
			"InvalidPolicy: status.latest.name cannot be read, and the choice would be made without memory: "},
		{"refuses a watched name that is none", "clocks would count for another image", v1alpha1.ImagePolicyStatus{ObservedName: "::"},
			"InvalidPolicy: status.observedName cannot be read, and the choice would be made without memory: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := spec.State(tc.status)
			wantFault(t, tc.why, tc.want, err)
			if diff := cmp.Diff(policy.State{}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func automation(edit func(*v1alpha1.UpdateAutomationSpec)) *v1alpha1.UpdateAutomation {
	a := &v1alpha1.UpdateAutomation{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "fleet"}}
	a.Spec.Git.URL = "https://git.example.com/fleet.git"
	edit(&a.Spec)
	return a
}

func TestNewAutomation(t *testing.T) {
	t.Parallel()
	type s = v1alpha1.UpdateAutomationSpec
	path := func(p string) func(*s) { return func(a *s) { a.Update = []v1alpha1.UpdateSpec{{}, {Path: p}} } }
	for _, tc := range []struct {
		name, why string
		edit      func(*s)
		want      string
	}{
		{"takes a URL alone", "everything else has a default", func(*s) {}, ""},
		{"refuses no URL", "there is nowhere to write", func(a *s) { a.Git.URL = "" }, "InvalidSpec: spec.git.url: is empty"},
		{"has no sourceRef", "it is not there yet", func(a *s) { a.Git.SourceRef = &v1alpha1.SourceReference{} }, "InvalidSpec: spec.git.sourceRef is not available yet"},
		{"has no proxies", "it is not there yet", func(a *s) { a.Git.ProxySecretRef = &named{Name: "a"} }, "InvalidSpec: spec.git.proxySecretRef is not available yet"},
		{"has no branches of its own", "it is not there yet", func(a *s) { a.Delivery.Mode = "Branch" }, "InvalidSpec: spec.delivery.mode Branch is not available yet"},
		{"has no pull requests", "it is not there yet", func(a *s) { a.Delivery.Mode = "PullRequest" }, "InvalidSpec: spec.delivery.mode PullRequest is not available yet"},
		{"has no strategy of another name", "an object may have been stored by a newer version", func(a *s) { a.Update = []v1alpha1.UpdateSpec{{}, {Strategy: "Other"}} }, "InvalidSpec: spec.update[1].strategy Other is not available yet"},
		{"has commits", "it is the default", func(a *s) { a.Delivery.Mode = v1alpha1.CommitDelivery }, ""},
		{"has no name for a branch of its own", "it would be ignored", func(a *s) { a.Delivery.Branch = "a" }, "InvalidSpec: spec.delivery.branch is not available yet"},
		{"has no settings of pull requests", "they would be ignored", func(a *s) { a.Delivery.PullRequest = &v1alpha1.PullRequestSpec{} }, "InvalidSpec: spec.delivery.pullRequest is not available yet"},
		{"has no signatures", "a commit without one would be wrong", func(a *s) { a.Commit.Signing = &v1alpha1.SigningSpec{} }, "InvalidSpec: spec.commit.signing is not available yet"},
		{"has no windows", "writing outside of one would be wrong", func(a *s) { a.Windows = make([]v1alpha1.Window, 1) }, "InvalidSpec: spec.windows is not available yet"},
		{"has no dry run", "writing would be wrong", func(a *s) { a.DryRun = true }, "InvalidSpec: spec.dryRun is not available yet"},
		{"refuses a path up", "it leads out of the repository", path("a/../../b"), `InvalidSpec: spec.update[1].path: "a/../../b" is not a folder inside the repository`},
		{"refuses a path from the root", "it leads out of the repository", path("/etc"), `InvalidSpec: spec.update[1].path: "/etc" is not a folder inside the repository`},
		{"refuses a path with NUL", "it ends early elsewhere", path("a\x00b"), `InvalidSpec: spec.update[1].path: "a\x00b" is not a folder inside the repository`},
		{"takes a path with dots in a name", "only the name .. leads up", path("a/..b/c..d"), ""},
		{"refuses a short interval", "it would be a flood", func(a *s) { a.Interval = "500ms" }, "InvalidSpec: spec.interval: 500ms is too short; at least 1s"},
		{"refuses a short timeout", "nothing could be done in it", func(a *s) { a.Git.Timeout = "0s" }, "InvalidSpec: spec.git.timeout: 0s is too short; at least 1s"},
		{"takes no batch window", "0s means at once", func(a *s) { a.BatchWindow = "0s" }, ""},
		{"refuses a batch window that is none", "it was stored before the schema", func(a *s) { a.BatchWindow = "soon" }, `InvalidSpec: spec.batchWindow: "soon" is not a duration such as 90s, 10m or 1h30m`},
		{"refuses a selector that is none", "all policies would be wrong", func(a *s) {
			a.PolicySelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Odd"}}}
		}, `InvalidSpec: spec.policySelector: "Odd" is not a valid label selector operator`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := spec.NewAutomation(automation(tc.edit))
			wantFault(t, tc.why, tc.want, err)
		})
	}
}

func TestNewAutomation_values(t *testing.T) {
	t.Parallel()
	got, err := spec.NewAutomation(automation(func(*v1alpha1.UpdateAutomationSpec) {}))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Policies.Matches(labels.Set{"any": "thing"}) || len(got.Selections) != 1 || got.Selections[0].Path != "." || got.Selections[0].Strategy.Name != "Markers" {
		t.Errorf("by default %v, %+v", got.Policies, got.Selections)
	}
	ignore := cmpopts.IgnoreFields(spec.Automation{}, "Policies", "Selections", "Paths")
	want := spec.Automation{Namespace: "shop", Name: "fleet", URL: "https://git.example.com/fleet.git", Timeout: 2 * time.Minute, Interval: 5 * time.Minute, BatchWindow: 5 * time.Second}
	want.Author.Name, want.Author.Email = "Fairlead", "fairlead@example.com"
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("the defaults (-want +got):\n%s", diff)
	}

	other, err := spec.NewAutomation(automation(func(s *v1alpha1.UpdateAutomationSpec) {
		s.Git.Branch, s.Git.Insecure, s.Git.SecretRef = "dev", true, &named{Name: "git"}
		s.Commit.Author = v1alpha1.CommitAuthor{Name: "Bot", Email: "b@x.io"}
		s.Commit.MessageTemplate, s.Commit.Values = "{{.Automation}}", map[string]string{"a": "b"}
		s.OnManualChange, s.BatchWindow, s.Interval = v1alpha1.OverwriteManualChange, "0s", "1h"
		s.PolicySelector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
		s.Update = []v1alpha1.UpdateSpec{{Path: "a", Include: []string{"*.yaml"}, Exclude: []string{"x"}}}
	}))
	if err != nil {
		t.Fatal(err)
	}
	want = spec.Automation{Namespace: "shop", Name: "fleet", URL: want.URL, Branch: "dev", Insecure: true, Secret: "git", Timeout: 2 * time.Minute,
		Interval: time.Hour, Template: "{{.Automation}}", Values: map[string]string{"a": "b"}, Overwrite: true}
	want.Author.Name, want.Author.Email = "Bot", "b@x.io"
	if diff := cmp.Diff(want, other, ignore); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if other.Policies.Matches(labels.Set{"app": "api"}) || !other.Policies.Matches(labels.Set{"app": "web"}) {
		t.Errorf("selected are %v", other.Policies)
	}
	if diff := cmp.Diff([]string{"*.yaml"}, other.Selections[0].Include); diff != "" || other.Paths == got.Paths || len(other.Paths) > 135 {
		t.Errorf("selections %+v, paths %s and %s", other.Selections, got.Paths, other.Paths)
	}
}

func TestNewWanted(t *testing.T) {
	t.Parallel()
	noon := metav1.NewTime(time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC))
	entry := func(tag string, why reason.Reason) v1alpha1.HistoryEntry {
		return v1alpha1.HistoryEntry{Tag: tag, Since: noon, Reason: string(why)}
	}
	for _, tc := range []struct {
		name, why string
		edit      func(*v1alpha1.ImagePolicy)
		outranks  map[string]bool // what may not be replaced; nil: everything may be
	}{
		{"does not go down from what ranks higher", "two clusters would write back and forth", func(*v1alpha1.ImagePolicy) {},
			map[string]bool{"1.4.2": true, "1.4.1": false, "1.4.0": false, "main": false}},
		{"goes down from what it chose itself", "the spec was changed, which is a person's word", func(p *v1alpha1.ImagePolicy) {
			p.Status.History = append(p.Status.History, entry("1.5.0", reason.Selected))
		}, map[string]bool{"1.5.0": false, "1.4.2": true}},
		{"goes down to a pin", "a person asked for it", func(p *v1alpha1.ImagePolicy) { p.Status.History[0].Reason = string(reason.Pinned) }, nil},
		{"goes down from what is rejected", "a person asked for it", func(p *v1alpha1.ImagePolicy) { p.Status.History[0].Reason = string(reason.Rejected) }, nil},
		{"goes down when it is allowed", "a person asked for it", func(p *v1alpha1.ImagePolicy) { p.Spec.AllowDowngrade = true }, nil},
		{"replaces only itself while its rules are invalid", "nobody can tell what ranks higher", func(p *v1alpha1.ImagePolicy) { p.Spec.Policy.Semver.Range = "one" },
			map[string]bool{"1.4.2": true, "1.4.0": true, "1.4.1": false}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			pol := semver(func(*v1alpha1.ImagePolicySpec) {})
			pol.Status.Latest = &v1alpha1.ChosenImage{Name: "ghcr.io/acme/web", Tag: "1.4.1", Since: noon}
			pol.Status.History = []v1alpha1.HistoryEntry{entry("1.4.1", reason.Selected)}
			tc.edit(pol)
			w, err := spec.NewWanted(pol)
			if err != nil {
				t.Fatal(err)
			}
			if (w.Plan.Outranks == nil) != (tc.outranks == nil) {
				t.Fatalf("%s: guarded %v", tc.why, w.Plan.Outranks != nil)
			}
			for tag, want := range tc.outranks {
				if got := w.Plan.Outranks(tag); got != want {
					t.Errorf("%s: %s may not be replaced: %v", tc.why, tag, got)
				}
			}
			if w.Plan.Name != (site.Policy{Namespace: "shop", Name: "web"}) || w.Plan.Latest.String() != "ghcr.io/acme/web:1.4.1" || !w.Since.Equal(noon.Time) || w.Hold.Name != w.Plan.Name {
				t.Errorf("wanted is %+v", w)
			}
		})
	}
}

func TestWantedKey_changesWithWhatIsWanted(t *testing.T) {
	t.Parallel()
	pol := func() *v1alpha1.ImagePolicy {
		p := semver(func(*v1alpha1.ImagePolicySpec) {})
		p.Status.Latest = &v1alpha1.ChosenImage{Name: "ghcr.io/acme/web", Tag: "1.4.1"}
		p.Status.History = []v1alpha1.HistoryEntry{{Tag: "1.4.1", Reason: "Selected"}}
		return p
	}
	same := spec.WantedKey(pol())
	for name, edit := range map[string]func(*v1alpha1.ImagePolicy){
		"tag":        func(p *v1alpha1.ImagePolicy) { p.Status.Latest.Tag = "1.4.2" },
		"digest":     func(p *v1alpha1.ImagePolicy) { p.Status.Latest.Digest = "sha256:aa" },
		"image":      func(p *v1alpha1.ImagePolicy) { p.Status.Latest.Name = "ghcr.io/acme/api" },
		"date":       func(p *v1alpha1.ImagePolicy) { p.Status.Latest.Since = metav1.NewTime(time.Unix(1, 0)) },
		"reason":     func(p *v1alpha1.ImagePolicy) { p.Status.History[0].Reason = "Pinned" },
		"generation": func(p *v1alpha1.ImagePolicy) { p.Generation++ },
		"object":     func(p *v1alpha1.ImagePolicy) { p.UID = "v" },
		"no choice":  func(p *v1alpha1.ImagePolicy) { p.Status.Latest = nil },
	} {
		p := pol()
		edit(p)
		if spec.WantedKey(p) == same {
			t.Errorf("another %s has the same key", name)
		}
	}
	p := pol()
	p.Status.Candidate = &v1alpha1.Candidate{Tag: "2.0.0"}
	if spec.WantedKey(p) != same {
		t.Error("what only waits changes the key")
	}
}
