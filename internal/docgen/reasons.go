// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strconv"
	"strings"
)

const reasonFile = "api/reason/reason.go"

// A group is a block of constants.
type group struct {
	title   string // "Reasons of an ImagePolicy"
	reasons []reason
}

// A reason is one constant of package reason.
type reason struct {
	name, value string
	text        string // its comment, without the name
}

// reasonsPage documents every reason. Those that no code gives stand apart: whoever waits for one would wait forever.
func reasonsPage(module fs.FS) (string, error) {
	groups, err := readReasons(module)
	if err != nil {
		return "", err
	}
	given, err := usedReasons(module)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("# Reasons\n\n" + made + "\n\n" +
		"For those who read a status: every word that Fairlead gives as a reason, what it means, and what to do about it.\n")
	var reserved []reason
	for _, g := range groups {
		var now []reason
		for _, r := range g.reasons {
			if given[r.name] {
				now = append(now, r)
			} else {
				reserved = append(reserved, r)
			}
		}
		writeReasons(&b, g.title, "", now)
	}
	writeReasons(&b, "Reserved", "These words belong to features that this version does not have. It never gives them.\n\n", reserved)
	return b.String(), nil
}

// writeReasons writes a table of reasons; nothing when there are none.
func writeReasons(b *strings.Builder, title, about string, reasons []reason) {
	if len(reasons) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n%s", title, about)
	header(b, "Reason", "Meaning")
	for _, r := range reasons {
		row(b, code(r.value), prose(r.text))
	}
}

// readReasons returns the constants of package reason in the order of the file.
func readReasons(module fs.FS) ([]group, error) {
	source, err := fs.ReadFile(module, reasonFile)
	if err != nil {
		return nil, fmt.Errorf("reading the reasons: %w", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), reasonFile, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parsing the reasons: %w", err)
	}
	var groups []group
	for _, d := range file.Decls {
		block, ok := d.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST {
			continue
		}
		g := group{title: strings.TrimSuffix(oneLine(block.Doc.Text()), ".")}
		if g.title == "" {
			return nil, errors.New("a block of reasons has no comment")
		}
		for _, spec := range block.Specs {
			r, err := readReason(spec.(*ast.ValueSpec))
			if err != nil {
				return nil, err
			}
			g.reasons = append(g.reasons, r)
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func readReason(spec *ast.ValueSpec) (reason, error) {
	name := spec.Names[0].Name
	text, ok := strings.CutPrefix(oneLine(spec.Doc.Text()), name+": ")
	if !ok {
		return reason{}, fmt.Errorf("reason %s has no comment that begins with its name and a colon", name)
	}
	if len(spec.Names) != 1 || len(spec.Values) != 1 {
		return reason{}, fmt.Errorf("reason %s does not stand alone", name)
	}
	literal, ok := spec.Values[0].(*ast.BasicLit)
	if !ok {
		return reason{}, fmt.Errorf("reason %s is no literal", name)
	}
	value, err := strconv.Unquote(literal.Value)
	if err != nil {
		return reason{}, fmt.Errorf("reading reason %s: %w", name, err)
	}
	return reason{name, value, sentence(text)}, nil
}

// sentence returns text with a capital letter, unless it begins with the path of a field.
func sentence(text string) string {
	if first, _, _ := strings.Cut(text, " "); strings.Contains(strings.TrimRight(first, "."), ".") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// usedReasons returns the names of the reasons that product code uses.
func usedReasons(module fs.FS) (map[string]bool, error) {
	used := make(map[string]bool)
	for _, root := range []string{"cmd", "controllers", "internal"} {
		err := fs.WalkDir(module, root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return addUses(module, path, used)
		})
		if err != nil {
			return nil, fmt.Errorf("looking for uses of reasons: %w", err)
		}
	}
	return used, nil
}

// addUses adds the names after "reason." in a file that imports package reason.
func addUses(module fs.FS, path string, used map[string]bool) error {
	source, err := fs.ReadFile(module, path)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "reason" {
				used[s.Sel.Name] = true
			}
		}
		return true
	})
	return nil
}
