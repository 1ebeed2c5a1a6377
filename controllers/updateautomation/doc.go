// SPDX-License-Identifier: Apache-2.0

// Package updateautomation reconciles UpdateAutomations: it writes the images that policies want into Git, and
// leaves out what a person took out.
//
//	observe   spec.NewAutomation · lane ▶ head ▶ what became of an intended push ▶ fetch ▶ sites · wanted images
//	decide    hold.Find ▶ plan.New ▶ is the batch complete ▶ message        (empty plan: to report)
//	act       build ▶ record the intent ▶ look once more, uncached ▶ push
//	report    status.lastCommit, history, sites, pending, held, observedCommit    (what was examined: before act)
//
// A push happens exactly once: before it, its intent is stored in status.pendingPush; after a crash in between, the
// next run looks for the commit on the branch, by its id and by the update id in its trailer, before it does anything
// else. The push moves the branch from exactly the head that was planned on, so whoever pushed meanwhile wins, and the
// run starts again on the new head, at most five times.
//
// At rest an automation sends one small request per interval and writes nothing: the last head and the wanted images
// are remembered, and when both are the same nothing else is read.
//
//	field                                             written by
//	status.pendingPush                                act (by loop.Record), cleared by report
//	the rest of status                                report
//	conditions, observed…, lastHandledReconcileAt     package loop
//
// How Git is spoken to is package gitrepo's, what a change looks like package plan's, and what is held package hold's.
package updateautomation
