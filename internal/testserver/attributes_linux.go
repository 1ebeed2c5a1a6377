// SPDX-License-Identifier: Apache-2.0

package testserver

import "syscall"

// attributes puts a child into a group of its own, so that its own children end with it and a Ctrl-C at the
// terminal does not reach it before Stop does, and ends it when its parent is gone without a word.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
