// SPDX-License-Identifier: Apache-2.0

// Command build is the maker of bin/: it builds the test servers and the tools of this repository from the
// versions that the modules under internal/tools pin.
//
//	go run ./internal/tools/build [-bin FOLDER] NAME...
//
//	internal/tools/etcd/go.mod ─┐
//	                   go.sum  ─┼──▶ stamp ── as in bin/.stamps/etcd? ──▶ nothing to do
//	build flags, Go version    ─┘      └───── other, or none ───────────▶ go build ──▶ bin/etcd
//
// A NAME is a program (etcd, kube-apiserver, kubectl, registry, gitea, controller-gen, crd-ref-docs,
// golangci-lint, govulncheck, benchstat) or a group (servers, tools). All servers take about six minutes on two
// cores the first time and nothing after that, until a pin changes.
//
// What is built is complete or absent: a program gets its name when it is whole, so that a build that is
// interrupted, or two at once, leave nothing broken. When KUBEBUILDER_ASSETS names a folder that holds etcd,
// kube-apiserver and kubectl, these are used as they are and not built (see package bindir).
//
// Command build starts no server; see package testserver.
package main
