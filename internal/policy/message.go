// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
)

// message says what was decided in one sentence. It holds no time but those that belong to the state.
func (e *evaluation) message(d Decision) string {
	latest := shown(d.State.Latest.Tag, d.State.Latest.Digest)
	var parts []string
	switch d.Reason {
	case reason.Selected:
		parts = append(parts, "the policy selects "+latest)
	case reason.Pinned:
		parts = append(parts, "spec.pin selects "+latest)
	case reason.Rejected:
		parts = append(parts, latest+" stands in for a rejected image")
	case reason.DowngradeHeld:
		parts = append(parts, latest+" is kept, since "+e.heldBecause(d.State.Latest.Tag))
	case reason.DigestFailed:
		parts = append(parts, "no new choice is made: "+oneLine(d.Err))
	default:
		parts = append(parts, e.noChoice(d))
	}
	if c := d.State.Candidate; c != nil && d.Err == nil {
		parts = append(parts, c.sentence())
	}
	if d.State.Latest.made() && !d.Settled && d.Reason != reason.DowngradeHeld {
		parts = append(parts, latest+" is kept")
	}
	if n := d.Selection.count(reason.NotExamined); n > 0 {
		parts = append(parts, fmt.Sprintf("%s not examined", countIs(n)))
	}
	return strings.Join(parts, "; ")
}

// shown is tag and digest as people read them.
func shown(tag string, digest image.Digest) string {
	switch {
	case digest == "":
		return tag
	case tag == "":
		return digest.Short()
	}
	return tag + " (" + digest.Short() + ")"
}

func (c Candidate) sentence() string {
	if c.Reason == reason.Pinned {
		return "without it the policy would choose " + shown(c.Tag, c.Digest)
	}
	return fmt.Sprintf("%s waits until %s", shown(c.Tag, c.Digest), minute(c.EligibleAt))
}

// minute writes an instant to the minute, rounded up, so that what is said to be over is over.
func minute(t time.Time) string {
	t = t.UTC()
	if rounded := t.Truncate(time.Minute); rounded.Before(t) {
		t = rounded.Add(time.Minute)
	}
	return t.Format("2006-01-02T15:04Z")
}

func (e *evaluation) heldBecause(tag string) string {
	if e.Ranking.tags.Has(tag) {
		return "what the policy finds does not rank above it"
	}
	return "its tag is gone and what the policy finds ranks below it"
}

// noChoice tells why nothing can be chosen, with the counts.
func (e *evaluation) noChoice(d Decision) string {
	considered := d.Selection.Considered
	if considered == 0 {
		return "the repository has no tags"
	}
	text := fmt.Sprintf("no tag of %d may be taken yet", considered)
	switch d.Reason {
	case reason.NoTagsMatch:
		text = fmt.Sprintf("no tag of %d matches", considered)
	case reason.PlatformMissing:
		text = "no tag offers " + strings.Join(e.policy.platforms, " and ")
	}
	var counts []string
	for _, l := range d.Selection.Rejected {
		if l.Reason != reason.NotExamined {
			counts = append(counts, e.phrase(l))
		}
	}
	if len(counts) == 0 {
		return text
	}
	return text + ": " + strings.Join(counts, ", ")
}

func (s Selection) count(why reason.Reason) int {
	for _, l := range s.Rejected {
		if l.Reason == why {
			return l.Count
		}
	}
	return 0
}

// phrase says of how many tags something is the matter.
func (e *evaluation) phrase(l Lost) string {
	switch l.Reason {
	case reason.NotMatched:
		verb := "do not match"
		if l.Count == 1 {
			verb = "does not match"
		}
		if e.policy.filter.pattern != nil && len(e.policy.filter.pattern.String()) <= maxShownPattern {
			verb += " " + e.policy.filter.pattern.String()
		}
		return fmt.Sprintf("%d %s", l.Count, verb)
	case reason.ExtractEmpty:
		return countIs(l.Count) + " without anything to compare"
	case reason.NotSemver:
		return countIs(l.Count) + " not a version"
	case reason.PreRelease:
		return countIs(l.Count) + " pre-release"
	case reason.OutOfRange:
		return countIs(l.Count) + " out of range"
	case reason.NotNumerical:
		return countIs(l.Count) + " not a number"
	case reason.Rejected:
		return countIs(l.Count) + " rejected"
	case reason.MinAge:
		return countIs(l.Count) + " too young"
	case reason.PlatformMissing:
		return countIs(l.Count) + " without a wanted platform"
	case reason.NoDate:
		return countIs(l.Count) + " without a date"
	}
	return fmt.Sprintf("%d %s", l.Count, l.Reason)
}

const maxShownPattern = 60

// countIs is a count with its verb.
func countIs(n int) string {
	if n == 1 {
		return "1 is"
	}
	return fmt.Sprintf("%d are", n)
}

// oneLine writes err, which may be several, on one line.
func oneLine(err error) string {
	return strings.ReplaceAll(err.Error(), "\n", ", ")
}
