// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ownSession keeps a process out of the terminal's session: a Ctrl-C there, or its end, does not reach it.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// take makes this process the one that serves the demo in where, until it closes the lock or ends. The lock is the
// system's: it goes with the process, however that ends, so the number in the file is never mistaken for that of a
// process that has it now.
func take(where place) (lock *os.File, err error) {
	file, err := os.OpenFile(where.lockFile(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of the demo: %w", err)
	}
	whole := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &whole); err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: a demo runs already: %w", file.Name(), err), file.Close())
	}
	err = file.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintln(file, os.Getpid())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("writing %s: %w", file.Name(), err), file.Close())
	}
	return file, nil
}

// serving returns the number of the process that serves the demo in where, as the system knows it; 0: none does.
// The process that does must not ask.
func serving(where place) (pid int, err error) {
	file, err := os.OpenFile(where.lockFile(), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("looking for a demo: %w", err)
	}
	defer file.Close()
	whole := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, &whole); err != nil {
		return 0, fmt.Errorf("looking for a demo: %w", err)
	}
	if whole.Type == syscall.F_UNLCK {
		return 0, nil
	}
	return int(whole.Pid), nil
}
