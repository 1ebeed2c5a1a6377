// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
)

// newAlphabetical is the rule of policy.alphabetical: every value, by bytes.
func newAlphabetical(spec Ordered, reject rejections) (rule, error) {
	sign, err := direction("spec.policy.alphabetical.order", spec.Order)
	if err != nil {
		return nil, err
	}
	return textRule(reject, func(a, b string) int { return sign * strings.Compare(a, b) },
		func(_, value string) (string, reason.Reason) { return value, "" }), nil
}

// newAnyTag is the rule of policy.latest: every tag the filter keeps, the greatest by bytes looked at first. Dates
// come later; see dated.
func newAnyTag(reject rejections) rule {
	return textRule(reject, func(string, string) int { return 0 },
		func(_, value string) (string, reason.Reason) { return value, "" })
}

// newOneTag is the rule of policy.tag: that tag alone.
func newOneTag(name string, reject rejections) rule {
	return textRule(reject, func(string, string) int { return 0 },
		func(tag, value string) (string, reason.Reason) {
			if tag != name {
				return "", reason.NotMatched
			}
			return value, ""
		})
}

func textRule(reject rejections, order func(a, b string) int, parse func(tag, value string) (string, reason.Reason)) rule {
	return keyedRule[string]{keyed[string]{
		parse:   parse,
		admit:   func(string) reason.Reason { return "" },
		order:   order,
		rejects: func(tag, _ string) bool { return reject.takesTag(tag) },
	}}
}
