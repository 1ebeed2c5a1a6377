// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/tools/bindir"
)

// A folder that is planned on: documents of documentBytes, each a Deployment with one image and its marker.
const documentBytes = 4 << 10

// editingSizes are the documents of one file.
var editingSizes = []struct {
	name      string
	documents int
}{{"4 KiB", 1}, {"16 KiB", 4}, {"4 MiB", 1 << 10}}

// editing runs "fairlead plan" over folders of a sixteenth, a quarter and the whole of -editing-bytes, in which one
// document is to change. It shows whether CPU and memory grow with the bytes, and no faster. Folders of more files
// than a selection may have are left out.
func editing(ctx context.Context, b *bench) (figures []figure, err error) {
	program, err := b.program()
	if err != nil {
		return nil, err
	}
	for _, size := range editingSizes {
		for _, share := range []int{16, 4, 1} {
			files := b.editingBytes / share / documentBytes / size.documents
			if files == 0 || files > site.MaxFiles {
				continue
			}
			of := fmt.Sprintf("editing, %d MiB in files of %s", b.editingBytes/share>>20, size.name)
			b.say("%s", of)
			more, err := planFolders(ctx, program, filepath.Join(b.dir, "editing"), files, size.documents)
			if err != nil {
				return nil, err
			}
			for _, f := range more {
				f.Of = of
				figures = append(figures, f)
			}
		}
	}
	return figures, nil
}

// program returns the path of the program to measure.
func (b *bench) program() (string, error) {
	if b.controller != "" {
		return b.controller, nil
	}
	root, err := bindir.Root(".")
	if err != nil {
		return "", err
	}
	return bindir.Path(filepath.Join(root, "bin"), "fairlead")
}

// planFolders plans on a new folder with each strategy, and removes it.
func planFolders(ctx context.Context, program, dir string, files, documents int) (figures []figure, err error) {
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := makeFolder(dir, files, documents); err != nil {
		return nil, err
	}
	for _, strategy := range []string{"Markers", "Images", "References"} {
		cpu, peak, err := planFolder(ctx, program, dir, strategy, files*documents)
		if err != nil {
			return nil, err
		}
		figures = append(figures, figure{What: strategy + ": CPU", Value: cpu, Unit: "s"},
			figure{What: strategy + ": memory at most", Value: peak, Unit: "MB"})
	}
	return figures, nil
}

// makeFolder writes files of so many documents each, the image of the very first of which is older.
func makeFolder(dir string, files, documents int) error {
	for i := range files {
		path := filepath.Join(dir, fmt.Sprintf("c%03d", i%200), fmt.Sprintf("app-%06d.yaml", i))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		var content bytes.Buffer
		for n := range documents {
			writeDocument(&content, i*documents+n)
		}
		if err := os.WriteFile(path, content.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// writeDocument writes exactly documentBytes.
func writeDocument(w *bytes.Buffer, i int) {
	start, tag := w.Len(), "1.0.0"
	if i == 0 {
		tag = "0.9.9"
	}
	fmt.Fprintf(w, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-%d\nspec:\n  template:\n    spec:\n      containers:\n"+
		"      - name: web\n        image: registry.example.com/shop/web:%s # {\"$imagepolicy\": \"shop:web\"}\n        env:\n", i, tag)
	for n := 0; w.Len()-start < documentBytes-128; n++ {
		fmt.Fprintf(w, "        - {name: SETTING_%03d, value: \"http://service-%d.shop.svc:8080/\"}\n", n, n)
	}
	w.WriteString("        # " + strings.Repeat("x", documentBytes-len("        # \n")-(w.Len()-start)) + "\n")
}

// planFolder runs the program and returns its CPU seconds and its memory at most, in MB. It must find all sites.
// The kernel starts to count the memory of a process with that of the one that started it, some 45 MB here, so that
// less than that cannot be told.
func planFolder(ctx context.Context, program, dir, strategy string, sites int) (cpu, peak float64, err error) {
	cmd := exec.CommandContext(ctx, program, "plan", dir, "--strategy", strategy, "--images", "-")
	cmd.Stdin = strings.NewReader("{policy: shop/web, image: \"registry.example.com/shop/web:1.0.0\"}\n")
	var remarks bytes.Buffer
	cmd.Stderr = &remarks
	const changes = 3 // the exit code that says so
	err = cmd.Run()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != changes {
		return 0, 0, fmt.Errorf("planning with %s: %w\n%s", strategy, err, tail(remarks.Bytes()))
	}
	if want := fmt.Sprintf("%d sites in ", sites); !strings.HasPrefix(lastLine(remarks.Bytes()), want) {
		return 0, 0, fmt.Errorf("planning with %s: not %sits files:\n%s", strategy, want, tail(remarks.Bytes()))
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage) // what it is on Linux
	cpu = time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
	return cpu, float64(usage.Maxrss) * 1024 / 1e6, nil
}

func tail(out []byte) []byte { return out[max(0, len(out)-1000):] }

func lastLine(out []byte) (last string) {
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		last = lines.Text()
	}
	return last
}
