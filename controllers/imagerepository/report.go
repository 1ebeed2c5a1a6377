// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// mostNames is how many tags lastScan names as added or removed.
const mostNames = 10

// report fills in the status: lastScan only when the kept tags are others than before, so that a scan that found
// nothing new writes nothing.
func report(repo *v1alpha1.ImageRepository, seen sighting, todo verdict, done deed) loop.Outcome {
	status, name := &repo.Status, seen.source.Image.String()
	if status.CanonicalName != name {
		status.CanonicalName, status.LastScan = name, nil // that was another image
	}
	outcome := loop.Outcome{Next: todo.next}
	if todo.scan {
		outcome.Next = seen.interval
	}
	if !done.scan.At.IsZero() {
		outcome.Events = kept(repo, seen, done)
	}
	if status.LastScan != nil {
		outcome.Message = fmt.Sprintf("%s has %s", name, tags(status.LastScan.TagCount))
	}
	return outcome
}

// kept fills in lastScan and returns the event for what changed.
func kept(repo *v1alpha1.ImageRepository, seen sighting, done deed) []loop.Event {
	last := repo.Status.LastScan
	if last != nil && last.Revision == done.revision {
		return nil
	}
	before := taglist.List{}
	if last != nil {
		before = seen.source.Exclude.Keep(seen.before)
	}
	repo.Status.LastScan = lastScan(before, seen.source.Exclude.Keep(done.scan.List), done.scan.At)
	return changed(repo)
}

func lastScan(before, kept taglist.List, at time.Time) *v1alpha1.Scan {
	scan := &v1alpha1.Scan{Revision: kept.Revision(), TagCount: int64(kept.Len()), Time: metav1.NewTime(at.Truncate(time.Second))}
	if before.Len() == 0 {
		return scan // the first list: everything is new, which says nothing
	}
	added, removed := kept.Diff(before)
	scan.Added, scan.Removed = someOf(added), someOf(removed)
	return scan
}

// someOf returns the last of names, by bytes, which are more often the newest than the first are.
func someOf(names []string) []string {
	var some []string
	for i := len(names) - 1; i >= 0 && len(some) < mostNames; i-- {
		if image.IsTag(names[i]) { // what no reference can name must not make the status invalid
			some = append(some, names[i])
		}
	}
	return some
}

func tags(n int64) string {
	if n == 1 {
		return "1 tag"
	}
	return fmt.Sprintf("%d tags", n)
}
