// SPDX-License-Identifier: Apache-2.0

// Package registry is the client that asks container registries: which tags there are, which digest a tag has, when
// an image was made and for which platforms.
//
//	Tags ──▶ pages, any order ──▶ taglist.List            one request in the steady state
//	Digest ──▶ HEAD, changed? ──▶ GET ──▶ sha256(body)    one request while nothing changes
//	Exists, Describe                                      what is known of a digest is asked once
//
//	each request:  login known? ──▶ send ──▶ 401: learn the challenge, get a token, send once more
//	                                   └──▶ fault: AuthenticationFailed, NotFound, RateLimited, TagListTooLarge, …
//
// A registry is believed as little as possible. A part of a list is never returned, a digest is what the bytes hash
// to, every answer has a limit, and login data goes to the registry and to the token server it names, to nobody else.
//
// Addresses, budgets and redirects are package transport's concern. What was answered is kept by package tagstore.
package registry
