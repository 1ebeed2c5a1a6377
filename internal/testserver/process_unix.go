// SPDX-License-Identifier: Apache-2.0

//go:build unix

package testserver

import "syscall"

// endGroup kills what is left of the process group of pid.
func endGroup(pid int) {
	// Nothing being left is the usual case, and an error of this call.
	_ = syscall.Kill(-pid, syscall.SIGKILL)
}
