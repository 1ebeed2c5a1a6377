// SPDX-License-Identifier: Apache-2.0

// Command docgen is the maker of the reference pages: it writes into docs/reference what the code says of itself.
//
//	config/crd/bases/*.yaml ─────────────▶ api.md      fields: type, default, limits, text
//	api/reason/reason.go ────────────────▶ reasons.md  words, and what to do about each
//	fairlead controller --help ──────────▶ flags.md    flags and their defaults
//
// Run it in the root of the module. The same code gives the same bytes, and a test fails when a committed page is
// not what it would write.
package main
