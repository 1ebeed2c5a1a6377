// SPDX-License-Identifier: Apache-2.0

// Package plan turns the sites of a tree and a set of wanted images into the edits that make the tree use those
// images.
//
//	site.Scan ──▶ sites ─────────────┐
//	policies  ──▶ wanted images ─────┼──▶ New ──▶ Plan{Files, Changes, Pending, Unresolved}
//	hold.Find ──▶ what stays out ────┘
//
// A Plan is a value: computing it writes nothing, and computing it twice gives the same bytes. Files are in path
// order; changes within a file in the order of their lines.
//
//	site says        image wanted       change
//	-----------      -----------------  ---------------------
//	app:1.0          app:1.1            app:1.0 → app:1.1
//	app:1.1          app:1.1            none
//	app@sha256:aa    app:1.1@sha256:bb  digest and tag
//	app:1.2          app:1.1            pending, DowngradeHeld, where 1.2 ranks above 1.1
//	app:1.0          app:1.1, held      none
//	(unknown name)   -                  unresolved, with the line
//
// Name, tag and digest of one image in one object change together or not at all. Each file is read again after its
// edit and compared; one in which anything else would change is left as it is, and reported.
//
// Package plan does not fetch, commit or push; see gitrepo and forge.
package plan
