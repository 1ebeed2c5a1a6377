// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"regexp"

	"github.com/fairlead-dev/fairlead/api/reason"
)

// A filter decides which tags take part and what is compared of each. The zero filter takes every tag as it is.
type filter struct {
	pattern *regexp.Regexp
	extract template
}

func compileFilter(p *Policy, spec Spec) error {
	if spec.Filter == nil || (spec.Filter.Pattern == "" && spec.Filter.Extract == "") {
		return nil
	}
	if spec.Filter.Pattern == "" {
		return field("spec.filterTags.extract", "needs spec.filterTags.pattern beside it")
	}
	pattern, err := compilePattern("spec.filterTags.pattern", spec.Filter.Pattern)
	if err != nil {
		return err
	}
	extract, err := parseTemplate(spec.Filter.Extract, pattern)
	if err != nil {
		return field("spec.filterTags.extract", "%w", err)
	}
	p.filter = filter{pattern: pattern, extract: extract}
	return nil
}

// value returns what the policy compares of tag, or why the tag takes no part.
func (f filter) value(tag string) (string, reason.Reason) {
	if f.pattern == nil {
		return tag, ""
	}
	if f.extract == nil { // MatchString allocates nothing
		if !f.pattern.MatchString(tag) {
			return "", reason.NotMatched
		}
		return tag, ""
	}
	groups := f.pattern.FindStringSubmatchIndex(tag)
	if groups == nil {
		return "", reason.NotMatched
	}
	value := f.extract.expand(tag, groups)
	if value == "" {
		return "", reason.ExtractEmpty
	}
	return value, ""
}
