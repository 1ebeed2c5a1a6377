// SPDX-License-Identifier: Apache-2.0

// Package loop is the one reconcile shell: everything that is the same for every kind.
//
//	request ─▶ fetch ─▶ suspended? ─▶ settle ──────────────┐
//	                │                                      ▼
//	                └─▶ Reconciler.Reconcile ─▶ Outcome ─▶ conditions ─▶ one status patch, if something changed
//	                        (panics caught)     or fault       │
//	                                                           └─▶ events ─▶ when to look again
//
// A Reconciler fills in the fields of its status in memory and returns an Outcome or a fault; the shell derives
// the conditions from it and is the only one that writes a status. Record is the one exception: it stores a
// write intent in the middle of a run.
//
//	class      Ready             Reconciling             Stalled   looked at again
//	none       True, Succeeded   -                       -         Outcome.Next
//	           or the Outcome's reason
//	Transient  False, reason     True, ProgressingWith-  -         After, else a backoff, at most Outcome.Next
//	                             Retry
//	Waiting    False, reason     True, reason            -         Outcome.Next
//	Stalled    False, reason     -                       True      Outcome.Next, where it is set
//	suspended  as it was         -                       True if   never
//	                                                     not Ready
//
// Inventory shows all objects as a metric.
//
// What a kind does is in controllers/; loop knows nothing of images or Git.
package loop
