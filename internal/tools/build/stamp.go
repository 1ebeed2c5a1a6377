// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// origin is all that decides what a build gives.
type origin struct {
	toolchain    []string // version of Go, operating system, architecture
	gomod, gosum []byte   // of the module that pins the program
	arguments    []string // of go build
	files        []string // folders copied beside the program
	cgo          bool
}

// stamp returns a digest of o in hexadecimal digits. Equal stamps mean an equal program.
func (o origin) stamp() string {
	sum := sha256.New()
	add := func(label string, content []byte) {
		// The length keeps two neighbors from being read as one.
		fmt.Fprintf(sum, "%s %d\n%s\n", label, len(content), content)
	}
	for _, list := range []struct {
		label string
		items []string
	}{{"toolchain", o.toolchain}, {"argument", o.arguments}, {"folder", o.files}} {
		for _, item := range list.items {
			add(list.label, []byte(item))
		}
	}
	add("go.mod", o.gomod)
	add("go.sum", o.gosum)
	add("cgo", fmt.Append(nil, o.cgo))
	return hex.EncodeToString(sum.Sum(nil))
}

// A found is what lies in bin/ of a target.
type found struct {
	stamp string // what the program was built from; empty: unknown
	whole bool   // whether the program and its files are there
}

// stale tells whether a program must be built: nothing is there, or something built from other pins.
func stale(want string, have found) bool {
	return !have.whole || have.stamp != want
}

// replaced returns the targets that remain to be built, and the line to print, when assets is the folder that
// KUBEBUILDER_ASSETS names and missing are the programs of replaceable that it lacks. assets may be empty.
func replaced(chosen []target, replaceable []string, assets string, missing []string) (rest []target, line string) {
	concerned := func(t target) bool { return slices.Contains(replaceable, t.name) }
	if assets == "" || !slices.ContainsFunc(chosen, concerned) {
		return chosen, ""
	}
	if len(missing) > 0 {
		return chosen, fmt.Sprintf("KUBEBUILDER_ASSETS=%s is not used: it does not hold %s", assets, missing[0])
	}
	rest = slices.DeleteFunc(slices.Clone(chosen), concerned)
	return rest, fmt.Sprintf("using etcd, kube-apiserver and kubectl of KUBEBUILDER_ASSETS=%s", assets)
}
