// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A GitFolder is a folder of bare repositories. Names are paths below it: "team/app.git". Reflogs are kept of
// every branch, so that a test can see what a push has replaced. Its methods may be called while a server serves
// the folder.
type GitFolder struct {
	dir string
}

// Create makes the bare repository name. With files, a path and its content each, it has a branch main with one
// commit; without, it is empty and HEAD names main.
func (f GitFolder) Create(ctx context.Context, name string, files map[string]string) error {
	if err := os.MkdirAll(filepath.Dir(f.Path(name)), 0o755); err != nil {
		return fmt.Errorf("making repository %s: %w", name, err)
	}
	if _, err := runGit(ctx, f.dir, nil, "init", "--quiet", "--bare", "--initial-branch=main", f.Path(name)); err != nil {
		return fmt.Errorf("making repository %s: %w", name, err)
	}
	for _, setting := range [][2]string{
		{"core.logAllRefUpdates", "always"},
		{"http.receivepack", "true"},
		{"uploadpack.allowFilter", "true"},
		{"uploadpack.allowReachableSHA1InWant", "true"},
	} {
		if _, err := f.Git(ctx, name, "config", setting[0], setting[1]); err != nil {
			return err
		}
	}
	if len(files) == 0 {
		return nil
	}
	_, err := f.Commit(ctx, name, "main", "initial files", files)
	return err
}

// Path returns where the repository name lies.
func (f GitFolder) Path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// Git runs git in the repository name and returns what it printed, without the last newline.
func (f GitFolder) Git(ctx context.Context, name string, args ...string) (string, error) {
	out, err := runGit(ctx, f.Path(name), nil, args...)
	if err != nil {
		return "", fmt.Errorf("running git in repository %s: %w", name, err)
	}
	return out, nil
}

// Commit writes files, a path and its whole content each, as one commit on top of branch, and returns its hash.
// The other files stay; a branch that is not there begins. It writes past all hooks, as somebody else's push that
// they have let through.
func (f GitFolder) Commit(ctx context.Context, name, branch, message string, files map[string]string) (string, error) {
	var input bytes.Buffer
	fmt.Fprintf(&input, "commit refs/heads/%s\ncommitter Somebody <somebody@example.com> now\ndata %d\n%s\n", branch, len(message), message)
	if _, err := f.Git(ctx, name, "rev-parse", "--verify", "--quiet", "refs/heads/"+branch); err == nil {
		fmt.Fprintf(&input, "from refs/heads/%s^0\n", branch)
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&input, "M 100644 inline %s\ndata %d\n%s\n", path, len(files[path]), files[path])
	}
	if _, err := runGit(ctx, f.Path(name), &input, "fast-import", "--quiet", "--date-format=now"); err != nil {
		return "", fmt.Errorf("committing to %s of %s: %w", branch, name, err)
	}
	return f.Git(ctx, name, "rev-parse", "refs/heads/"+branch)
}

// Hook installs script as the server hook called hook ("pre-receive", "update", "post-receive") of the repository
// name. It begins with "#!". An empty script removes the hook.
func (f GitFolder) Hook(name, hook, script string) error {
	path := filepath.Join(f.Path(name), "hooks", hook)
	if script == "" {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("removing hook %s of %s: %w", hook, name, err)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("installing hook %s of %s: %w", hook, name, err)
	}
	// Renamed into place: Linux refuses to run a file that is open for writing anywhere.
	if err := os.WriteFile(path+".new", []byte(script), 0o755); err != nil {
		return fmt.Errorf("installing hook %s of %s: %w", hook, name, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("installing hook %s of %s: %w", hook, name, err)
	}
	return nil
}

// runGit runs git in dir, apart from the configuration of the user and the machine.
func runGit(ctx context.Context, dir string, input *bytes.Buffer, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = gitEnvironment(dir)
	if input != nil {
		cmd.Stdin = input
	}
	var messages bytes.Buffer
	cmd.Stderr = &messages
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(messages.String()))
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// gitEnvironment returns that of git commands: nothing of the user's or the machine's configuration, no question
// on the terminal, home in dir.
//
// The user's configuration is kept away by HOME alone, never by GIT_CONFIG_GLOBAL=/dev/null: Gitea writes settings
// with "git config --global", which replaces the file, and as root that would be the device.
func gitEnvironment(dir string) []string {
	environment := []string{
		"HOME=" + dir,
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
	}
	for _, kept := range []string{"PATH", "TMPDIR"} {
		if value, ok := os.LookupEnv(kept); ok {
			environment = append(environment, kept+"="+value)
		}
	}
	return environment
}
