// SPDX-License-Identifier: Apache-2.0

package policy

import "time"

// A Spec says what is wanted, as people write it and not yet checked. Exactly one of Semver, Numerical,
// Alphabetical, Regex, Latest and Tag is set.
type Spec struct {
	Filter       *Filter
	Semver       *Semver
	Numerical    *Ordered
	Alphabetical *Ordered
	Regex        *Regex
	Latest       *Latest
	Tag          *Tag

	DigestPolicy   string // Always, IfNotPresent or Never; empty: Always
	Platforms      []string
	MinAge         time.Duration
	AllowDowngrade bool
	Pin            *Pin
	Reject         []Rejection // at most 64
}

// A Filter keeps the tags that Pattern matches, anywhere in the tag. Extract, when given, is the value that the
// policy compares: text with $1, $name or ${name} for the groups of Pattern.
type Filter struct{ Pattern, Extract string }

// Semver wants the highest version inside Range.
type Semver struct{ Range string }

// Ordered wants the greatest value, or the smallest when Order is Descending. Empty is Ascending.
type Ordered struct{ Order string }

// Regex compares the tags that Pattern matches by several of its groups in turn.
type Regex struct {
	Pattern string
	OrderBy []Key
}

// A Key is one group of a Regex pattern and how it is read: As is Numerical, Semver or Alphabetical.
type Key struct{ Group, As, Order string }

// Latest wants the newest image: By is Created or Pushed. Limit, at most 200, is how many tags are looked at; 0 is 50.
type Latest struct {
	By    string
	Limit int
}

// Tag follows one tag, whose digest moves.
type Tag struct{ Name string }

// A Pin is an image a person chose. Digest, when empty, is what Tag points at.
type Pin struct{ Tag, Digest string }

// A Rejection names images that are never chosen: by Digest (a Tag beside it is a note), by Tag alone, or by Range
// alone, which only a semver policy may have and which takes the pre-releases inside it too.
type Rejection struct{ Digest, Tag, Range, Reason string }
