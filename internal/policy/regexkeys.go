// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
)

// A sortKey is one entry of orderBy.
type sortKey struct {
	group int
	as    keyKind
	sign  int // -1 for Descending
}

type keyKind uint8

const (
	asText keyKind = iota
	asNumber
	asVersion
)

// newRegex is the rule of policy.regex: what a pattern matches, by several of its groups in turn. A key stays the
// text of the match, so that reading a tag costs one allocation however many keys there are.
func newRegex(spec Regex, reject rejections) (rule, error) {
	if spec.Pattern == "" {
		return nil, field("spec.policy.regex.pattern", "is empty")
	}
	pattern, err := compilePattern("spec.policy.regex.pattern", spec.Pattern)
	if err != nil {
		return nil, err
	}
	if len(spec.OrderBy) == 0 {
		return nil, field("spec.policy.regex.orderBy", "is empty, which orders nothing")
	}
	var keys sortKeys
	for i, k := range spec.OrderBy {
		key, err := compileKey(fmt.Sprintf("spec.policy.regex.orderBy[%d]", i), k, pattern)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keyedRule[regexMatch]{keyed[regexMatch]{
		parse:   func(_, value string) (regexMatch, reason.Reason) { return keys.read(pattern, value) },
		admit:   func(regexMatch) reason.Reason { return "" },
		order:   keys.compare,
		rejects: func(tag string, _ regexMatch) bool { return reject.takesTag(tag) },
	}}, nil
}

func compileKey(name string, spec Key, pattern *regexp.Regexp) (sortKey, error) {
	group, err := groupNumber(pattern, spec.Group)
	if err != nil {
		return sortKey{}, field(name+".group", "%w", err)
	}
	k := sortKey{group: group}
	switch spec.As {
	case "Numerical":
		k.as = asNumber
	case "Semver":
		k.as = asVersion
	case "Alphabetical":
		k.as = asText
	default:
		return sortKey{}, field(name+".as", "must be Numerical, Semver or Alphabetical, not %s", quote(spec.As))
	}
	k.sign, err = direction(name+".order", spec.Order)
	return k, err
}

// A regexMatch is a value and where the groups of the pattern stand in it.
type regexMatch struct {
	value  string
	groups []int
}

type sortKeys []sortKey

// read matches value and checks that every key is there and reads as it should.
func (s sortKeys) read(pattern *regexp.Regexp, value string) (regexMatch, reason.Reason) {
	m := regexMatch{value: value, groups: pattern.FindStringSubmatchIndex(value)}
	if m.groups == nil {
		return regexMatch{}, reason.NotMatched
	}
	for _, k := range s {
		if m.groups[2*k.group] < 0 {
			return regexMatch{}, reason.NotMatched
		}
		if why := k.as.check(groupText(value, m.groups, k.group)); why != "" {
			return regexMatch{}, why
		}
	}
	return m, ""
}

func (k keyKind) check(text string) reason.Reason {
	switch k {
	case asNumber:
		_, why := parseNumberOf("", text)
		return why
	case asVersion:
		_, why := parseVersionOf("", text)
		return why
	}
	return ""
}

func (s sortKeys) compare(a, b regexMatch) int {
	for _, k := range s {
		x, y := groupText(a.value, a.groups, k.group), groupText(b.value, b.groups, k.group)
		if c := k.as.compare(x, y); c != 0 {
			return k.sign * c
		}
	}
	return 0
}

// compare compares two texts that check found sound.
func (k keyKind) compare(x, y string) int {
	switch k {
	case asNumber:
		a, _ := parseNumber(x)
		b, _ := parseNumber(y)
		return a.compare(b)
	case asVersion:
		a, _ := parseVersion(x)
		b, _ := parseVersion(y)
		return a.compare(b)
	}
	return strings.Compare(x, y)
}
