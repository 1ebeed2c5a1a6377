// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A platform is an operating system, an architecture and, optionally, a variant: "linux/arm/v7".
type platform struct{ os, architecture, variant string }

var platformGrammar = regexp.MustCompile(`^[a-z0-9_.-]+/[a-z0-9_.-]+(/[a-z0-9_.-]+)?$`)

func compilePlatforms(p *Policy, spec Spec) error {
	for i, text := range spec.Platforms {
		if len(text) > 64 || !platformGrammar.MatchString(text) {
			return field(fmt.Sprintf("spec.platforms[%d]", i), "%s is not os/architecture or os/architecture/variant", quote(text))
		}
		p.needs = append(p.needs, parsePlatform(text))
		p.platforms = append(p.platforms, text)
	}
	return nil
}

func parsePlatform(text string) platform {
	var p platform
	p.os, text, _ = strings.Cut(text, "/")
	p.architecture, p.variant, _ = strings.Cut(text, "/")
	return p
}

// offersAll tells whether each of wanted is among offered.
func offersAll(offered []string, wanted []platform) bool {
	for _, want := range wanted {
		if !slices.ContainsFunc(offered, func(text string) bool { return want.takes(parsePlatform(text)) }) {
			return false
		}
	}
	return true
}

// takes tells whether an image for o runs where p is wanted. No wanted variant takes any.
func (p platform) takes(o platform) bool {
	return p.os == o.os && p.architecture == o.architecture &&
		(p.variant == "" || p.variant == o.variant || (o.variant == "" && p.variant == usualVariant(p.architecture)))
}

// usualVariant is what an image means that names no variant.
func usualVariant(architecture string) string {
	switch architecture {
	case "arm":
		return "v7"
	case "arm64":
		return "v8"
	}
	return ""
}
