// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// folder is where the pages are, from the root of the module.
const folder = "docs/reference"

// made stands at the top of every page, below its title.
const made = "Made from code by `make generate`; do not edit."

func main() {
	if err := run("."); err != nil {
		fmt.Fprintf(os.Stderr, "docgen: %v\n", err)
		os.Exit(1)
	}
}

// run writes the pages of the module whose root is given.
func run(root string) error {
	all, err := pages(context.Background(), os.DirFS(root))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
		return fmt.Errorf("making the folder of the reference pages: %w", err)
	}
	for _, p := range all {
		if err := os.WriteFile(filepath.Join(root, folder, p.name), []byte(p.text), 0o644); err != nil {
			return fmt.Errorf("writing reference page %s: %w", p.name, err)
		}
	}
	return nil
}

// A page is a file of Markdown.
type page struct{ name, text string }

// pages returns every page of module, in the order of their names.
func pages(ctx context.Context, module fs.FS) ([]page, error) {
	api, err := apiPage(module)
	if err != nil {
		return nil, err
	}
	flags, err := flagsPage(ctx)
	if err != nil {
		return nil, err
	}
	reasons, err := reasonsPage(module)
	if err != nil {
		return nil, err
	}
	return []page{{"api.md", api}, {"flags.md", flags}, {"reasons.md", reasons}}, nil
}
