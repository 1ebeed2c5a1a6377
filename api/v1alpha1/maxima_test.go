// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// text returns n characters that every pattern for names takes.
func text(n int) string { return strings.Repeat("a", n) }

// list returns a YAML list of n items, made from their numbers.
func list(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// same returns an item for list that does not depend on its number.
func same(item string) func(int) string { return func(int) string { return item } }

// numbered returns an item for list that occurs once.
func numbered(prefix string) func(int) string {
	return func(i int) string { return prefix + strconv.Itoa(i) }
}

// table returns a YAML mapping of n entries.
func table(n int) string {
	return strings.NewReplacer("[", "{", "]", "}").Replace(list(n, numberedEntry))
}

func numberedEntry(i int) string { return fmt.Sprintf("k%d: v", i) }

// A maximum is how large a part of a spec may be. Where the schema has one, the path is that of walk.
type maximum struct {
	path string
	most int64
	spec func(n int) string // what differs from the minimal object, when the part is n large
}

func repositoryMaxima() []maximum {
	return []maximum{
		{"spec.image", 512, func(n int) string { return "image: " + text(n) }},
		{"spec.interval", 32, func(n int) string { return "interval: " + strings.Repeat("0", n-2) + "9m" }},
		{"spec.timeout", 32, func(n int) string { return "timeout: " + strings.Repeat("0", n-2) + "9m" }},
		{"spec.secretRef.name", 253, func(n int) string { return "secretRef: {name: " + text(n) + "}" }},
		{"spec.certSecretRef.name", 253, func(n int) string { return "certSecretRef: {name: " + text(n) + "}" }},
		{"spec.proxySecretRef.name", 253, func(n int) string { return "proxySecretRef: {name: " + text(n) + "}" }},
		{"spec.serviceAccountName", 253, func(n int) string { return "serviceAccountName: " + text(n) }},
		{"spec.excludeTags", 32, func(n int) string { return "excludeTags: " + list(n, same("a")) }},
		{"spec.excludeTags[]", 256, func(n int) string { return "excludeTags: [" + text(n) + "]" }},
		{"spec.accessFrom.namespaceSelectors", 32, func(n int) string { return "accessFrom: {namespaceSelectors: " + list(n, same("{}")) + "}" }},
		{"spec.accessFrom.namespaceSelectors[].matchLabels", 32, func(n int) string {
			return "accessFrom: {namespaceSelectors: [{matchLabels: " + table(n) + "}]}"
		}},
		{"a label's key", 317, func(n int) string {
			return "accessFrom: {namespaceSelectors: [{matchLabels: {? " + text(n) + " : v}}]}"
		}},
		{"a label's value", 63, func(n int) string { return "accessFrom: {namespaceSelectors: [{matchLabels: {k: " + text(n) + "}}]}" }},
	}
}

func policyMaxima() []maximum {
	regex := func(pattern, keys string) string {
		return "policy: {semver: null, regex: {pattern: " + pattern + ", orderBy: " + keys + "}}"
	}
	return []maximum{
		{"spec.imageRepositoryRef.name", 253, func(n int) string { return "imageRepositoryRef: {name: " + text(n) + "}" }},
		{"spec.imageRepositoryRef.namespace", 63, func(n int) string { return "imageRepositoryRef: {namespace: " + text(n) + "}" }},
		{"spec.filterTags.pattern", 256, func(n int) string { return "filterTags: {pattern: " + text(n) + "}" }},
		{"spec.filterTags.extract", 256, func(n int) string { return "filterTags: {pattern: a, extract: " + text(n) + "}" }},
		{"spec.policy.semver.range", 256, func(n int) string { return "policy: {semver: {range: " + text(n) + "}}" }},
		{"spec.policy.regex.pattern", 256, func(n int) string { return regex(text(n), "[{group: a, as: Semver}]") }},
		{"spec.policy.regex.orderBy", 8, func(n int) string { return regex("a", list(n, same("{group: a, as: Semver}"))) }},
		{"spec.policy.regex.orderBy[].group", 64, func(n int) string { return regex("a", "[{group: "+text(n)+", as: Semver}]") }},
		{"spec.policy.latest.limit", 200, func(n int) string { return fmt.Sprintf("policy: {semver: null, latest: {limit: %d}}", n) }},
		{"spec.policy.tag.name", 128, func(n int) string { return "policy: {semver: null, tag: {name: " + text(n) + "}}" }},
		{"spec.platforms", 16, func(n int) string { return "platforms: " + list(n, numbered("linux/a")) }},
		{"spec.platforms[]", 64, func(n int) string { return "platforms: [linux/" + text(n-6) + "]" }},
		{"spec.minAge", 32, func(n int) string { return "minAge: " + strings.Repeat("0", n-2) + "9m" }},
		{"spec.pin.tag", 128, func(n int) string { return "pin: {tag: " + text(n) + "}" }},
		{"spec.pin.digest", 135, func(n int) string { return "pin: {tag: a, digest: 'sha512:" + text(n-7) + "'}" }},
		{"spec.reject", 64, func(n int) string { return "reject: " + list(n, same("{tag: a}")) }},
		{"spec.reject[].tag", 128, func(n int) string { return "reject: [{tag: " + text(n) + "}]" }},
		{"spec.reject[].digest", 135, func(n int) string { return "reject: [{digest: 'sha512:" + text(n-7) + "'}]" }},
		{"spec.reject[].range", 256, func(n int) string { return "reject: [{range: " + text(n) + "}]" }},
		{"spec.reject[].reason", 256, func(n int) string { return "reject: [{tag: a, reason: " + text(n) + "}]" }},
	}
}

func automationMaxima() []maximum {
	const url = "https://git.example.com/"
	pullRequest := func(field, value string) string { return "delivery: {pullRequest: {" + field + ": " + value + "}}" }
	return []maximum{
		{"spec.interval", 32, func(n int) string { return "interval: " + strings.Repeat("0", n-2) + "9m" }},
		{"spec.batchWindow", 32, func(n int) string { return "batchWindow: " + strings.Repeat("0", n-2) + "9m" }},
		{"a selector's labels", 32, func(n int) string { return "policySelector: {matchLabels: " + table(n) + "}" }},
		{"a selector's expressions", 32, func(n int) string {
			return "policySelector: {matchExpressions: " + list(n, same("{key: a, operator: Exists}")) + "}"
		}},
		{"spec.git.url", 1024, func(n int) string { return "git: {url: '" + url + text(n-len(url)) + "'}" }},
		{"spec.git.sourceRef.name", 253, func(n int) string { return "git: {url: null, sourceRef: {name: " + text(n) + "}}" }},
		{"spec.git.branch", 255, func(n int) string { return "git: {branch: " + text(n) + "}" }},
		{"spec.git.secretRef.name", 253, func(n int) string { return "git: {secretRef: {name: " + text(n) + "}}" }},
		{"spec.git.proxySecretRef.name", 253, func(n int) string { return "git: {proxySecretRef: {name: " + text(n) + "}}" }},
		{"spec.git.timeout", 32, func(n int) string { return "git: {timeout: " + strings.Repeat("0", n-2) + "9m}" }},
		{"spec.update", 32, func(n int) string { return "update: " + list(n, same("{path: a}")) }},
		{"spec.update[].path", 1024, func(n int) string { return "update: [{path: " + text(n) + "}]" }},
		{"spec.update[].include", 64, func(n int) string { return "update: [{include: " + list(n, same("a")) + "}]" }},
		{"spec.update[].include[]", 256, func(n int) string { return "update: [{include: [" + text(n) + "]}]" }},
		{"spec.update[].exclude", 64, func(n int) string { return "update: [{exclude: " + list(n, same("a")) + "}]" }},
		{"spec.update[].exclude[]", 256, func(n int) string { return "update: [{exclude: [" + text(n) + "]}]" }},
		{"spec.commit.author.name", 128, func(n int) string { return "commit: {author: {name: " + text(n) + "}}" }},
		{"spec.commit.author.email", 254, func(n int) string { return "commit: {author: {email: " + text(n) + "}}" }},
		{"spec.commit.messageTemplate", 4096, func(n int) string { return "commit: {messageTemplate: " + text(n) + "}" }},
		{"spec.commit.values", 64, func(n int) string { return "commit: {values: " + table(n) + "}" }},
		{"a value's key", 64, func(n int) string { return "commit: {values: {" + text(n) + ": v}}" }},
		{"a value", 1024, func(n int) string { return "commit: {values: {k: " + text(n) + "}}" }},
		{"spec.commit.signing.secretRef.name", 253, func(n int) string { return "commit: {signing: {secretRef: {name: " + text(n) + "}}}" }},
		{"spec.delivery.branch", 255, func(n int) string { return "delivery: {branch: " + text(n) + "}" }},
		{"spec.delivery.pullRequest.apiURL", 1024, func(n int) string { return pullRequest("apiURL", "'"+url+text(n-len(url))+"'") }},
		{"spec.delivery.pullRequest.secretRef.name", 253, func(n int) string { return pullRequest("secretRef", "{name: "+text(n)+"}") }},
		{"spec.delivery.pullRequest.titleTemplate", 4096, func(n int) string { return pullRequest("titleTemplate", text(n)) }},
		{"spec.delivery.pullRequest.bodyTemplate", 4096, func(n int) string { return pullRequest("bodyTemplate", text(n)) }},
		{"spec.delivery.pullRequest.labels", 32, func(n int) string { return pullRequest("labels", list(n, numbered("a"))) }},
		{"spec.delivery.pullRequest.labels[]", 128, func(n int) string { return pullRequest("labels", "["+text(n)+"]") }},
		{"spec.delivery.pullRequest.reviewers", 32, func(n int) string { return pullRequest("reviewers", list(n, numbered("a"))) }},
		{"spec.delivery.pullRequest.reviewers[]", 128, func(n int) string { return pullRequest("reviewers", "["+text(n)+"]") }},
		{"spec.delivery.pullRequest.assignees", 32, func(n int) string { return pullRequest("assignees", list(n, numbered("a"))) }},
		{"spec.delivery.pullRequest.assignees[]", 128, func(n int) string { return pullRequest("assignees", "["+text(n)+"]") }},
		{"spec.delivery.pullRequest.maxOpen", 1000, func(n int) string { return pullRequest("maxOpen", strconv.Itoa(n)) }},
		{"spec.windows", 32, func(n int) string { return "windows: " + list(n, same("{kind: Deny, schedule: a, duration: 1h}")) }},
		{"spec.windows[].schedule", 128, func(n int) string { return "windows: [{kind: Deny, schedule: " + text(n) + ", duration: 1h}]" }},
		{"spec.windows[].duration", 32, func(n int) string {
			return "windows: [{kind: Deny, schedule: a, duration: " + strings.Repeat("0", n-2) + "9m}]"
		}},
		{"spec.windows[].timeZone", 64, func(n int) string {
			return "windows: [{kind: Deny, schedule: a, duration: 1h, timeZone: " + text(n) + "}]"
		}},
	}
}

// pastWords are how the API server refuses what is too large: by the schema, or by a rule of ours.
var pastWords = []string{"Too long", "Too many", "should be less than or equal to", "may have"}

// TestMaxima asks the API server about each maximum of a spec, at it and one past it. A maximum of the schema that
// has no row fails as well.
func TestMaxima(t *testing.T) {
	t.Parallel()
	schemas := crds(t)
	for kind, rows := range map[string][]maximum{
		repositoryKind: repositoryMaxima(), policyKind: policyMaxima(), automationKind: automationMaxima(),
	} {
		has := make(map[string]int64)
		for _, row := range rows {
			if strings.HasPrefix(row.path, "spec.") {
				has[row.path] = row.most
			}
			t.Run(kind+" "+row.path, func(t *testing.T) {
				t.Parallel()
				atMaximum(t, kind, row)
				pastMaximum(t, kind, row)
			})
		}
		wants := make(map[string]int64)
		walkKind(schemas[kind], func(path string, s schema) {
			for _, limit := range limits(s) {
				if strings.HasPrefix(path, "spec.") {
					wants[path] = limit
				}
			}
		})
		if !maps.Equal(has, wants) {
			t.Errorf("%s: the schema's maxima are\n%v\nand the rows are about\n%v", kind, wants, has)
		}
	}
}

func atMaximum(t *testing.T, kind string, row maximum) {
	t.Helper()
	err := api.Create(t.Context(), object(t, kind, row.spec(int(row.most))), client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
	if err != nil {
		t.Errorf("refused at the maximum of %d: %v", row.most, err)
	}
}

func pastMaximum(t *testing.T, kind string, row maximum) {
	t.Helper()
	err := api.Create(t.Context(), object(t, kind, row.spec(int(row.most)+1)), client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
	if err == nil {
		t.Errorf("accepted past the maximum of %d", row.most)
	} else if !slices.ContainsFunc(pastWords, func(words string) bool { return strings.Contains(err.Error(), words) }) {
		t.Errorf("refused past the maximum of %d for another reason: %.500v", row.most, err)
	}
}

// limits returns the maximum of s, if it has one.
func limits(s schema) []int64 {
	for _, limit := range []*int64{s.MaxLength, s.MaxItems, s.MaxProperties} {
		if limit != nil {
			return []int64{*limit}
		}
	}
	if s.Maximum != nil {
		return []int64{int64(*s.Maximum)}
	}
	return nil
}

// TestMaxima_status asks about each maximum of a status, at it and one past it, with values made from the schema.
func TestMaxima_status(t *testing.T) {
	t.Parallel()
	for kind, crd := range crds(t) {
		stored := objectIn(t, kind, `{}`)
		create(t, stored)
		status := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["status"]
		walk(status, "", func(path string, s schema) {
			if strings.HasPrefix(path, "conditions[]") {
				return // metav1.Condition is not ours
			}
			for _, limit := range limits(s) {
				t.Run(kind+" status."+path, func(t *testing.T) {
					t.Parallel()
					if err := writeStatus(t, stored, sized(status, path, int(limit))); err != nil {
						t.Errorf("refused at the maximum of %d: %v", limit, err)
					}
					if err := writeStatus(t, stored, sized(status, path, int(limit)+1)); err == nil {
						t.Errorf("accepted past the maximum of %d", limit)
					} else if !slices.ContainsFunc(pastWords, func(words string) bool { return strings.Contains(err.Error(), words) }) {
						t.Errorf("refused past the maximum of %d for another reason: %.500v", limit, err)
					}
				})
			}
		})
	}
}

// writeStatus asks what a write of status would be answered.
func writeStatus(t *testing.T, o *unstructured.Unstructured, status any) error {
	t.Helper()
	content, err := yaml.Marshal(map[string]any{"status": status})
	if err != nil {
		t.Fatal(err)
	}
	content, err = yaml.YAMLToJSON(content)
	if err != nil {
		t.Fatal(err)
	}
	patch := client.RawPatch("application/merge-patch+json", content)
	options := &client.SubResourcePatchOptions{PatchOptions: client.PatchOptions{DryRun: []string{metav1.DryRunAll}}}
	return api.Status().Patch(t.Context(), o.DeepCopy(), patch, options)
}

// sized returns a value that s takes, in which the part at path is n large, and the rest is as small as may be.
func sized(s schema, path string, n int) any {
	if path == "" {
		return large(s, n)
	}
	value := small(s, 0)
	switch name, rest, _ := strings.Cut(strings.TrimPrefix(path, "."), "."); {
	case strings.HasPrefix(path, "[]"):
		return []any{sized(*s.Items.Schema, path[len("[]"):], n)}
	case strings.HasSuffix(name, "[]"):
		name = strings.TrimSuffix(name, "[]")
		value.(map[string]any)[name] = sized(s.Properties[name], "[]"+dotted(rest), n)
	default:
		value.(map[string]any)[name] = sized(s.Properties[name], rest, n)
	}
	return value
}

func dotted(rest string) string {
	if rest == "" {
		return ""
	}
	return "." + rest
}

func large(s schema, n int) any {
	switch s.Type {
	case "string":
		return text(n)
	case "integer":
		return n
	default:
		items := make([]any, n)
		for i := range items {
			items[i] = small(*s.Items.Schema, i)
		}
		return items
	}
}

// small returns the i-th of the smallest values that s takes.
func small(s schema, i int) any {
	switch {
	case len(s.Enum) > 0:
		return strings.Trim(string(s.Enum[0].Raw), `"`)
	case s.Format == "date-time":
		return "2026-11-20T12:00:00Z"
	case s.Type == "string":
		return "a" + strconv.Itoa(i)
	case s.Type == "integer":
		return 0
	case s.Type == "array":
		return []any{}
	}
	value := make(map[string]any)
	for _, name := range s.Required {
		value[name] = small(s.Properties[name], i)
	}
	return value
}
