// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/fairlead-dev/fairlead/api/reason"
)

// A versionRange is a constraint of Masterminds/semver that can be asked a million times without allocating.
//
// Everything the library's grammar can say compares a version, or its leading numbers, with a version that is
// written in the range. So the answer can change only at places known beforehand: each written version, the one
// right after it, and where its patch, minor and major number begin and end. The library is asked once at each of
// those places; between two of them its answer stays the same.
type versionRange struct {
	releases  steps
	pre       steps // pre-releases
	preAsked  steps // pre-releases, were every part of the range to admit them
	admitsPre bool
	exact     *semver.Constraints // asked for each pre-release where steps cannot tell; nil otherwise
}

// A step says that from version from on, up to the next step, versions are inside or not.
type step struct {
	from   version
	inside bool
}

type steps []step

// parseRange reads a range; its errors say what is wrong in one phrase.
func parseRange(text string) (versionRange, error) {
	if len(text) > maxPattern {
		return versionRange{}, fmt.Errorf("longer than %d bytes", maxPattern)
	}
	constraints, err := semver.NewConstraint(text)
	if err != nil {
		return versionRange{}, err
	}
	written := writtenVersions(text)
	var r versionRange
	for _, v := range written {
		r.admitsPre = r.admitsPre || v.pre != ""
	}
	open := *constraints
	open.IncludePrerelease = true
	r.releases = stepsOf(constraints, releasePlaces(written))
	places := prePlaces(written)
	r.pre = stepsOf(constraints, places)
	r.preAsked = stepsOf(&open, places)
	if r.admitsPre && strings.Contains(text, "!=") {
		// "!=1.2.x-rc" takes "rc" out of every patch of 1.2: places without end.
		r.exact = constraints
	}
	return r, nil
}

// why returns why v is not in the range, or nothing when it is.
func (r versionRange) why(v version) reason.Reason {
	switch {
	case v.pre == "":
		if !r.releases.inside(v) {
			return reason.OutOfRange
		}
		return ""
	case !r.admitsPre:
		return reason.PreRelease
	case r.contains(v):
		return ""
	case r.preAsked.inside(v):
		return reason.PreRelease
	}
	return reason.OutOfRange
}

func (r versionRange) contains(v version) bool {
	if r.exact != nil {
		return r.exact.Check(semver.New(v.major, v.minor, v.patch, v.pre, ""))
	}
	return r.pre.inside(v)
}

// spans tells whether v is in the range, pre-releases counted whether or not the range admits them.
func (r versionRange) spans(v version) bool {
	if v.pre == "" {
		return r.releases.inside(v)
	}
	return r.preAsked.inside(v)
}

func (s steps) inside(v version) bool {
	next := sort.Search(len(s), func(i int) bool { return s[i].from.compare(v) > 0 })
	return next > 0 && s[next-1].inside
}

// stepsOf asks constraints at each place, and joins neighbors with one answer.
func stepsOf(constraints *semver.Constraints, places []version) steps {
	slices.SortFunc(places, version.compare)
	var s steps
	for _, v := range places {
		inside := constraints.Check(semver.New(v.major, v.minor, v.patch, v.pre, ""))
		if len(s) == 0 || s[len(s)-1].inside != inside {
			s = append(s, step{from: v, inside: inside})
		}
	}
	return s
}

// writtenGrammar finds the versions in a range; a part that is absent or a wildcard counts as 0.
var writtenGrammar = regexp.MustCompile(`([0-9xX*]+)(?:\.([0-9xX*]+))?(?:\.([0-9xX*]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?`)

func writtenVersions(text string) []version {
	var found []version
	for _, m := range writtenGrammar.FindAllStringSubmatch(text, -1) {
		v := version{pre: m[4]}
		for i, part := range []*uint64{&v.major, &v.minor, &v.patch} {
			n, err := strconv.ParseUint(m[i+1], 10, 64)
			if err != nil {
				break // absent or a wildcard: the library takes this part and those after it for 0
			}
			*part = n
		}
		found = append(found, v)
	}
	return found
}

// releasePlaces returns every release at which an answer about releases may change, the lowest of all included.
func releasePlaces(written []version) []version {
	places := []version{{}}
	for _, w := range written {
		places = append(places,
			version{major: w.major}, version{major: w.major, minor: w.minor},
			version{major: w.major, minor: w.minor, patch: w.patch})
		places = append(places, following(w)...)
	}
	return places
}

// prePlaces is releasePlaces for pre-releases: "-0" is the lowest of a version, and PRE.0 the one right after PRE.
func prePlaces(written []version) []version {
	var places []version
	for _, place := range releasePlaces(written) {
		place.pre = "0"
		places = append(places, place)
	}
	for _, w := range written {
		if w.pre == "" {
			continue
		}
		after := w
		after.pre += ".0"
		places = append(places, w, after)
	}
	return places
}

// following returns the releases that begin the next patch, minor and major version after w.
func following(w version) []version {
	var next []version
	if w.patch < math.MaxUint64 {
		next = append(next, version{major: w.major, minor: w.minor, patch: w.patch + 1})
	}
	if w.minor < math.MaxUint64 {
		next = append(next, version{major: w.major, minor: w.minor + 1})
	}
	if w.major < math.MaxUint64 {
		next = append(next, version{major: w.major + 1})
	}
	return next
}
