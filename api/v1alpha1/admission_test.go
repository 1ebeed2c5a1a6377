// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// An admission is an object that the API server is asked about, and its answer.
type admission struct {
	name, why string
	spec      string // what differs from the minimal object of the kind
	refused   string // words of the refusal; empty: accepted
}

var (
	sha256digest = "sha256:" + strings.Repeat("0a", 32)
	sha512digest = "sha512:" + strings.Repeat("0a", 64)
)

// admit asks about each row without storing anything.
func admit(t *testing.T, kind string, rows []admission) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := api.Create(t.Context(), object(t, kind, row.spec), client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
			switch {
			case row.refused == "" && err != nil:
				t.Errorf("refused, but %s: %v", row.why, err)
			case row.refused != "" && err == nil:
				t.Errorf("accepted, but %s", row.why)
			case row.refused != "" && !apierrors.IsInvalid(err):
				t.Errorf("not judged by the schema: %v", err)
			case row.refused != "" && !strings.Contains(err.Error(), row.refused):
				t.Errorf("refused with other words than %q: %v", row.refused, err)
			}
		})
	}
}

const (
	notADuration = "should match '^([0-9]+"
	tooShort     = "must be at least 1s"
	tooLong      = "must be at most 99999h"
	oneOfPolicy  = "exactly one of semver, numerical, alphabetical, regex, latest, tag"
	formOfReject = "give a digest (with or without tag), or a tag, or a range alone"
	oneOfGit     = "exactly one of url, sourceRef"
	insecureURL  = "an http:// address needs insecure: true"
	insideTree   = "must be a folder inside the repository"
)

// durations are the rows that every field of at least 1s must answer alike.
func durations(field string, with func(value string) string) []admission {
	rows := []admission{
		{"takes one second", "that is the shortest", with("1s"), ""},
		{"takes 1000ms", "that is one second", with("1000ms"), ""},
		{"takes a fraction", "1.5h is 90 minutes", with("1.5h"), ""},
		{"takes several units", "people write 1h30m", with("1h30m"), ""},
		{"takes 32 characters", "that is the limit", with(strings.Repeat("0", 29) + "10m"), ""},
		{"refuses 33 characters", "that is past the limit", with(strings.Repeat("0", 30) + "10m"), "Too long"},
		{"refuses 0s", "it would mean without pause", with("0s"), tooShort},
		{"refuses 999ms", "it is less than a second", with("999ms"), tooShort},
		{"refuses a negative one", "time goes forward", with("-5m"), notADuration},
		{"refuses a bare number", "a number has no unit", with("'600'"), notADuration},
		{"refuses words", "nobody could read it", with("soon"), notADuration},
		{"refuses an empty text", "absent means the default, empty means a mistake", with("''"), notADuration},
		{"refuses days", "a day has no fixed length", with("1d"), notADuration},
		{"refuses a unit alone", "it has no number", with("m"), notADuration},
		{"refuses a space", "the grammar has none", with("'1h 30m'"), notADuration},
		{"refuses a line feed at the end", "the pattern is anchored to the end of the text", with(`"5m\n"`), notADuration},
		{"refuses more than Go can hold", "the controller could not read it", with("9999999999h"), tooLong},
		{"refuses minutes that Go cannot hold", "the controller could not read it", with("999999999m"), tooLong},
		{"refuses them behind others", "the controller could not read it", with("5m0099999999999h"), tooLong},
		{"takes the most hours", "eleven years are enough", with("99999h"), ""},
		{"refuses one more hour", "that is past the limit", with("100000h"), tooLong},
		{"takes many digits of a fraction", "only whole hours count", with("1.1234567890h"), ""},
		{"takes as much as fits", "their sum is still less than Go can hold", with("99999h99999h99999h99999h99999h"), ""},
		{"refuses a value of another type", "600 could be seconds or nanoseconds", with("600"), "must be of type string"},
	}
	for i := range rows {
		rows[i].name = field + " " + rows[i].name
	}
	return rows
}

// zeroable are the rows of fields in which 0s means something.
func zeroable(field string, with func(value string) string) []admission {
	rows := durations(field, with)
	for i := range rows {
		if rows[i].refused == tooShort {
			rows[i].name = strings.Replace(rows[i].name, "refuses", "takes", 1)
			rows[i].why, rows[i].refused = "less than a second means something here", ""
		}
	}
	return rows
}

