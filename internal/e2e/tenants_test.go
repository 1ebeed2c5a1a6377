// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// Policies that refer to repositories of the namespace BASE: one that lets nobody in at first, one that is not there.
const abroad = `
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: web}, spec: {imageRepositoryRef: {name: web, namespace: NAMESPACE-base}, policy: {semver: {range: '*'}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: ghost}, spec: {imageRepositoryRef: {name: ghost, namespace: NAMESPACE-base}, policy: {semver: {range: '*'}}}}
`

// A policy uses a repository of another namespace for as long as that one lets its namespace in, with the Secret
// that lies there. Who is not let in learns nothing.
func TestTenants_aRepositoryIsUsedByWhomItLetsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"clusters/prod/web.yaml": web})
	base := w.namespace + "-base"
	w.kubectl("", "create", "namespace", base)
	w.kubectl("", "-n", base, "create", "secret", "docker-registry", "there", "--docker-server="+w.registry,
		"--docker-username="+registryUser, "--docker-password="+registryPassword)
	w.kubectl(w.expand(`{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: web}, spec: {image: REGISTRY/NAMESPACE/web, interval: 1s, insecure: true, secretRef: {name: there}}}`),
		"-n", base, "apply", "-f", "-")
	digest := w.push("web:1.0.0")
	w.apply(abroad)
	w.flags = []string{"--watch-namespace=" + w.namespace + "," + base, "--no-cross-namespace-refs=false"}
	w.start()

	// the same words for what is not there and for what is and lets nobody in
	const denied = "False AccessDenied: spec.imageRepositoryRef: ImageRepository NAMESPACE-base/web does not exist, or its spec.accessFrom does not select namespace NAMESPACE"
	closed := w.awaitPolicy("web", w.expand(denied))
	absent := w.awaitPolicy("ghost", w.expand(strings.Replace(denied, "base/web", "base/ghost", 1)))
	if a, b := ready(&closed.Status.ReconcileStatus), ready(&absent.Status.ReconcileStatus); strings.Replace(a, "base/web", "base/ghost", 1) != b {
		t.Errorf("%q tells more than %q", a, b)
	}

	allow := func(access string) {
		w.kubectl("", "-n", base, "patch", "irepo", "web", "--type=merge", "-p", `{"spec":{"accessFrom":`+access+`}}`)
	}
	allow(`{"namespaceSelectors":[{"matchLabels":{"team":"data"}},{"matchLabels":{"team":"web"}}]}`)
	w.ask("ipol", "web", "unlabeled")
	w.awaitPolicy("web", w.expand(denied))
	w.kubectl("", "label", "namespace", w.namespace, "team=web")
	w.awaitChoice("web", "1.0.0", digest)
	w.awaitPolicy("ghost", "False AccessDenied")

	// what is taken away is gone, and what was chosen stays
	w.kubectl("", "label", "namespace", w.namespace, "team-")
	pol := w.awaitPolicy("web", w.expand(denied))
	if latest := pol.Status.Latest; latest == nil || latest.Digest != digest {
		t.Errorf("latest is %+v, want it kept", latest)
	}
	allow(`{"namespaceSelectors":[{}]}`)
	w.awaitChoice("web", "1.0.0", digest)
	allow(`null`)
	w.awaitPolicy("web", w.expand(denied))

	// with the flag at its default the same objects are refused
	allow(`{"namespaceSelectors":[{}]}`)
	w.awaitChoice("web", "1.0.0", digest)
	w.controller.stop(t)
	w.flags = w.flags[:1]
	w.start()
	w.awaitPolicy("web", "False AccessDenied: spec.imageRepositoryRef: references to other namespaces are switched off (--no-cross-namespace-refs)")
	if latest := get(w, "web", &v1alpha1.ImagePolicy{}).Status.Latest; latest == nil || latest.Digest != digest {
		t.Errorf("latest is %+v, want it kept", latest)
	}
}
