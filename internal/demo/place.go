// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/testserver"
	"github.com/fairlead-dev/fairlead/internal/tools/bindir"
)

// A place is a checkout, in which a demo may run.
type place struct {
	root string // absolute
}

// here returns the checkout around the working directory.
func here() (place, error) {
	root, err := bindir.Root(".")
	return place{root}, err
}

// folder returns the path of something in the folder of the demo.
func (p place) folder(elements ...string) string {
	return filepath.Join(append([]string{p.root, ".demo"}, elements...)...)
}

func (p place) bin(program string) string { return filepath.Join(p.root, "bin", program) }
func (p place) config(elements ...string) string {
	return filepath.Join(append([]string{p.root, "config"}, elements...)...)
}

func (p place) lockFile() string      { return p.folder("serve.pid") }
func (p place) serveLog() string      { return p.folder("serve.log") }
func (p place) stateFile() string     { return p.folder("state.json") }
func (p place) kubeconfig() string    { return p.folder("kubeconfig") }
func (p place) controllerLog() string { return p.folder("controller", "controller.log") }
func (p place) overlay() string       { return p.folder("overlay") }
func (p place) clone() string         { return p.folder("fleet") }

// short returns path as it is typed at the root of the checkout.
func (p place) short(path string) string {
	if relative, err := filepath.Rel(p.root, path); err == nil && !strings.HasPrefix(relative, "..") {
		return relative
	}
	return path
}

// A state is what serve tells everybody else. It is written once, when all servers answer.
type state struct {
	Since    time.Time            `json:"since"`
	Kubectl  string               `json:"kubectl"`  // path of the program
	Registry string               `json:"registry"` // host and port
	Gitea    string               `json:"gitea"`    // URL
	CloneURL string               `json:"cloneURL"` // without credentials
	Bare     string               `json:"bare"`     // folder of the repository on Gitea's disk
	Owner    testserver.GiteaUser `json:"owner"`    // of the repository; Fairlead pushes as this user
	Person   testserver.GiteaUser `json:"person"`   // who may push to the repository
	Metrics  string               `json:"metrics"`  // URL
}

// save writes the state.
func (p place) save(s state) error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the state of the demo: %w", err)
	}
	// Renamed into place: whoever sees the file sees all of it.
	if err := os.WriteFile(p.stateFile()+".new", content, 0o600); err != nil {
		return fmt.Errorf("writing the state of the demo: %w", err)
	}
	return os.Rename(p.stateFile()+".new", p.stateFile())
}

// load reads the state.
func (p place) load() (state, error) {
	var s state
	content, err := os.ReadFile(p.stateFile())
	if err != nil {
		return s, fmt.Errorf("reading the state of the demo: %w", err)
	}
	if err := json.Unmarshal(content, &s); err != nil {
		return s, fmt.Errorf("reading the state of the demo: %w", err)
	}
	return s, nil
}
