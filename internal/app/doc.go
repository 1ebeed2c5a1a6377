// SPDX-License-Identifier: Apache-2.0

// Package app is the controller put together: flags become a Config, a Config becomes parts, parts become a
// manager that runs until it is told to stop.
//
// It is the only package that knows all the others. It reads from top to bottom like a parts list, and decides
// nothing by itself.
package app
