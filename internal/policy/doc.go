// SPDX-License-Identifier: Apache-2.0

// Package policy is the choice of one image among the tags of a repository, with the reason why each other tag lost.
//
//	Spec ── Compile ──▶ Policy ─┐
//	                            ├── Rank ──▶ Ranking ─┐        names the facts
//	tags of the last scan ──────┘                     ├── Need ──▶ that are lacking ──▶ (the caller asks the registry)
//	State so far, Facts, the time ────────────────────┤
//	                                                  └── Select ──▶ Decision{State, Reason, Message, Selection}
//
// Rank is the expensive half: it reads every tag once, and its result depends on the policy and the set of tags
// alone, so a caller keeps it until one of the two changes. Need and Select are cheap and run the same evaluation:
// Need returns the facts that it missed, Select what it decided. Called in turn until Need names nothing, they ask
// for no fact that the decision does not rest on.
//
//	tag            semver 1.x            numerical          regex (date, build)
//	-------------  --------------------  -----------------  -------------------
//	1.4.2          candidate             NotNumerical       NotMatched
//	1.5.0-rc.1     PreRelease            NotNumerical       NotMatched
//	2.0.0          OutOfRange            NotNumerical       NotMatched
//	20261120       NotSemver             candidate          NotMatched
//	20261120-7     NotSemver             NotNumerical       candidate
//
// Everything here is a function of its arguments: no clock, no map order, no network. The order of the tags never
// matters; of tags that rank equal the greatest by bytes wins, so every order is total.
//
// Package policy leaves excluded tags to the scan, fetching to package registry, and the writing of status to the
// controller.
package policy
