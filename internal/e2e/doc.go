// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the whole chain on real servers: an API server, a registry with passwords, Gitea, and the
// controller as a process of its own, with the rights of the ServiceAccount in config/rbac and no others.
//
//	push ──▶ registry ◀── controller ──▶ Gitea ──▶ the test reads the bare repository
//	                          │
//	                    kube-apiserver ◀── kubectl apply
//
// The servers are shared by all tests; each test has a namespace, a repository and a controller of its own, which
// looks at that namespace alone, so that it can be killed without disturbing others.
package e2e
