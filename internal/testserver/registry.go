// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/fairlead-dev/fairlead/internal/tools/bindir"
)

// A RegistryConfig says how a Registry is set up. The zero value is a registry that anybody may read and write.
type RegistryConfig struct {
	Bin   string            // the folder of the programs; empty: as package bindir finds them
	Users map[string]string // names and passwords; without a user, anybody is let in
}

// A Registry is a CNCF distribution registry that keeps its images in files. It deletes what it is asked to.
// It speaks plain HTTP.
type Registry struct {
	config  RegistryConfig
	dir     string
	host    string // 127.0.0.1:0 until the first start
	process *process
}

// StartRegistry starts a registry in dir and returns when it answers.
func StartRegistry(dir string, config RegistryConfig) (*Registry, error) {
	r := &Registry{config: config, dir: dir, host: "127.0.0.1:0"}
	if err := r.Restart(); err != nil {
		return nil, err
	}
	return r, nil
}

// Restart starts the registry again after Stop: same address, same images.
func (r *Registry) Restart() error {
	program, err := bindir.Path(r.config.Bin, "registry")
	if err != nil {
		return err
	}
	settings, err := r.settings()
	if err != nil {
		return fmt.Errorf("setting up a registry: %w", err)
	}
	path := filepath.Join(r.dir, "registry.yaml")
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		return fmt.Errorf("setting up a registry: %w", err)
	}
	cmd := exec.Command(program, "serve", path)
	// Without this it sends traces to an address that nobody listens on.
	cmd.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=none")
	if r.process, err = startProcess("registry", r.log(), cmd); err != nil {
		return err
	}
	host, err := r.process.awaitLine(regexp.MustCompile(`listening on (127\.0\.0\.1:\d+)`))
	if err != nil {
		return errors.Join(err, r.process.stop())
	}
	r.host = host
	return nil
}

// Stop ends the registry. Its images stay on disk.
func (r *Registry) Stop() error { return r.process.stop() }

// Host returns the address, "127.0.0.1:PORT", as it stands before a slash in the name of an image.
func (r *Registry) Host() string { return r.host }

// Logs returns the paths of the log files. Requests are logged in them; to count requests, use a Recorder.
func (r *Registry) Logs() []string { return []string{r.log()} }

// Pusher returns one that pushes as user, who is one of RegistryConfig.Users, or nobody when user is empty.
func (r *Registry) Pusher(user string) Pusher {
	return Pusher{Host: r.host, Username: user, Password: r.config.Users[user]}
}

func (r *Registry) log() string { return filepath.Join(r.dir, "registry.log") }

// settings returns the registry's configuration and writes the file of passwords, if there are any.
func (r *Registry) settings() (string, error) {
	settings := fmt.Sprintf(`version: 0.1
log: {level: info, formatter: text}
storage:
  filesystem: {rootdirectory: %q}
  delete: {enabled: true}
http:
  addr: %s
  secret: for-tests-only
`, filepath.Join(r.dir, "storage"), r.host)
	if len(r.config.Users) == 0 {
		return settings, nil
	}
	passwords := filepath.Join(r.dir, "htpasswd")
	content, err := htpasswd(r.config.Users)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(passwords, []byte(content), 0o600); err != nil {
		return "", err
	}
	return settings + fmt.Sprintf("auth:\n  htpasswd: {realm: tests, path: %q}\n", passwords), nil
}

func htpasswd(users map[string]string) (string, error) {
	var file strings.Builder
	for _, name := range slices.Sorted(maps.Keys(users)) {
		// The least cost: a test should not wait for a hash that protects nothing.
		hash, err := bcrypt.GenerateFromPassword([]byte(users[name]), bcrypt.MinCost)
		if err != nil {
			return "", fmt.Errorf("hashing the password of %s: %w", name, err)
		}
		fmt.Fprintf(&file, "%s:%s\n", name, hash)
	}
	return file.String(), nil
}
