// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/loop"
)

// Each of these objects is wrong in one way. All stand in one namespace beside a chain that is right.
const wrong = `
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: tagged}, spec: {image: "REGISTRY/NAMESPACE/web:1.0.0", insecure: true}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: nowhere}, spec: {image: registry.invalid/a/b, timeout: 5s}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: stranger}, spec: {image: REGISTRY/NAMESPACE/web, insecure: true, secretRef: {name: wrong}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: anonymous}, spec: {image: REGISTRY/NAMESPACE/web, insecure: true}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: secretless}, spec: {image: REGISTRY/NAMESPACE/web, insecure: true, secretRef: {name: missing}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: safe}, spec: {image: REGISTRY/NAMESPACE/web, secretRef: {name: registry}, timeout: 5s}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: unknown}, spec: {image: REGISTRY/NAMESPACE/nothing, insecure: true, secretRef: {name: registry}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: cloud}, spec: {image: REGISTRY/NAMESPACE/web, insecure: true, provider: AWS}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: excluding}, spec: {image: REGISTRY/NAMESPACE/web, insecure: true, secretRef: {name: registry}, excludeTags: ['(']}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: range}, spec: {imageRepositoryRef: {name: web}, policy: {semver: {range: 'one point oh'}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: regex}, spec: {imageRepositoryRef: {name: web}, filterTags: {pattern: '^(v'}, policy: {alphabetical: {}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: group}, spec: {imageRepositoryRef: {name: web}, filterTags: {pattern: '^v(.*)', extract: $version}, policy: {alphabetical: {}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: orphan}, spec: {imageRepositoryRef: {name: missing}, policy: {alphabetical: {}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: elsewhere}, spec: {imageRepositoryRef: {name: web, namespace: default}, policy: {alphabetical: {}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: early}, spec: {imageRepositoryRef: {name: nowhere}, policy: {alphabetical: {}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: picky}, spec: {imageRepositoryRef: {name: web}, policy: {semver: {range: '>=7.0.0'}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: UpdateAutomation, metadata: {name: branch}, spec: {git: {url: GIT, branch: mian, insecure: true, secretRef: {name: git}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: UpdateAutomation, metadata: {name: password}, spec: {git: {url: GIT, branch: main, insecure: true, secretRef: {name: wrong}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: UpdateAutomation, metadata: {name: secretless}, spec: {git: {url: GIT, branch: main, insecure: true, secretRef: {name: missing}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: UpdateAutomation, metadata: {name: folder}, spec: {git: {url: GIT, branch: main, insecure: true, secretRef: {name: git}}, update: [{path: no/such/folder}]}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: UpdateAutomation, metadata: {name: idle}, spec: {policySelector: {matchLabels: {app: none}}, git: {url: GIT, branch: main, insecure: true, secretRef: {name: git}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: UpdateAutomation, metadata: {name: reviewed}, spec: {git: {url: GIT, branch: main, insecure: true, secretRef: {name: git}}, delivery: {mode: PullRequest}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: UpdateAutomation, metadata: {name: template}, spec: {git: {url: GIT, branch: main, insecure: true, secretRef: {name: git}}, commit: {messageTemplate: '{{ .Nothing }}'}, update: [{path: other}]}}
`

// others are files beside web.yaml, each wrong in one way.
var others = map[string]string{
	"clusters/prod/web.yaml":    web,
	"clusters/prod/typo.yaml":   "a: REGISTRY/NAMESPACE/web:0.9.0 # {\"$imagepolicy\": \"NAMESPACE:wbe\"}\n",
	"clusters/prod/broken.yaml": "a: [ REGISTRY/NAMESPACE/web:0.9.0 # {\"$imagepolicy\": \"NAMESPACE:web\"}\nb: }\n",
	"clusters/prod/marker.yaml": "a: REGISTRY/NAMESPACE/web:0.9.0 # {\"$imagepolicy\": \"NAMESPACE:web\" oops\n",
	"other/web.yaml":            "a: REGISTRY/NAMESPACE/web:0.9.0 # {\"$imagepolicy\": \"NAMESPACE:web\"}\n",
}