func TestImageRepository_admission(t *testing.T) {
	t.Parallel()
	rows := []admission{
		{"takes the minimum", "an image is all it needs", `{}`, ""},
		{"refuses no image", "there would be nothing to scan", `image: null`, "spec.image: Required value"},
		{"refuses an empty image", "there would be nothing to scan", `image: ''`, "spec.image"},
		{"takes a provider", "all four are named in the API", `provider: AWS`, ""},
		{"refuses an unknown provider", "it could not log in", `provider: Generik`, "Unsupported value"},
		{"takes Generic with a secret", "that is the usual case", `{provider: Generic, secretRef: {name: a}}`, ""},
		{"takes a secret without provider", "the default is Generic", `secretRef: {name: a}`, ""},
		{"refuses a provider with a secret", "it is not clear which of them logs in", `{provider: GCP, secretRef: {name: a}}`, "provider and secretRef exclude each other"},
		{"takes a provider with a ServiceAccount", "its workload identity logs in", `{provider: Azure, serviceAccountName: web}`, ""},
		{"refuses a secret without name", "it names nothing", `secretRef: {}`, "spec.secretRef.name: Required value"},
		{"refuses a secret with an empty name", "it names nothing", `secretRef: {name: ''}`, "spec.secretRef.name"},
		{"takes no tag exclusions", "an empty list replaces the default", `excludeTags: []`, ""},
		{"refuses access without selectors", "it is not clear whether nobody or everybody is meant", `accessFrom: {}`, "namespaceSelectors: Required value"},
		{"takes access for nobody", "a list may be empty", `accessFrom: {namespaceSelectors: []}`, ""},
		{"takes access for everybody", "an empty selector selects all, as everywhere in Kubernetes", `accessFrom: {namespaceSelectors: [{}]}`, ""},
		{"refuses a suspend that is a text", "'yes' is not a truth value", `suspend: 'yes'`, "must be of type boolean"},
	}
	rows = append(rows, durations("interval", func(v string) string { return "interval: " + v })...)
	rows = append(rows, durations("timeout", func(v string) string { return "timeout: " + v })...)
	admit(t, repositoryKind, rows)
}

