// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// Policies that the schema refuses, as they may have been stored before it did.
const leftovers = `
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: age}, spec: {imageRepositoryRef: {name: web}, policy: {alphabetical: {}}, minAge: 3 days}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: two}, spec: {imageRepositoryRef: {name: web}, policy: {alphabetical: {}, numerical: {}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: none}, spec: {imageRepositoryRef: {name: web}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: order}, spec: {imageRepositoryRef: {name: web}, policy: {numerical: {order: Sideways}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: reject}, spec: {imageRepositoryRef: {name: web}, policy: {semver: {range: '*'}}, reject: [{range: 1.x, tag: 1.0.0}]}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: long}, spec: {imageRepositoryRef: {name: web}, policy: {semver: {range: '>=1.0.0 || LONG'}}}}
`

// probe is one that is never stored: what is stored already may stay as it is.
const probe = `{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: probe}, spec: {imageRepositoryRef: {name: web}}}`

// schemaOfPolicies is where the CRD of ImagePolicies has its schema.
const schemaOfPolicies = "/spec/versions/0/schema/openAPIV3Schema"

// An object that was stored before the schema refused it stalls alone. This test does not run beside others, because
// it changes the schema that all of them use.
func TestStored_aLeftoverStallsAlone(t *testing.T) {
	w := newWorld(t, map[string]string{"clusters/prod/web.yaml": web})
	relaxed := func(work func()) {
		w.kubectl("", "patch", "crd", "imagepolicies.fairlead.dev", "--type=json", "-p",
			`[{"op":"replace","path":"`+schemaOfPolicies+`","value":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}]`)
		w.eventually(30*time.Second, func() string { return w.apiTakes(probe) })
		work()
		w.kubectl("", "replace", "-f", "../../config/crd/bases/fairlead.dev_imagepolicies.yaml")
		w.eventually(30*time.Second, func() string {
			if w.apiTakes(probe) == "" {
				return "the schema is not back"
			}
			return ""
		})
	}
	relaxed(func() { w.apply(strings.Replace(leftovers, "LONG", strings.Repeat("1.0.0 ", 100), 1)) })

	w.apply(chain)
	digest := w.push("web:1.0.0")
	w.start()
	w.awaitImage("1.0.0", digest) // the good one goes on
	for name, want := range map[string]string{
		"age":    "False InvalidPolicy: spec.minAge: ",
		"two":    "False InvalidPolicy: spec.policy: ",
		"none":   "False InvalidPolicy: spec.policy: ",
		"order":  "False InvalidPolicy: spec.policy.numerical.order: ",
		"reject": "False InvalidPolicy: spec.reject[0]",
		"long":   "False InvalidPolicy: spec.policy.semver.range: ",
	} {
		pol := w.awaitPolicy(name, want)
		stalled := false
		for _, c := range pol.Status.Conditions {
			stalled = stalled || (c.Type == v1alpha1.StalledCondition && c.Status == "True")
		}
		if !stalled {
			t.Errorf("%s is not stalled: %+v", name, pol.Status.Conditions)
		}
	}
	second := w.push("web:1.1.0")
	w.awaitImage("1.1.0", second)
}

// apiTakes returns what the API server has against yaml, without storing anything.
func (w *world) apiTakes(yaml string) string {
	w.t.Helper()
	if _, err := kubectl(w.t.Context(), w.expand(yaml), "-n", w.namespace, "apply", "--dry-run=server", "-f", "-"); err != nil {
		return err.Error()
	}
	return ""
}
