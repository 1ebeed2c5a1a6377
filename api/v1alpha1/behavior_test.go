// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// full is a spec of each kind in which nearly every field has another value than its default.
var full = map[string]string{
	repositoryKind: `
image: ghcr.io/acme/web
interval: 7m
timeout: 30s
secretRef: {name: regcred}
serviceAccountName: web
provider: Generic
certSecretRef: {name: ca}
proxySecretRef: {name: proxy}
insecure: true
excludeTags: [nightly]
accessFrom: {namespaceSelectors: [{matchLabels: {team: web}}, {}]}
suspend: true`,
	policyKind: `
imageRepositoryRef: {name: web, namespace: shop}
filterTags: {pattern: '^v(?P<v>.*)-alpine$', extract: $v}
policy: {semver: {range: '>=1.2.0 <2.0.0'}}
digestPolicy: IfNotPresent
platforms: [linux/amd64, linux/arm64]
minAge: 72h
allowDowngrade: true
pin: {tag: 1.4.1, digest: '` + sha256digest + `'}
reject:
- {digest: '` + sha256digest + `', tag: 1.4.2, reason: 'INC-1042: OOM on start'}
- {range: 1.5.x, reason: waits for the database upgrade}
suspend: true`,
	automationKind: `
interval: 6m
batchWindow: 0s
policySelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: NotIn, values: [a, b]}]}
git:
  url: http://git.example.com/acme/fleet.git
  branch: main
  insecure: true
  secretRef: {name: git}
  proxySecretRef: {name: proxy}
  timeout: 90s
update:
- {path: clusters/prod, include: ['**/*.yaml'], exclude: [vendor/**], strategy: Images}
- {path: ., strategy: Markers}
commit:
  author: {name: Ann, email: ann@example.com}
  messageTemplate: '{{ .Automation }}'
  values: {team: web}
  signing: {secretRef: {name: key}, format: SSH}
delivery:
  mode: PullRequest
  branch: fairlead/prod
  pullRequest:
    provider: Gitea
    apiURL: http://git.example.com/api/v1
    secretRef: {name: forge}
    groupBy: Policy
    titleTemplate: title
    bodyTemplate: body
    labels: [images]
    reviewers: [ann]
    assignees: [bob]
    draft: true
    autoMerge: WhenChecksPass
    maxOpen: 0
windows:
- {kind: Deny, schedule: '0 16 * * FRI', duration: 64h, timeZone: Europe/Berlin}
onManualChange: Overwrite
dryRun: true
suspend: true`,
}

// typed returns an empty object of kind.
func typed(t testing.TB, kind string) anyKind {
	t.Helper()
	o, err := scheme().New(v1alpha1.GroupVersion.WithKind(kind))
	if err != nil {
		t.Fatal(err)
	}
	return o.(anyKind)
}

// An anyKind is what every kind can do.
type anyKind interface {
	client.Object
	Reconciled() *v1alpha1.ReconcileStatus
	Suspended() bool
}

// specOf returns the spec of o as the server holds it.
func specOf(t testing.TB, o *unstructured.Unstructured) map[string]any {
	t.Helper()
	server := &unstructured.Unstructured{}
	server.SetGroupVersionKind(o.GroupVersionKind())
	return read(t, o, server).Object["spec"].(map[string]any)
}

// normal returns the mapping of a YAML text with JSON's types, for comparing.
func normal(t testing.TB, text string) map[string]any {
	t.Helper()
	content, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	into := make(map[string]any)
	if err := json.Unmarshal(content, &into); err != nil {
		t.Fatal(err)
	}
	return into
}

