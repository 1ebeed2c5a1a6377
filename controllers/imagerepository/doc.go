// SPDX-License-Identifier: Apache-2.0

// Package imagerepository reconciles ImageRepositories: it lists the tags of an image when that is due, and keeps
// the list.
//
//	observe   spec.NewSource · how to log in · the last scan kept
//	decide    is a scan due, why, and when next
//	act       list the tags ▶ keep them
//	report    status.lastScan, if the list changed
//
// An ImageRepository at rest costs one request of the registry per interval and writes nothing to the API server.
// Objects of one image and one way of asking share the list: a scan for one is a scan for all, and they look at it at
// once. Whoever waits for tags is told after every scan, changed or not, because a tag may have moved under the same
// name. After a start that finds no lists, objects that are new, edited or failed go first; the others take turns.
//
//	field                       written by
//	status.canonicalName        report
//	status.lastScan             report, when the kept tags changed
//	conditions, observed…       package loop
//
// Which of the tags is wanted is package imagepolicy's business.
package imagerepository
