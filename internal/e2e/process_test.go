// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A process is a controller.
type process struct {
	cmd     *exec.Cmd
	logFile string
	done    chan struct{} // closed when it has ended
}

// start starts a controller that looks at this world's namespace alone; environment adds variables ("FAILPOINT=…").
// It keeps scans and mirrors where the last one did.
func (w *world) start(environment ...string) *process {
	w.t.Helper()
	return w.startWith(nil, environment...)
}

// startWith is start with further flags.
func (w *world) startWith(flags []string, environment ...string) *process {
	w.t.Helper()
	dir := filepath.Join(shared.dir, w.namespace)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	logFile, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(shared.controller, append([]string{"controller", "--kubeconfig", shared.kubeconfig, "--watch-namespace", w.namespace,
		"--allow-loopback", "--metrics-addr", "0", "--health-addr", "0", "--storage-path", w.storage(),
		"--cluster-name", "e2e", "--log-level", "debug"}, slices.Concat(w.flags, flags)...)...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	p := &process{cmd: cmd, logFile: logFile.Name(), done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		_ = logFile.Close()
		close(p.done)
	}()
	w.controller = p
	w.t.Cleanup(func() { p.stop(w.t) })
	return p
}

// storage is where the controllers of this world keep scans and mirrors.
func (w *world) storage() string { return filepath.Join(shared.dir, w.namespace, "data") }

// stop ends the process as Kubernetes would, and fails the test if the race detector found something.
func (p *process) stop(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	<-p.done
	if log := p.log(); strings.Contains(log, "DATA RACE") || strings.Contains(log, "recovered from a panic") {
		t.Errorf("the controller has a defect:\n%s", log)
	}
}

// kill ends the process as the kernel would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.done
}

// log returns what the process wrote, the end of it.
func (p *process) log() string {
	if p == nil {
		return "no controller was started"
	}
	const most = 5_000
	data, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-most):])
}
