// SPDX-License-Identifier: Apache-2.0

// Package transport is the door to other people's servers: every request to a registry or a forge, and every
// connection to a Git server, goes through it, and it says which do not.
//
//	Pool ── RoundTripper(Way) ──▶ each hop:  scheme ▸ pause ▸ budget ▸ guard ▸ TLS ──▶ host
//	                                 ▲                                                  │
//	                                 └────────── redirect: ≤ 5, no credentials ─────────┘
//
//	a Guard   says which addresses are dialed at all, whatever name, redirect or proxy led to them
//	a Budget  says how often and how many at once a host is asked
//	a pause   is what a host asked for by Retry-After: no request before the time
//	a Way     is one caller's TLS, proxy and login; callers of one way share connections
//
// A host that another host sent us to (by redirect, or as the server of tokens) sees no credentials and no client
// certificate, and when the one that sent us is public, it must be public too.
//
// Address prints a URL fit for status and logs. What an answer means is left to the callers.
package transport
