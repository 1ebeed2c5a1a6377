// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"time"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// news is tags that came lately, the newest first, and when each was first listed.
type news struct {
	tags []string
	at   map[string]time.Time
}

// arrivals returns the tags that came lately, for a policy of kind latest; no other asks. The scan knows what came
// since it is watched. What came before a restart is named in the status of the repository, ten tags at most: more
// is not worth a place in every status, and without it the present choice stays.
func arrivals(pol *v1alpha1.ImagePolicy, repo *v1alpha1.ImageRepository, scan taglist.Scan) news {
	if pol.Spec.Policy.Latest == nil {
		return news{}
	}
	n := news{at: make(map[string]time.Time, len(scan.Arrived))}
	for _, a := range scan.Arrived {
		n.add(a.Tag, a.At)
	}
	if last := repo.Status.LastScan; last != nil && !last.Time.After(scan.Since) {
		for _, tag := range last.Added {
			n.add(tag, last.Time.Time)
		}
	}
	return n
}

func (n *news) add(tag string, at time.Time) {
	if _, known := n.at[tag]; !known {
		n.at[tag] = at
		n.tags = append(n.tags, tag)
	}
}
