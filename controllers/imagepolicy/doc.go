// SPDX-License-Identifier: Apache-2.0

// Package imagepolicy reconciles ImagePolicies: it chooses one of the tags of an ImageRepository and resolves it to
// a digest.
//
//	observe   spec.NewPolicy · the ImageRepository and its scan · policy.Need ▶ the registry, until it needs nothing
//	decide    policy.Select
//	act       nothing: the digest was read and checked in observe
//	report    status.latest, candidate, history, selection
//
// A policy is looked at after every scan of its repository, when it or the repository changes, and when something
// that waits may be taken. What was chosen is never cleared: without a scan, with a registry that fails, or with a
// repository that is suspended, status.latest stays, and so does Ready.
//
// An ImageRepository of another namespace is used only where the flag allows it and its accessFrom lets the policy's
// namespace in; else it is AccessDenied, in words that do not tell whether the repository exists.
//
//	field                                                       written by
//	status.latest, candidate, observed…, history, selection     report
//	conditions, observedGeneration, lastHandledReconcileAt      package loop
//
// What ranks above what is package policy's to say; writing it to Git is package updateautomation's.
package imagepolicy
