// SPDX-License-Identifier: Apache-2.0

// Package gitrepo is a Git repository without a working tree: it reads the files of a commit, makes a commit that
// changes some of them, and pushes it so that nobody's work is lost.
//
//	Mirrors ── Lane(remote) ──▶ Lane, one at a time per repository, login and branch
//	                             │
//	    Head ──▶ Fetch ──▶ Tree ─┤  what is there: one bare mirror on disk, shallow, fetched thin
//	                             │
//	    Build ───▶ Push ─────────┤  a commit in memory; a push that wins only on the exact old head
//	                             │
//	    Between, Settle ─────────┘  what happened since: who took something out, did an unclear push arrive
//
// Nothing is ever checked out, and nothing of a repository is run, so its names, modes, links, attributes and hooks
// have no effect. A tree is changed by replacing the names of the objects that differ in its bytes: what is not
// touched keeps its mode and its hash.
//
// A mirror is a cache. It may vanish at any time, and one in which anything is missing or cannot be read is thrown
// away and cloned again beside the old one. Only commits whose whole tree was seen to be there are listed in its
// file "shallow", and only those are read.
//
// It leaves the wire to gitwire, and what to change to others.
package gitrepo
