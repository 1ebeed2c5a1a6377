// SPDX-License-Identifier: Apache-2.0

package message

import "github.com/fairlead-dev/fairlead/internal/commit"

// Sign adds the trailers by which an update is recognized: updateID as plan.UpdateID gives it, and automation as
// "cluster/namespace/name". They join the trailers that end text, if there are some, and nothing before them can be
// read as one of ours. The result ends with a newline.
func Sign(text, updateID, automation string) string {
	return commit.WithTrailers(clean(text),
		commit.Trailer{Key: commit.TrailerUpdate, Value: oneLine(updateID)},
		commit.Trailer{Key: commit.TrailerAutomation, Value: oneLine(automation)})
}