// plain is m with JSON's types, for comparing.
func plain(t testing.TB, m map[string]any) map[string]any {
	t.Helper()
	content, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return normal(t, string(content))
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, why, kind, spec, want string }{
		{"fills an ImageRepository", "these are the defaults of the API", repositoryKind, `{}`, `
image: ghcr.io/acme/web
interval: 10m
timeout: 60s
provider: Generic
excludeTags: ['\.(sig|att|sbom)$', '^sha256-[0-9a-f]{64}']`},
		{"keeps an empty excludeTags", "it means that no tag is left out", repositoryKind, `excludeTags: []`, `
image: ghcr.io/acme/web
interval: 10m
timeout: 60s
provider: Generic
excludeTags: []`},
		{"does not add to excludeTags", "a list replaces the default", repositoryKind, `excludeTags: [a]`, `
image: ghcr.io/acme/web
interval: 10m
timeout: 60s
provider: Generic
excludeTags: [a]`},
		{"fills an ImagePolicy", "these are the defaults of the API", policyKind, `{}`, `
imageRepositoryRef: {name: web}
policy: {semver: {range: '>=1.0.0'}}
digestPolicy: Always`},
		{"fills numerical", "Ascending wants the largest", policyKind, `policy: {semver: null, numerical: {}}`, `
imageRepositoryRef: {name: web}
policy: {numerical: {order: Ascending}}
digestPolicy: Always`},
		{"fills alphabetical", "Ascending wants the last", policyKind, `policy: {semver: null, alphabetical: {}}`, `
imageRepositoryRef: {name: web}
policy: {alphabetical: {order: Ascending}}
digestPolicy: Always`},
		{"fills latest", "newest build of 50 tags", policyKind, `policy: {semver: null, latest: {}}`, `
imageRepositoryRef: {name: web}
policy: {latest: {by: Created, limit: 50}}
digestPolicy: Always`},
		{"fills the keys of a regex", "each key has its order", policyKind, `policy: {semver: null, regex: {pattern: a, orderBy: [{group: a, as: Semver}, {group: b, as: Numerical, order: Descending}]}}`, `
imageRepositoryRef: {name: web}
policy: {regex: {pattern: a, orderBy: [{group: a, as: Semver, order: Ascending}, {group: b, as: Numerical, order: Descending}]}}
digestPolicy: Always`},
		{"keeps a minAge of 0s", "it means no waiting", policyKind, `minAge: 0s`, `
imageRepositoryRef: {name: web}
policy: {semver: {range: '>=1.0.0'}}
digestPolicy: Always
minAge: 0s`},
		{"fills an UpdateAutomation", "these are the defaults of the API", automationKind, `{}`, `
interval: 5m
batchWindow: 5s
git: {url: 'https://git.example.com/acme/fleet.git', timeout: 120s}
update: [{path: ., strategy: Markers}]
commit: {author: {name: Fairlead, email: fairlead@example.com}}
delivery: {mode: Commit}
onManualChange: Hold`},
		{"fills what is empty inside", "an empty mapping says nothing against the defaults", automationKind, `
update: [{}]
commit: {author: {}, signing: {secretRef: {name: key}}}
delivery: {pullRequest: {}}`, `
interval: 5m
batchWindow: 5s
git: {url: 'https://git.example.com/acme/fleet.git', timeout: 120s}
update: [{path: ., strategy: Markers}]
commit: {author: {name: Fairlead, email: fairlead@example.com}, signing: {secretRef: {name: key}, format: OpenPGP}}
delivery: {mode: Commit, pullRequest: {groupBy: Automation, autoMerge: Never, maxOpen: 10}}
onManualChange: Hold`},
		{"fills one half of an author", "each field has its own default", automationKind, `{commit: {author: {name: Ann}}, delivery: {}, git: {url: null, sourceRef: {name: fleet}}}`, `
interval: 5m
batchWindow: 5s
git: {sourceRef: {kind: GitRepository, name: fleet}, timeout: 120s}
update: [{path: ., strategy: Markers}]
commit: {author: {name: Ann, email: fairlead@example.com}}
delivery: {mode: Commit}
onManualChange: Hold`},
		{"does not default include", "it depends on the strategy, and is defaulted in code", automationKind, `{commit: {}, batchWindow: 0s, delivery: {pullRequest: {maxOpen: 0}}, update: [{strategy: References}]}`, `
interval: 5m
batchWindow: 0s
git: {url: 'https://git.example.com/acme/fleet.git', timeout: 120s}
update: [{path: ., strategy: References}]
commit: {author: {name: Fairlead, email: fairlead@example.com}}
delivery: {mode: Commit, pullRequest: {groupBy: Automation, autoMerge: Never, maxOpen: 0}}
onManualChange: Hold`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			o := objectIn(t, row.kind, row.spec)
			create(t, o)
			want := normal(t, row.want)
			if diff := cmp.Diff(want, plain(t, specOf(t, o))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.why, diff)
			}
			update(t, row.kind, o)
			if diff := cmp.Diff(want, plain(t, specOf(t, o))); diff != "" {
				t.Errorf("after an update by the typed client (-want +got):\n%s", diff)
			}
		})
	}
}