func TestImagePolicy_admission(t *testing.T) {
	t.Parallel()
	rows := []admission{
		{"takes the minimum", "a repository and a policy are all it needs", `{}`, ""},
		{"refuses no repository", "there would be nothing to choose from", `imageRepositoryRef: null`, "spec.imageRepositoryRef: Required value"},
		{"refuses a repository without name", "it names nothing", `imageRepositoryRef: {name: null}`, "name: Required value"},
		{"takes a repository elsewhere", "the controller asks accessFrom, not the schema", `imageRepositoryRef: {namespace: shop}`, ""},

		{"refuses no policy", "nothing says which tag is wanted", `policy: null`, "spec.policy: Required value"},
		{"refuses an empty policy", "nothing says which tag is wanted", `policy: {semver: null}`, oneOfPolicy},
		{"refuses two policies", "it is not clear which of them ranks", `policy: {alphabetical: {}}`, oneOfPolicy},
		{"refuses two policies without semver", "the rule counts, whichever they are", `policy: {semver: null, numerical: {}, tag: {name: stable}}`, oneOfPolicy},
		{"refuses all policies", "the rule counts", `policy: {numerical: {}, alphabetical: {}, regex: {pattern: a, orderBy: [{group: a, as: Semver}]}, latest: {}, tag: {name: a}}`, oneOfPolicy},
		{"takes an empty numerical", "its only field has a default", `policy: {semver: null, numerical: {}}`, ""},
		{"takes an empty alphabetical", "its only field has a default", `policy: {semver: null, alphabetical: {}}`, ""},
		{"takes an empty latest", "its fields have defaults", `policy: {semver: null, latest: {}}`, ""},
		{"takes a regex", "it has a pattern and a key", `policy: {semver: null, regex: {pattern: '^(?P<build>\d+)$', orderBy: [{group: build, as: Numerical}]}}`, ""},
		{"takes a tag", "it follows that tag", `policy: {semver: null, tag: {name: stable}}`, ""},
		{"refuses a semver without range", "nothing says which versions", `policy: {semver: {range: null}}`, "range: Required value"},
		{"refuses an empty range", "'*' means all, empty means a mistake", `policy: {semver: {range: ''}}`, "spec.policy.semver.range"},
		{"refuses an unknown order", "the orders are two", `policy: {semver: null, numerical: {order: Desc}}`, "Unsupported value"},
		{"takes a descending order", "the orders are two", `policy: {semver: null, alphabetical: {order: Descending}}`, ""},
		{"refuses a regex without keys", "nothing would be compared", `policy: {semver: null, regex: {pattern: a, orderBy: []}}`, "should have at least 1 items"},
		{"refuses a key without a way to compare", "a default would be a guess", `policy: {semver: null, regex: {pattern: a, orderBy: [{group: build}]}}`, "as: Required value"},
		{"refuses a key compared by date", "the ways to compare are three", `policy: {semver: null, regex: {pattern: a, orderBy: [{group: build, as: Date}]}}`, "Unsupported value"},
		{"takes latest by push", "the dates are two", `policy: {semver: null, latest: {by: Pushed, limit: 1}}`, ""},
		{"refuses latest by download", "the dates are two", `policy: {semver: null, latest: {by: Pulled}}`, "Unsupported value"},
		{"refuses a limit of 0", "no tag would be looked at", `policy: {semver: null, latest: {limit: 0}}`, "should be greater than or equal to 1"},
		{"refuses a limit that is a text", "a stored one would break the list of the kind", `policy: {semver: null, latest: {limit: x}}`, "must be of type integer"},
		{"refuses a tag that starts with a period", "no registry has such a tag", `policy: {semver: null, tag: {name: .stable}}`, "should match"},
		{"refuses a tag with a digest", "a tag is a tag", `policy: {semver: null, tag: {name: 'stable@sha256'}}`, "should match"},

		{"takes a digest policy", "the digest policies are three", `digestPolicy: IfNotPresent`, ""},
		{"refuses an unknown digest policy", "the digest policies are three", `digestPolicy: Sometimes`, "Unsupported value"},
		{"refuses a filter without pattern", "there is nothing to extract from", `filterTags: {extract: $1}`, "pattern: Required value"},

		{"takes platforms", "two and three parts are usual", `platforms: [linux/amd64, linux/arm64/v8]`, ""},
		{"refuses a platform twice", "the list is a set", `platforms: [linux/amd64, linux/amd64]`, "Duplicate value"},
		{"refuses a platform without architecture", "linux alone says too little", `platforms: [linux]`, "should match"},

		{"takes a pin by tag", "the digest is optional", `pin: {tag: 1.4.1}`, ""},
		{"takes a pin with a digest", "then that digest is taken literally", `pin: {tag: 1.4.1, digest: '` + sha256digest + `'}`, ""},
		{"refuses a pin without tag", "status and Git name a tag", `pin: {digest: '` + sha256digest + `'}`, "tag: Required value"},
		{"refuses an empty pin", "a pin that pins nothing is a mistake", `pin: {}`, "tag: Required value"},
		{"refuses a short digest", "a prefix may stand for several images", `pin: {tag: a, digest: 'sha256:0a0a'}`, "should match"},
		{"refuses upper-case hex", "registries compare digests by bytes", `pin: {tag: a, digest: '` + strings.ToUpper(sha256digest) + `'}`, "should match"},
		{"takes a SHA-512 digest", "registries may use it", `pin: {tag: a, digest: '` + sha512digest + `'}`, ""},

		{"rejects by digest", "that content", `reject: [{digest: '` + sha256digest + `'}]`, ""},
		{"rejects by digest with a note", "the tag beside it is for people", `reject: [{digest: '` + sha256digest + `', tag: 1.4.2, reason: OOM}]`, ""},
		{"rejects by tag", "whatever its digest", `reject: [{tag: 1.4.2}]`, ""},
		{"rejects by range", "the policy is semver", `reject: [{range: 1.5.x, reason: later}]`, ""},
		{"refuses to reject by range without semver", "other policies know no versions", `{policy: {semver: null, numerical: {}}, reject: [{range: 1.5.x}]}`, "reject by range needs policy.semver"},
		{"finds the range behind other entries", "the rule is about each of them", `{policy: {semver: null, numerical: {}}, reject: [{tag: a}, {range: 1.5.x}]}`, "reject by range needs policy.semver"},
		{"rejects by tag without semver", "tags are known to every policy", `{policy: {semver: null, numerical: {}}, reject: [{tag: a}]}`, ""},
		{"refuses a range with a tag", "it is not clear whether both must match", `reject: [{range: 1.5.x, tag: 1.5.0}]`, formOfReject},
		{"refuses a range with a digest", "it is not clear whether both must match", `reject: [{range: 1.5.x, digest: '` + sha256digest + `'}]`, formOfReject},
		{"refuses a reason alone", "nothing would be rejected", `reject: [{reason: OOM}]`, formOfReject},
		{"refuses an empty entry", "nothing would be rejected", `reject: [{}]`, formOfReject},
		{"refuses an empty range", "a range that is empty is a mistake", `reject: [{range: ''}]`, "spec.reject[0].range"},
		{"refuses an empty tag", "a tag that is empty is a mistake", `reject: [{tag: ''}]`, "spec.reject[0].tag"},
		{"refuses an empty digest", "a digest that is empty is a mistake", `reject: [{digest: ''}]`, "spec.reject[0].digest"},
	}
	rows = append(rows, zeroable("minAge", func(v string) string { return "minAge: " + v })...)
	admit(t, policyKind, rows)
}

