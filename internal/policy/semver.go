// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
)

// newSemver is the rule of policy.semver: versions inside a range, by SemVer precedence.
func newSemver(spec Semver, reject rejections) (rule, error) {
	const name = "spec.policy.semver.range"
	if strings.TrimSpace(spec.Range) == "" {
		return nil, field(name, "is empty; * admits every release")
	}
	within, err := parseRange(spec.Range)
	if err != nil {
		return nil, field(name, "%s is not a version range: %w", quote(spec.Range), err)
	}
	return keyedRule[version]{keyed[version]{
		parse:   parseVersionOf,
		admit:   within.why,
		order:   version.compare,
		rejects: func(tag string, v version) bool { return reject.takesTag(tag) || reject.takesVersion(v) },
	}}, nil
}

func parseVersionOf(_, value string) (version, reason.Reason) {
	v, ok := parseVersion(value)
	if !ok {
		return version{}, reason.NotSemver
	}
	return v, ""
}
