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
	case s.scan.At.IsZero(): // also when the image or the way of asking changed: that is another key
		return verdict{scan: true, cause: neverScanned}
	case s.asked != s.answered:
		return verdict{scan: true, cause: requested}
	case age >= s.interval:
		return verdict{scan: true, cause: intervalElapsed}
	default:
		return verdict{next: min(s.interval-age, s.interval)} // a clock that went back must not delay us
	}
}

// spread shortens interval by up to a tenth, always the same for one object: many objects that were applied at once
// do not stay in step, and one object keeps its beat.
func spread(interval time.Duration, uid string) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(uid))
	return interval - interval/10*time.Duration(h.Sum32()%1000)/1000
}
