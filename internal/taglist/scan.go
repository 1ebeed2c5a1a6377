// SPDX-License-Identifier: Apache-2.0

package taglist

import "time"

// A Scan is a complete list of tags and when it was read.
type Scan struct {
	List List
	At   time.Time
}