// update reads o with the typed client and writes it back as it is, with a label to make it a change.
func update(t testing.TB, kind string, o client.Object) anyKind {
	t.Helper()
	into := read(t, o, typed(t, kind))
	into.SetLabels(map[string]string{"updated": "true"})
	if err := api.Update(t.Context(), into, client.FieldValidation(metav1.FieldValidationStrict)); err != nil {
		t.Fatal(err)
	}
	return into
}

func TestTypedClient_losesNothing(t *testing.T) {
	t.Parallel()
	for kind, spec := range full {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := objectIn(t, kind, spec)
			o.Object["spec"] = mapping(t, spec)
			create(t, o)
			before := update(t, kind, o)
			if !before.Suspended() {
				t.Error("suspend: true is not seen")
			}
			if diff := cmp.Diff(normal(t, spec), plain(t, specOf(t, o))); diff != "" {
				t.Errorf("what was written is not what is stored (-want +got):\n%s", diff)
			}
			if after := read(t, o, typed(t, kind)); after.GetGeneration() != 1 {
				t.Errorf("generation %d: an update that says the same is no new spec", after.GetGeneration())
			}
		})
	}
}

// TestTypedClient_emptyValues creates objects from Go, where the zero value of a field must not turn into something
// else on the way.
func TestTypedClient_emptyValues(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	meta := metav1.ObjectMeta{Name: "it", Namespace: ns}

	repo := &v1alpha1.ImageRepository{ObjectMeta: meta, Spec: v1alpha1.ImageRepositorySpec{Image: "nginx", ExcludeTags: []string{}}}
	create(t, repo)
	if got := read(t, repo, new(v1alpha1.ImageRepository)).Spec.ExcludeTags; got == nil || len(got) != 0 {
		t.Errorf("an empty excludeTags came back as %#v", got)
	}
	usual := &v1alpha1.ImageRepository{ObjectMeta: metav1.ObjectMeta{Name: "usual", Namespace: ns}, Spec: v1alpha1.ImageRepositorySpec{Image: "nginx"}}
	create(t, usual)
	if got := read(t, usual, new(v1alpha1.ImageRepository)).Spec; len(got.ExcludeTags) != 2 || got.Interval != "10m" {
		t.Errorf("zero values came back as %#v, not as the defaults", got)
	}

	pol := &v1alpha1.ImagePolicy{ObjectMeta: meta, Spec: v1alpha1.ImagePolicySpec{
		ImageRepositoryRef: v1alpha1.ImageRepositoryReference{Name: "it"},
		Policy:             v1alpha1.PolicyChoice{Numerical: &v1alpha1.NumericalPolicy{}},
	}}
	create(t, pol)
	if got := read(t, pol, new(v1alpha1.ImagePolicy)).Spec.Policy; got.Numerical == nil || got.Numerical.Order != v1alpha1.Ascending {
		t.Errorf("numerical: {} came back as %#v", got)
	}

	auto := &v1alpha1.UpdateAutomation{ObjectMeta: meta, Spec: v1alpha1.UpdateAutomationSpec{
		Git:         v1alpha1.GitSpec{URL: "https://git.example.com/acme/fleet.git"},
		BatchWindow: "0s",
		Delivery:    v1alpha1.DeliverySpec{PullRequest: &v1alpha1.PullRequestSpec{MaxOpen: new(int32)}},
	}}
	create(t, auto)
	got := read(t, auto, new(v1alpha1.UpdateAutomation)).Spec
	if open := got.Delivery.PullRequest.MaxOpen; open == nil || *open != 0 {
		t.Errorf("maxOpen: 0 came back as %v", open)
	}
	if got.BatchWindow != "0s" || got.Commit.Author.Name != "Fairlead" || got.Delivery.Mode != v1alpha1.CommitDelivery || len(got.Update) != 1 {
		t.Errorf("the rest came back as %#v", got)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	for kind := range minimal {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := objectIn(t, kind, `{}`)
			o.Object["status"] = map[string]any{"observedGeneration": int64(7), "lastHandledReconcileAt": "forged"}
			create(t, o)
			fresh := read(t, o, typed(t, kind))
			if s := fresh.Reconciled(); s.ObservedGeneration != -1 || s.LastHandledReconcileAt != "" || len(s.Conditions) != 0 {
				t.Errorf("whoever creates an object may not write its status, which begins with -1: %#v", s)
			}

			fresh.Reconciled().ObservedGeneration = 7
			if err := api.Update(t.Context(), fresh); err != nil {
				t.Fatal(err)
			}
			if got := read(t, o, typed(t, kind)).Reconciled().ObservedGeneration; got != -1 {
				t.Errorf("an update of the object wrote status.observedGeneration %d", got)
			}

			written := read(t, o, typed(t, kind))
			written.SetLabels(map[string]string{"from": "status"})
			written.Reconciled().ObservedGeneration = 1
			written.Reconciled().Conditions = []metav1.Condition{{Type: v1alpha1.ReadyCondition, Status: metav1.ConditionTrue,
				Reason: "Succeeded", Message: "fine", LastTransitionTime: metav1.Now()}}
			if err := api.Status().Update(t.Context(), written); err != nil {
				t.Fatal(err)
			}
			got := read(t, o, typed(t, kind))
			if got.Reconciled().ObservedGeneration != 1 || len(got.Reconciled().Conditions) != 1 {
				t.Errorf("an update of status did not write it: %#v", got.Reconciled())
			}
			if got.GetGeneration() != 1 || len(got.GetLabels()) != 0 {
				t.Errorf("an update of status wrote more: generation %d, labels %v", got.GetGeneration(), got.GetLabels())
			}
		})
	}
}

