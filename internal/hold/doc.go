// SPDX-License-Identifier: Apache-2.0

// Package hold is what a person took out of Git and Fairlead does not put back.
//
//	sites at the commit last examined ─┐
//	sites at the head ─────────────────┼──▶ Find ──▶ Result{Holds, New, Ended}
//	policies: latest and history ──────┤
//	holds so far, commits in between ──┘
//
//	before              after               by                    outcome
//	------              -----               --                    -------
//	1.4.2, the latest   1.4.1               a person              1.4.2 is held
//	1.4.2, the latest   1.4.1               trailered commits     nothing
//	1.4.2, the latest   the file is gone    a person              1.4.2 is held, unless it moved to another file
//	1.3.9, foreign      1.3.8               a person              nothing: it never was the policy's choice
//	(no such site)      1.4.1               anyone                nothing: a new site is simply updated
//
// A hold ends when the policy wants something above it, or when a person asks for a retry. Doubt holds: an update
// that comes late is mended by a word, one that comes against a person's will is not.
//
// The package reads no Git; what the commits in between changed is handed in.
package hold
