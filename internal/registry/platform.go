// SPDX-License-Identifier: Apache-2.0

package registry

import "strings"

// A Platform is what an image runs on.
type Platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant"`
}

// String returns "linux/arm64" or, with a variant, "linux/arm/v7".
func (p Platform) String() string {
	text := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		text += "/" + p.Variant
	}
	return text
}

// Offers tells whether an image for p runs where wanted, "linux/arm64" or "linux/arm/v7", is asked for. A variant
// that is not asked for does not matter.
func (p Platform) Offers(wanted string) bool {
	return strings.EqualFold(wanted, p.String()) || strings.EqualFold(wanted, p.OS+"/"+p.Architecture)
}
