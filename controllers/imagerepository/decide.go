// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"hash/fnv"
	"time"
)

// A cause is why a scan is due.
type cause string

const (
	neverScanned    cause = "never scanned"
	requested       cause = "requested"
	failedBefore    cause = "failed before"
	intervalElapsed cause = "interval elapsed"
)

// A verdict says whether to scan and why, and if not, when to look again.
type verdict struct {
	scan  bool
	cause cause
	next  time.Duration
}

// decide is the whole scan policy. The order of the cases is the order of precedence.
func decide(s sighting) verdict {
	age := s.now.Sub(s.scan.At)
	switch {
	case s.asked != s.answered:
		return verdict{scan: true, cause: requested}
	case s.failed: // a young list does not make up for it: the last question was not answered
		return verdict{scan: true, cause: failedBefore}
	case s.scan.At.IsZero() && s.settled && s.now.Before(s.turn):
		return verdict{next: s.turn.Sub(s.now)}
	case s.scan.At.IsZero(): // also when the image or the way of asking changed: that is another key
		return verdict{scan: true, cause: neverScanned}
	case age >= s.interval:
		return verdict{scan: true, cause: intervalElapsed}
	default:
		return verdict{next: min(s.interval-age, s.interval)} // a clock that went back must not delay us
	}
}

// mostSpread is the time over which the first scans after a start are spread.
const mostSpread = 30 * time.Second

// turn returns when the object is scanned after a start that found no list: always the same share of its interval or
// of half a minute, whichever is less.
func turn(started time.Time, interval time.Duration, uid string) time.Time {
	return started.Add(share(min(interval, mostSpread), uid))
}

// jittered shortens interval by up to a tenth, always the same for one object: many objects that were applied at once
// do not stay in step, and one object keeps its beat.
func jittered(interval time.Duration, uid string) time.Duration {
	return interval - share(interval/10, uid)
}

// share returns a part of whole, from none to nearly all of it, that is always the same for one object.
func share(whole time.Duration, uid string) time.Duration {
	const parts = 1000
	h := fnv.New32a()
	_, _ = h.Write([]byte(uid)) // a hash takes everything
	return whole / parts * time.Duration(h.Sum32()%parts)
}