// TestStatus_refused: what a typed client could not decode must not get into status, or one object would break the
// list of its kind.
func TestStatus_refused(t *testing.T) {
	t.Parallel()
	stored := make(map[string]*unstructured.Unstructured)
	for kind := range minimal {
		stored[kind] = objectIn(t, kind, `{}`)
		create(t, stored[kind])
	}
	for _, row := range []struct{ name, kind, status, refused string }{
		{"a time that is none", policyKind, `latest: {name: a, tag: b, since: yesterday}`, "must be of type date-time"},
		{"a time without zone", policyKind, `latest: {name: a, tag: b, since: '2026-11-20T12:00:00'}`, "must be of type date-time"},
		{"a number that is a text", repositoryKind, `lastScan: {revision: a, tagCount: many, time: '2026-11-20T12:00:00Z'}`, "must be of type integer"},
		{"a number past 64 bits", repositoryKind, `lastScan: {revision: a, tagCount: 1e+20, time: '2026-11-20T12:00:00Z'}`, "tagCount"},
		{"a fraction", repositoryKind, `lastScan: {revision: a, tagCount: 1.5, time: '2026-11-20T12:00:00Z'}`, "must be of type integer"},
		{"a generation past 64 bits", policyKind, `observedGeneration: 1e+20`, "observedGeneration"},
		{"a count past 32 bits", automationKind, `pendingCount: 3000000000`, "pendingCount"},
		{"held past 32 bits", automationKind, `heldCount: 3000000000`, "heldCount"},
		{"a line past 32 bits", automationKind, `sites: {files: 1, count: 1, unresolved: [{file: a, line: 3000000000, reason: b}]}`, "line"},
		{"a condition of no type", automationKind, `conditions: [{status: 'True', reason: A, message: b, lastTransitionTime: '2026-11-20T12:00:00Z'}]`, "type: Required value"},
		{"a condition twice", automationKind, `conditions: [{type: Ready, status: 'True', reason: A, message: b, lastTransitionTime: '2026-11-20T12:00:00Z'}, {type: Ready, status: 'False', reason: A, message: b, lastTransitionTime: '2026-11-20T12:00:00Z'}]`, "Duplicate value"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := writeStatus(t, stored[row.kind], mapping(t, row.status))
			if err == nil {
				t.Error("accepted")
			} else if !strings.Contains(err.Error(), row.refused) {
				t.Errorf("refused with other words than %q: %v", row.refused, err)
			}
		})
	}
}
