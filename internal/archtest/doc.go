// SPDX-License-Identifier: Apache-2.0

// Package archtest is the architecture as a test: which package may import which.
package archtest
