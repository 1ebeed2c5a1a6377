// SPDX-License-Identifier: Apache-2.0

// Package markers is the strategy Markers: a comment says which policy the value beside it follows.
//
//	image: ghcr.io/acme/web:1.4.1 # {"$imagepolicy": "shop:web"}       on the line of the value
//	# {"$imagepolicy": "shop:web:tag"}
//	tag: 1.4.1                                                         alone, on the line above
//
// The grammar is Flux's: exactly one JSON object with exactly this key, and as its value
// "<namespace>:<name>", which means the whole reference, or that and ":name", ":tag", ":digest" or ":tag@digest".
//
// Only comments count, never text that looks like one. A marker that cannot be followed is a site with the reason;
// so is one within a block scalar, because someone expects it to work.
package markers
