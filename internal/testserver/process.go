// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// How long a server may take. The limits are for a busy machine; a server that is ready is used at once.
const (
	startTimeout = 2 * time.Minute
	stopTimeout  = 20 * time.Second
)

// A process is a child process whose output goes to a log file.
type process struct {
	name   string
	cmd    *exec.Cmd
	output *logFile
	done   chan struct{} // closed when the process has ended and err is set
	err    error
}

// startProcess starts cmd and appends its output to the file at logPath.
func startProcess(name, logPath string, cmd *exec.Cmd) (*process, error) {
	output, err := openLog(logPath)
	if err != nil {
		return nil, err
	}
	p := &process{name: name, cmd: cmd, output: output, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = attributes()
	cmd.WaitDelay = time.Second // a grandchild may hold the pipe

	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return p, nil
}

// run starts the process and waits for it, both on one thread of the system: Linux sends the signal that ends an
// orphan when the thread that started it ends, not the process.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer close(p.done)
	defer p.output.close()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		p.err = p.cmd.Wait()
	}
}

// awaitLine returns the first submatch of the first line of output that pattern matches.
func (p *process) awaitLine(pattern *regexp.Regexp) (string, error) {
	deadline := time.NewTimer(startTimeout)
	defer deadline.Stop()
	select {
	case match := <-p.output.await(pattern):
		return match, nil
	case <-p.done:
		return "", p.early()
	case <-deadline.C:
		return "", fmt.Errorf("waiting for %s: not ready after %s\n%s", p.name, startTimeout, tail(p.output.path))
	}
}

// early is the error of a process that ended before it was told to. The end of its log is part of it.
func (p *process) early() error {
	return fmt.Errorf("running %s: it ended early (%v)\n%s", p.name, p.cmd.ProcessState, tail(p.output.path))
}

// stop asks the process to end, makes it end after stopTimeout, and ends what it left behind. It may be called again.
// One that was never started, a nil p, is stopped.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
	select {
	case <-p.done:
		return nil
	default:
	}
	// A process that has just ended by itself is no error.
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	deadline := time.NewTimer(stopTimeout)
	defer deadline.Stop()
	var err error
	select {
	case <-p.done:
	case <-deadline.C:
		err = fmt.Errorf("stopping %s: it did not end within %s and was killed", p.name, stopTimeout)
	}
	endGroup(p.cmd.Process.Pid)
	<-p.done
	return err
}

// A logFile is a file of output that can be waited on. It is safe for concurrent use.
type logFile struct {
	path string

	mu      sync.Mutex
	file    *os.File
	partial []byte         // the line that has no end yet
	pattern *regexp.Regexp // nil: nobody waits
	matched chan string
	lines   []string // what came before somebody waited
}

func openLog(path string) (*logFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of %s: %w", path, err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	return &logFile{path: path, file: file, matched: make(chan string, 1)}, nil
}

// await returns a channel that gets the submatch of the first line that pattern matches, past lines included.
// It may be called once.
func (l *logFile) await(pattern *regexp.Regexp) <-chan string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pattern = pattern
	for _, line := range l.lines {
		l.match(line)
	}
	l.lines = nil
	return l.matched
}

// Write appends output to the file and looks at each line that is complete.
func (l *logFile) Write(output []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.partial = append(l.partial, output...)
	for {
		end := bytes.IndexByte(l.partial, '\n')
		if end < 0 {
			break
		}
		l.match(string(l.partial[:end]))
		l.partial = l.partial[end+1:]
	}
	return l.file.Write(output)
}

// match keeps line while nobody waits, and drops all lines once the one that was waited for has come.
func (l *logFile) match(line string) {
	if l.pattern == nil {
		if len(l.lines) < 1000 {
			l.lines = append(l.lines, line)
		}
		return
	}
	if found := l.pattern.FindStringSubmatch(line); found != nil {
		select {
		case l.matched <- found[1]:
		default: // it has come before
		}
	}
}

func (l *logFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.file.Close() // it was only appended to; a lost last line harms no test
}

// tail returns the path of a log and its last lines, at most 40 of them and 16 KiB, for a message.
func tail(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	content = content[max(0, len(content)-16<<10):]
	lines := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	lines = lines[max(0, len(lines)-40):]
	return fmt.Sprintf("%s ends with:\n%s", path, strings.Join(lines, "\n"))
}
