// SPDX-License-Identifier: Apache-2.0

// Package gitwire is a Git server as seen from the wire: it tells what a branch points at, sends a pack, and moves
// one ref from an exact old value to a new one.
//
//	                  ┌─ Head    ls-refs, protocol v2: one request of less than 1 KB; the list of v0 where v2 is not spoken
//	Config ─▶ Remote ─┼─ Fetch   a pack: shallow, thin, whole or of commits alone
//	                  └─ Push    one command (ref, old, new) and a pack; success is what the server reports
//	             │
//	             ├─ over HTTP(S): one POST each, and one GET for the server's capabilities, which are remembered
//	             └─ over SSH: one connection each; the server's key must be a known one
//
// A server is believed in little: what it sends is counted and cut, its words are cleaned before they enter an error,
// a redirect leads to the same host only, and after a push only its report counts.
//
// Faults, by what mends them:
//
//	GitAuthenticationFailed  waiting    401, 403
//	BranchNotFound           stalled    no such branch; an empty repository; a detached HEAD
//	PushRejected             waiting    a rule of the server, in its words; transient where it sounds like a lost race
//	GitFailed                transient  the rest; waiting for 404 and for a redirect to elsewhere
//	HostKeyMismatch          waiting    a server whose key known_hosts does not list
//	SecretInvalid            transient  a login that does not fit the URL, a key that cannot be read
//	InvalidSpec              stalled    a URL that cannot be used
//
// It keeps no objects and knows no trees; see gitrepo.
package gitwire