func TestBadInput_isSaidClearlyAndDisturbsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, others)
	w.kubectl("", "-n", w.namespace, "create", "secret", "generic", "wrong", "--from-literal=username=nobody", "--from-literal=password=secret-canary-0815")
	w.apply(chain)
	w.apply(wrong)
	digest := w.push("web:1.0.0")
	w.start()

	w.awaitImage("1.0.0", digest) // the good ones go on
	for _, tc := range []struct {
		kind, name, ready string
	}{
		{"irepo", "tagged", `False InvalidImage: spec.image: "REGISTRY/NAMESPACE/web:1.0.0" has the tag "1.0.0"; write the name alone`},
		{"irepo", "nowhere", `False ScanFailed: listing tags of registry.invalid/a/b: `},
		{"irepo", "stranger", `False AuthenticationFailed: listing tags of REGISTRY/NAMESPACE/web: 401 Unauthorized`},
		{"irepo", "anonymous", `False AuthenticationFailed: listing tags of REGISTRY/NAMESPACE/web: 401 Unauthorized`},
		{"irepo", "secretless", `False SecretNotFound: secret missing does not exist in namespace NAMESPACE`},
		{"irepo", "safe", `False ScanFailed: listing tags of REGISTRY/NAMESPACE/web: `},
		{"irepo", "unknown", `False NotFound: listing tags of REGISTRY/NAMESPACE/nothing: 404 Not Found`},
		{"irepo", "cloud", `False InvalidSpec: spec.provider AWS is not available yet`},
		{"irepo", "excluding", `False InvalidSpec: spec.excludeTags[0]: "(" is not a regular expression: `},
		{"ipol", "range", `False InvalidPolicy: spec.policy.semver.range: `},
		{"ipol", "regex", `False InvalidPolicy: spec.filterTags.pattern: `},
		{"ipol", "group", `False InvalidPolicy: spec.filterTags.extract: `},
		{"ipol", "orphan", `False RepositoryNotFound: spec.imageRepositoryRef: ImageRepository NAMESPACE/missing does not exist`},
		{"ipol", "elsewhere", `False AccessDenied: spec.imageRepositoryRef: references to other namespaces are switched off`},
		{"ipol", "early", `False RepositoryNotReady: the ImageRepository NAMESPACE/nowhere is not ready: `},
		{"ipol", "picky", `False NoTagsMatch: `},
		{"uauto", "branch", `False BranchNotFound: `},
		{"uauto", "password", `False GitAuthenticationFailed: `},
		{"uauto", "secretless", `False SecretNotFound: secret missing does not exist in namespace NAMESPACE`},
		{"uauto", "folder", `False InvalidSpec: `},
		{"uauto", "idle", `False PoliciesNotReady: no ImagePolicy of namespace NAMESPACE is selected`},
		{"uauto", "reviewed", `False InvalidSpec: spec.delivery.mode PullRequest is not available yet`},
		{"uauto", "template", `False InvalidSpec: spec.commit.messageTemplate: `},
		{"uauto", "fleet", `True Succeeded: 1 place in 1 file on main as wanted; 3 places unresolved`},
	} {
		t.Run(tc.kind+"/"+tc.name, func(t *testing.T) {
			one := *w
			one.t = t
			var got string
			one.eventually(30*time.Second, func() string {
				obj := map[string]loop.Object{"irepo": &v1alpha1.ImageRepository{}, "ipol": &v1alpha1.ImagePolicy{}, "uauto": &v1alpha1.UpdateAutomation{}}[tc.kind]
				got = ready(get(&one, tc.name, obj).Reconciled())
				return unlessPrefix(one.expand(tc.ready), got)
			})
			t.Log(got)
			if strings.Contains(got, "canary") {
				t.Error("a secret shows")
			}
		})
	}

	sites := get(w, "fleet", &v1alpha1.UpdateAutomation{}).Status.Sites
	var unresolved []string
	for _, u := range sites.Unresolved {
		unresolved = append(unresolved, fmt.Sprintf("%s:%d %s", u.File, u.Line, u.Reason))
	}
	want := "clusters/prod/broken.yaml:1 InvalidYAML clusters/prod/marker.yaml:1 InvalidMarker clusters/prod/typo.yaml:1 UnknownPolicy"
	if got := strings.Join(unresolved, " "); got != want {
		t.Errorf("unresolved are %s, want %s", got, want)
	}
	if log := w.controller.log(); strings.Contains(log, "canary") {
		t.Error("a secret shows in the log")
	}
}
