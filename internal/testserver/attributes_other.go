// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package testserver

import "syscall"

// attributes puts a child into a group of its own, so that its own children end with it and a Ctrl-C at the
// terminal does not reach it before Stop does.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
