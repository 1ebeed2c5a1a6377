// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/fairlead-dev/fairlead/api/reason"

// newNumerical is the rule of policy.numerical: exact numbers, by value.
func newNumerical(spec Ordered, reject rejections) (rule, error) {
	sign, err := direction("spec.policy.numerical.order", spec.Order)
	if err != nil {
		return nil, err
	}
	return keyedRule[number]{keyed[number]{
		parse:   parseNumberOf,
		admit:   func(number) reason.Reason { return "" },
		order:   func(a, b number) int { return sign * a.compare(b) },
		rejects: func(tag string, _ number) bool { return reject.takesTag(tag) },
	}}, nil
}

func parseNumberOf(_, value string) (number, reason.Reason) {
	n, ok := parseNumber(value)
	if !ok {
		return number{}, reason.NotNumerical
	}
	return n, ""
}
