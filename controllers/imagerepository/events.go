// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/loop"
)

// changed tells which tags came and went with status.lastScan, if any name is known.
func changed(repo *v1alpha1.ImageRepository) []loop.Event {
	scan := repo.Status.LastScan
	var parts []string
	if len(scan.Added) > 0 {
		parts = append(parts, "added "+strings.Join(scan.Added, ", "))
	}
	if len(scan.Removed) > 0 {
		parts = append(parts, "removed "+strings.Join(scan.Removed, ", "))
	}
	if len(parts) == 0 {
		return nil
	}
	text := fmt.Sprintf("%s: %s", repo.Status.CanonicalName, strings.Join(parts, "; "))
	return []loop.Event{loop.Note(reason.Succeeded, "Scan", text)}
}
