// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/loop"
)

// moved tells of a new choice: from which image to which.
func moved(pol *v1alpha1.ImagePolicy, before *v1alpha1.ChosenImage) []loop.Event {
	now := pol.Status.Latest
	if now == nil || (before != nil && before.Name == now.Name && before.Tag == now.Tag && before.Digest == now.Digest) {
		return nil
	}
	text := fmt.Sprintf("%s is chosen: %s", now.Name, shown(now))
	if before != nil {
		text = fmt.Sprintf("%s moves from %s to %s", now.Name, shown(before), shown(now))
	}
	return []loop.Event{loop.Note(reason.Selected, "Select", text)}
}

// shown is tag and digest as people read them.
func shown(c *v1alpha1.ChosenImage) string {
	if c.Digest == "" {
		return c.Tag
	}
	return fmt.Sprintf("%s (%s)", c.Tag, image.Digest(c.Digest).Short())
}
