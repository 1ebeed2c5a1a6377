// SPDX-License-Identifier: Apache-2.0

// Package commit is a Git commit as a value: whose it is, what it follows, what its text and its trailers say.
//
//	Meta + tree + parents ──▶ Encode ──▶ the object's bytes ──▶ Parse ──▶ Commit
//	                                                                        │
//	Intent{UpdateID, Base, Commit} ──▶ Intent.In(commits) ◀─────────────────┘   did our push happen?
//
// A commit of ours carries two trailers. Both are lines of its last paragraph:
//
//	Fairlead-Update: <update id>                          which update it is: the same update gives the same id
//	Fairlead-Automation: <cluster>/<namespace>/<name>     who wrote it
//
// Package commit reads and writes bytes. It neither fetches nor stores them; see gitrepo.
package commit
