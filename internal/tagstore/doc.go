// SPDX-License-Identifier: Apache-2.0

// Package tagstore is the memory of scans: the last complete tag list of each image and way of asking.
//
//	Put ──▶ suspicious? ──▶ fault SuspiciousShrink, the old list stays until a second scan agrees
//	           │ no
//	           ▼
//	        memory ──▶ Last            one list, shared by all who ask
//	           └─────▶ dir/*.scan      read again after a restart
//
// The directory may be deleted at any time, and a file that is not whole counts as none: what is lost is scanned
// again. Time is an argument. Lists are values that never change, so reading one needs no lock.
package tagstore