func TestUpdateAutomation_admission(t *testing.T) {
	t.Parallel()
	rows := []admission{
		{"takes the minimum", "a repository is all it needs", `{}`, ""},
		{"refuses no git", "there would be nothing to write to", `git: null`, "spec.git: Required value"},
		{"refuses an empty git", "there would be nothing to write to", `git: {url: null}`, oneOfGit},
		{"refuses url and sourceRef", "it is not clear which of them is meant", `git: {sourceRef: {name: fleet}}`, oneOfGit},
		{"takes sourceRef alone", "it names a Flux GitRepository", `git: {url: null, sourceRef: {kind: GitRepository, name: fleet}}`, ""},
		{"refuses an OCIRepository", "nothing can be pushed to it", `git: {url: null, sourceRef: {kind: OCIRepository, name: fleet}}`, "Unsupported value"},
		{"refuses a sourceRef without name", "it names nothing", `git: {url: null, sourceRef: {kind: GitRepository}}`, "name: Required value"},

		{"takes https", "that is the usual form", `git: {url: 'https://git.example.com:8443/acme/fleet'}`, ""},
		{"takes http when told so", "a person said insecure", `git: {url: 'http://git.example.com/acme/fleet.git', insecure: true}`, ""},
		{"refuses http", "nothing is sent over http by accident", `git: {url: 'http://git.example.com/acme/fleet.git'}`, insecureURL},
		{"refuses http with insecure: false", "nothing is sent over http by accident", `git: {url: 'http://git.example.com/acme/fleet.git', insecure: false}`, insecureURL},
		{"refuses HTTP", "another case must not slip past the rule about http", `git: {url: 'HTTP://git.example.com/acme/fleet.git'}`, "credentials belong into a Secret"},
		{"takes https with insecure", "allowing is not requiring", `git: {insecure: true}`, ""},
		{"takes ssh", "with a user, a port and a path", `git: {url: 'ssh://git@git.example.com:2222/acme/fleet.git'}`, ""},
		{"takes ssh without user", "the Secret may name it", `git: {url: 'ssh://git.example.com/acme/fleet.git'}`, ""},
		{"takes the scp form", "forges show it", `git: {url: 'git@git.example.com:acme/fleet.git'}`, ""},
		{"refuses a password in https", "a spec is shown to whoever may read it", `git: {url: 'https://ann:secret@git.example.com/acme/fleet.git'}`, "credentials belong into a Secret"},
		{"refuses a token in https", "a spec is shown to whoever may read it", `git: {url: 'https://token@git.example.com/acme/fleet.git'}`, "credentials belong into a Secret"},
		{"refuses a password in ssh", "a spec is shown to whoever may read it", `git: {url: 'ssh://git:secret@git.example.com/acme/fleet.git'}`, "credentials belong into a Secret"},
		{"refuses a token in a query", "a spec is shown to whoever may read it", `git: {url: 'https://git.example.com/acme/fleet.git?private_token=secret'}`, "credentials belong into a Secret"},
		{"refuses a fragment", "Git knows none", `git: {url: 'https://git.example.com/acme/fleet.git#main'}`, "credentials belong into a Secret"},
		{"refuses a host alone", "a host is not a repository", `git: {url: 'https://git.example.com'}`, "credentials belong into a Secret"},
		{"refuses no host", "nobody could be asked", `git: {url: 'https:///acme/fleet.git'}`, "credentials belong into a Secret"},
		{"refuses a path", "the controller's own files are nobody's business", `git: {url: /etc/passwd}`, "credentials belong into a Secret"},
		{"refuses file://", "the controller's own files are nobody's business", `git: {url: 'file:///srv/fleet.git'}`, "credentials belong into a Secret"},
		{"refuses git://", "it is not encrypted, and has no insecure", `git: {url: 'git://git.example.com/fleet.git'}`, "credentials belong into a Secret"},
		{"refuses ext::", "it would run a command", `git: {url: 'ext::sh -c true'}`, "credentials belong into a Secret"},
		{"refuses an ssh host that is an option", "a dash would reach the command line of ssh", `git: {url: 'ssh://-oProxyCommand=true/fleet.git'}`, "credentials belong into a Secret"},
		{"refuses an scp host that is an option", "a dash would reach the command line of ssh", `git: {url: 'git@-oProxyCommand=true:fleet.git'}`, "credentials belong into a Secret"},
		{"refuses a space", "no URL has one", `git: {url: 'https://git.example.com/a b.git'}`, "credentials belong into a Secret"},
		{"refuses a line feed", "it would split a line of a log", `git: {url: "https://git.example.com/a.git\nb"}`, "credentials belong into a Secret"},

		{"takes a branch with a slash", "branches may have them", `git: {branch: release/1.x}`, ""},
		{"refuses a branch that is an option", "a dash would reach a command line", `git: {branch: --upload-pack=true}`, "should match"},
		{"refuses a branch with a colon", "it would be a refspec", `git: {branch: 'main:other'}`, "should match"},
		{"refuses a branch with a space", "Git refuses it", `git: {branch: 'a b'}`, "should match"},
		{"refuses a branch pattern", "one branch is written", `git: {branch: 'release/*'}`, "should match"},
		{"refuses a delivery branch that is an option", "a dash would reach a command line", `delivery: {branch: -f}`, "should match"},
		{"takes a delivery branch", "branches may have slashes", `delivery: {mode: Branch, branch: fairlead/prod}`, ""},

		{"takes a folder", "it is in the repository", `update: [{path: clusters/prod}]`, ""},
		{"takes a name with two periods", "only '..' alone leads out", `update: [{path: a..b/..c}]`, ""},
		{"takes the root", "that is the default", `update: [{path: .}]`, ""},
		{"refuses an absolute path", "it would leave the repository", `update: [{path: /etc}]`, insideTree},
		{"refuses a path that leads out", "it would leave the repository", `update: [{path: ../other}]`, insideTree},
		{"refuses a path that leads out later", "it would leave the repository", `update: [{path: a/../../b}]`, insideTree},
		{"refuses a path that ends outside", "it would leave the repository", `update: [{path: a/..}]`, insideTree},
		{"refuses no updates", "nothing would ever be written", `update: []`, "should have at least 1 items"},
		{"refuses an unknown strategy", "the strategies are five", `update: [{strategy: Setters}]`, "Unsupported value"},

		{"refuses an author with angle brackets", "they would end the name in a commit", `commit: {author: {name: 'Ann <ann@example.com>'}}`, "should match"},
		{"refuses an author with a line feed", "it would write another header of the commit", `commit: {author: {name: "Ann\ncommitter Bob"}}`, "should match"},
		{"refuses an email with a space", "it would end the address in a commit", `commit: {author: {email: 'a b@example.com'}}`, "should match"},
		{"refuses an empty author", "Git refuses it", `commit: {author: {name: ''}}`, "commit.author.name"},
		{"refuses signing without a key", "there is nothing to sign with", `commit: {signing: {format: SSH}}`, "secretRef: Required value"},
		{"refuses an unknown signature", "the formats are two", `commit: {signing: {secretRef: {name: key}, format: X509}}`, "Unsupported value"},

		{"refuses an unknown mode", "the modes are three", `delivery: {mode: MergeRequest}`, "Unsupported value"},
		{"refuses an unknown forge", "the forges are six", `delivery: {pullRequest: {provider: Gogs}}`, "Unsupported value"},
		{"refuses an unknown grouping", "the groupings are three", `delivery: {pullRequest: {groupBy: File}}`, "Unsupported value"},
		{"refuses an unknown merge", "the choices are two", `delivery: {pullRequest: {autoMerge: Always}}`, "Unsupported value"},
		{"refuses a label twice", "the list is a set", `delivery: {pullRequest: {labels: [a, a]}}`, "Duplicate value"},
		{"refuses a reviewer twice", "the list is a set", `delivery: {pullRequest: {reviewers: [a, a]}}`, "Duplicate value"},
		{"refuses an assignee twice", "the list is a set", `delivery: {pullRequest: {assignees: [a, a]}}`, "Duplicate value"},
		{"refuses fewer open pull requests than none", "0 is unlimited, less means nothing", `delivery: {pullRequest: {maxOpen: -1}}`, "should be greater than or equal to 0"},
		{"takes no limit to open pull requests", "0 is unlimited", `delivery: {pullRequest: {maxOpen: 0}}`, ""},
		{"takes an address of the forge", "it may be elsewhere", `delivery: {pullRequest: {apiURL: 'https://git.example.com/api/v1'}}`, ""},
		{"refuses a password in the address of the forge", "a spec is shown to whoever may read it", `delivery: {pullRequest: {apiURL: 'https://a:b@git.example.com/'}}`, "should match"},
		{"refuses a forge over http", "nothing is sent over http by accident", `delivery: {pullRequest: {apiURL: 'http://git.example.com/api/v1'}}`, "an http:// apiURL needs git.insecure: true"},
		{"takes a forge over http when told so", "git.insecure covers apiURL too", `{git: {insecure: true}, delivery: {pullRequest: {apiURL: 'http://git.example.com/api/v1'}}}`, ""},

		{"takes a window", "a long weekend", `windows: [{kind: Deny, schedule: '0 16 * * FRI', duration: 64h, timeZone: Europe/Berlin}]`, ""},
		{"refuses a window of no kind", "a default would be a guess", `windows: [{schedule: '0 16 * * FRI', duration: 64h}]`, "kind: Required value"},
		{"refuses a window without schedule", "it would never open", `windows: [{kind: Deny, duration: 64h}]`, "schedule: Required value"},
		{"refuses a window without duration", "nobody knows when it closes", `windows: [{kind: Deny, schedule: '0 16 * * FRI'}]`, "duration: Required value"},
		{"refuses a window of another kind", "the kinds are two", `windows: [{kind: Block, schedule: '0 16 * * FRI', duration: 64h}]`, "Unsupported value"},

		{"refuses an unknown answer to manual changes", "the answers are two", `onManualChange: Ignore`, "Unsupported value"},
		{"takes Overwrite", "the answers are two", `onManualChange: Overwrite`, ""},
		{"takes a selector", "labels and expressions, as everywhere in Kubernetes", `policySelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: In, values: [a]}]}`, ""},
		{"takes an empty selector", "it selects every policy of the namespace", `policySelector: {}`, ""},
	}
	rows = append(rows, durations("interval", func(v string) string { return "interval: " + v })...)
	rows = append(rows, durations("git.timeout", func(v string) string { return "git: {timeout: " + v + "}" })...)
	rows = append(rows, durations("windows.duration", func(v string) string {
		return "windows: [{kind: Deny, schedule: '0 16 * * FRI', duration: " + v + "}]"
	})...)
	rows = append(rows, zeroable("batchWindow", func(v string) string { return "batchWindow: " + v })...)
	admit(t, automationKind, rows)
}
