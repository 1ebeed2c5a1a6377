// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A workshop builds targets into one folder with one Go toolchain.
type workshop struct {
	modules   string   // the folder internal/tools
	bin       string   // where programs go; absolute
	toolchain []string // version of Go, operating system, architecture
	cc        string   // the C compiler Go would call
}

// A job is a target at the version that is pinned, and whether there is something to do.
type job struct {
	target
	version string
	stamp   string
	stale   bool
}

func newWorkshop(ctx context.Context, root, bin string) (*workshop, error) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return nil, fmt.Errorf("resolving folder %s: %w", bin, err)
	}
	if err := os.MkdirAll(filepath.Join(bin, ".stamps"), 0o755); err != nil {
		return nil, fmt.Errorf("making the folder for programs: %w", err)
	}
	about, err := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOOS", "GOARCH", "CC").Output()
	if err != nil {
		return nil, fmt.Errorf("asking Go about itself: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(about)), "\n")
	cc, _, _ := strings.Cut(lines[len(lines)-1], " ") // CC may carry flags
	return &workshop{modules: filepath.Join(root, "internal", "tools"), bin: bin, toolchain: lines[:3], cc: cc}, nil
}

// plan compares what the module of t pins with what lies in bin/. It changes nothing.
func (w *workshop) plan(t target) (job, error) {
	gomod, err := os.ReadFile(filepath.Join(w.modules, t.folder, "go.mod"))
	if err != nil {
		return job{}, err
	}
	gosum, err := os.ReadFile(filepath.Join(w.modules, t.folder, "go.sum"))
	if err != nil {
		return job{}, err
	}
	version, err := pin(gomod, t.module)
	if err != nil {
		return job{}, err
	}
	from := origin{
		toolchain: w.toolchain, gomod: gomod, gosum: gosum, arguments: t.arguments(version), files: t.files, cgo: t.cgo,
	}
	j := job{target: t, version: version, stamp: from.stamp()}
	j.stale = stale(j.stamp, w.have(t))
	return j, nil
}

// have looks at what lies in bin/ of t. What cannot be read counts as absent: building it again is the remedy.
func (w *workshop) have(t target) found {
	stamp, err := os.ReadFile(w.stampPath(t))
	if err != nil {
		return found{}
	}
	_, err = os.Stat(filepath.Join(w.bin, t.name))
	whole := err == nil
	for _, folder := range t.files {
		_, err := os.Stat(filepath.Join(w.staticPath(t), folder))
		whole = whole && err == nil
	}
	return found{stamp: strings.TrimSpace(string(stamp)), whole: whole}
}

func (w *workshop) stampPath(t target) string  { return filepath.Join(w.bin, ".stamps", t.name) }
func (w *workshop) staticPath(t target) string { return filepath.Join(w.bin, t.name+".static") }

// build makes the program of j, puts it and its files in place, and writes the stamp last.
func (w *workshop) build(ctx context.Context, j job, out io.Writer) error {
	fmt.Fprintf(out, "building %s %s (about %s the first time) …", j.name, j.version, j.patient)
	start := time.Now()
	err := w.make(ctx, j)
	if err != nil {
		fmt.Fprintln(out)
		return fmt.Errorf("building %s %s: %w", j.name, j.version, err)
	}
	fmt.Fprintf(out, " %.0f s\n", time.Since(start).Seconds())
	return nil
}

func (w *workshop) make(ctx context.Context, j job) error {
	// Beside the final place, because a rename does not leave a file system.
	scratch, err := os.MkdirTemp(w.bin, ".building-"+j.name+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)

	program := filepath.Join(scratch, j.name)
	if err := w.compile(ctx, j, program); err != nil {
		return err
	}
	if err := os.Remove(w.stampPath(j.target)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(j.files) > 0 {
		if err := w.placeFiles(ctx, j, filepath.Join(scratch, "static")); err != nil {
			return err
		}
	}
	if err := os.Rename(program, filepath.Join(w.bin, j.name)); err != nil {
		return err
	}
	stamp := filepath.Join(scratch, "stamp")
	if err := os.WriteFile(stamp, []byte(j.stamp+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(stamp, w.stampPath(j.target))
}

func (w *workshop) compile(ctx context.Context, j job, program string) error {
	args := append([]string{"build"}, j.arguments(j.version)...)
	_, err := w.goCommand(ctx, j, append(args, "-o", program, j.pkg)...)
	return err
}

// placeFiles copies the folders that a program reads while it runs, so that bin/ is enough to run it: the module
// cache may be cleaned, and a cached bin/ may come to a machine that never had it.
func (w *workshop) placeFiles(ctx context.Context, j job, scratch string) error {
	out, err := w.goCommand(ctx, j, "list", "-m", "-f", "{{.Dir}}", j.module)
	if err != nil {
		return err
	}
	source := strings.TrimSpace(string(out))
	for _, folder := range j.files {
		if err := copyFolder(filepath.Join(scratch, folder), filepath.Join(source, folder)); err != nil {
			return fmt.Errorf("copying %s: %w", folder, err)
		}
	}
	if err := os.RemoveAll(w.staticPath(j.target)); err != nil {
		return err
	}
	return os.Rename(scratch, w.staticPath(j.target))
}

// goCommand runs go in the module that pins j. Its messages go into the error: of a build that succeeds, nobody
// wants to read five hundred lines of "downloading".
func (w *workshop) goCommand(ctx context.Context, j job, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.Join(w.modules, j.folder)
	cgo := 0
	if j.cgo {
		cgo = 1
	}
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED="+strconv.Itoa(cgo))
	cmd.WaitDelay = 5 * time.Second
	var messages bytes.Buffer
	cmd.Stderr = &messages
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return nil, errors.New("interrupted")
	case err != nil:
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, withoutDownloads(messages.String()))
	}
	return out, nil
}

func withoutDownloads(messages string) string {
	var kept strings.Builder
	for line := range strings.Lines(messages) {
		if !strings.HasPrefix(line, "go: downloading ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// copyFolder copies the files below source to target. Unlike os.CopyFS it drops the write protection of the
// module cache, so that the copy can be deleted.
func copyFolder(target, source string) error {
	return filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		to := filepath.Join(target, relative)
		if entry.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o644)
	})
}
