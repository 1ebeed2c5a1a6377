// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"time"

	"github.com/fairlead-dev/fairlead/internal/image"
)

// A Question names one fact. Where Tag is set it asks what the tag points at now (Facts.Tags); else it asks about
// Digest (Facts.Images): whether the registry still has it and, when Describe is set, what it is.
type Question struct {
	Tag      string
	Digest   image.Digest
	Describe bool
}

// Facts is what the caller found out. A fact that could not be had is in here with its Err: without an entry the
// question is asked again.
type Facts struct {
	Tags   map[string]TagFact
	Images map[image.Digest]ImageFact

	// AllDated says that Tags has every tag of the list with its digest and dates, as some registries give them in
	// bulk; a policy of kind latest then looks at all of them, whatever its limit.
	AllDated bool
}

// A TagFact is what a tag points at now.
type TagFact struct {
	Digest image.Digest // empty without Err: nobody can tell, and the choice is made without a digest
	// Pushed is the registry's own date for this digest at this tag. It makes a tag older for minAge.
	Pushed time.Time
	// Created is the image's own date, where it is known without describing the digest.
	Created time.Time
	// FirstSeen is when the caller's list first had the tag. It serves "latest by Pushed" where Pushed is lacking.
	FirstSeen time.Time
	Err       error
}

// An ImageFact is what the registry has under a digest.
type ImageFact struct {
	Gone      bool // the registry has it no more
	Described bool // Created and Platforms are what the image says; else only Gone is known
	// Created is the publisher's date: of an index, the newest among the platforms that are wanted. Zero: it has none.
	Created   time.Time
	Platforms []string // "linux/arm/v7"
	Err       error
}
