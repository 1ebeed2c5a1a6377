// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A process is a controller that is measured.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
}

// startProcess starts a program whose output goes to the file log.
func startProcess(log, program string, args ...string) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(program, args...), log: log, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = file, file
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", program, err), file.Close())
	}
	go func() {
		_ = p.cmd.Wait() // stop and alive tell of its end
		_ = file.Close()
		close(p.done)
	}()
	return p, nil
}

// alive returns an error with the end of the log when the process has ended.
func (p *process) alive() error {
	select {
	case <-p.done:
		content, _ := os.ReadFile(p.log) // without it the error says less
		return fmt.Errorf("the controller ended: %s\n%s", p.cmd.ProcessState, content[max(0, len(content)-4000):])
	default:
		return nil
	}
}

// stop asks the process to end, and waits.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// A usage is what a process has taken so far.
type usage struct {
	cpu       float64 // seconds, of user and system
	rss, peak float64 // MB of memory, now and at most
}

// ticks is how many of /proc's units a second has. Linux tells every program 100, whatever the kernel uses itself.
const ticks = 100

// usageOf reads /proc of a process.
func usageOf(pid int) (usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}, err
	}
	return parseUsage(stat, status)
}

// parseUsage reads the files stat and status of /proc.
func parseUsage(stat, status []byte) (usage, error) {
	// The second field is the program's name in parentheses, which may hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const user, system = 14 - 3, 15 - 3 // counted from the third
	if len(fields) <= system {
		return usage{}, errors.New("reading stat: too few fields")
	}
	u, err1 := strconv.ParseFloat(fields[user], 64)
	s, err2 := strconv.ParseFloat(fields[system], 64)
	rss, err3 := kilobytes(status, "VmRSS:")
	peak, err4 := kilobytes(status, "VmHWM:")
	return usage{cpu: (u + s) / ticks, rss: rss / 1000, peak: peak / 1000}, errors.Join(err1, err2, err3, err4)
}

// kilobytes returns a line of status in kB of 1,000 bytes, for the kernel's are of 1,024.
func kilobytes(status []byte, name string) (float64, error) {
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			v, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return v * 1024 / 1000, err
		}
	}
	return 0, fmt.Errorf("reading status: no %s", name)
}

// ownCPU returns the CPU seconds that this process has taken.
func ownCPU() (float64, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds(), nil
}
