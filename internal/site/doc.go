// SPDX-License-Identifier: Apache-2.0

// Package site is the places of a repository that name an image: where they stand, what they say now, and which
// policy or image they belong to.
//
//	Tree ── Scan ──▶ Found{Files: [{deploy.yaml, [Site Site]}, …], Seen: 412}
//	          ▲
//	          └── Strategy: a finder, bytes of one file ──▶ its sites    (packages site/…)
//	          └── Memo: what was found in content seen before
//
// Content never changes under its ID, so a second look at a repository costs what changed: an unchanged file is
// not read again, an unchanged folder is not listed again.
//
// What cannot be edited is a site too, with the reason in Why, so that nothing a person marked is passed over in
// silence. What to write is package plan's to decide.
package site
