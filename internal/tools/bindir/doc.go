// SPDX-License-Identifier: Apache-2.0

// Package bindir is the folder bin/ of this module, where test servers and tools lie once they are built.
//
//	go.mod                     the module root: found by walking up from the working directory
//	bin/etcd                   a program
//	bin/gitea, gitea.static/   a program and the files that it reads while it runs
//	bin/.stamps/etcd           what etcd was built from (see the program build)
//
// The Kubernetes programs (etcd, kube-apiserver, kubectl) may lie elsewhere: when the environment variable
// KUBEBUILDER_ASSETS names a folder that holds all three, that folder is used for them and bin/ is not.
//
// Package bindir builds nothing.
package bindir
