// SPDX-License-Identifier: Apache-2.0

// Package message is what Fairlead says in Git about an update: the commit text.
//
//	plan.Moves ─┐
//	template  ──┴──▶ Commit ──▶ subject, body ──▶ Sign ──▶ … and the trailers by which an update is recognized
//
//	Update ghcr.io/acme/web to 1.4.2
//
//	- ghcr.io/acme/web: 1.4.1 -> 1.4.2 (deploy.yaml)
//
//	Fairlead-Update: 5f3a…
//	Fairlead-Automation: prod/shop/web
//
// Everything in it may be text of strangers: tags, file names, values in files. Each becomes one line without
// control characters, and no line but those Sign adds can be read as a trailer of ours. A template is cut short by
// what it does, not by a clock, so that the same input gives the same text or the same error everywhere.
package message
