// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"os"
	"testing"
)

// A server is what every server of this package can do.
type server interface {
	Stop() error
	Logs() []string // paths of its log files
}

// ControlPlaneFor starts a control plane that is stopped when t ends.
func ControlPlaneFor(t testing.TB, config ControlPlaneConfig) *ControlPlane {
	t.Helper()
	return serverFor(t, "control-plane", config, StartControlPlane)
}

// RegistryFor starts a registry that is stopped when t ends.
func RegistryFor(t testing.TB, config RegistryConfig) *Registry {
	t.Helper()
	return serverFor(t, "registry", config, StartRegistry)
}

// GiteaFor starts a Gitea that is stopped when t ends.
func GiteaFor(t testing.TB, config GiteaConfig) *Gitea {
	t.Helper()
	return serverFor(t, "gitea", config, StartGitea)
}

// GitHTTPFor starts a Git server over HTTP that is stopped when t ends.
func GitHTTPFor(t testing.TB, config GitHTTPConfig) *GitHTTP {
	t.Helper()
	return serverFor(t, "git-http", config, StartGitHTTP)
}

// GitSSHFor starts a Git server over SSH that is stopped when t ends.
func GitSSHFor(t testing.TB, config GitSSHConfig) *GitSSH {
	t.Helper()
	return serverFor(t, "git-ssh", config, StartGitSSH)
}

// RecorderFor starts a recorder that is stopped when t ends.
func RecorderFor(t testing.TB, config RecorderConfig) *Recorder {
	t.Helper()
	r, err := StartRecorder(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, r) })
	return r
}

// serverFor starts a server in a folder of its own. With "go test -artifacts" the folder outlives the test.
func serverFor[C any, S server](t testing.TB, name string, config C, start func(string, C) (S, error)) S {
	t.Helper()
	dir, err := os.MkdirTemp(t.ArtifactDir(), name+"-") //nolint:usetesting // a folder that outlives the test when asked for
	if err != nil {
		t.Fatal(err)
	}
	s, err := start(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t testing.TB, s server) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if !t.Failed() {
		return
	}
	for _, log := range s.Logs() {
		t.Log(tail(log))
	}
}
