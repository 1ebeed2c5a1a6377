// SPDX-License-Identifier: Apache-2.0

// Package testserver is a rack of real servers for tests and demonstrations: each starts in a folder it is given,
// on 127.0.0.1 at a port the system chose, and is gone after Stop.
//
//	server        what runs                             what it is for                                starts in
//	------------  ------------------------------------  --------------------------------------------  ---------
//	ControlPlane  etcd and kube-apiserver, RBAC on      CRDs, controllers as their ServiceAccount     3 s
//	Registry      CNCF distribution, files on disk      tags and digests, with and without passwords  at once
//	Gitea         Gitea with SQLite                     pull requests, webhooks, Git, OCI registry    0.5 s
//	GitHTTP       git http-backend in this process      Git over HTTP; paused, cut, redirected        at once
//	GitSSH        an SSH server in this process         Git over SSH, public keys, known_hosts        at once
//	Recorder      a reverse proxy in this process       counting and disturbing requests              at once
//
//	StartX(dir, XConfig) ──▶ *X ──▶ Stop     a program: it closes what it opened
//	XFor(t, XConfig)     ──▶ *X              a test: stopped when t ends; the end of its logs is shown when t failed
//
// The programs of the first three come out of bin/, where "make servers" builds them; nothing is downloaded when
// they start. Git comes from the PATH, and is kept from the configuration of the user and of the machine.
//
// Images come into a registry by a Pusher, without Docker; commits into a bare repository by a GitFolder, without
// a clone. Equal images have equal digests; commits carry the time at which they are made.
//
// A server that is stopped keeps its folder, its port and its credentials; Restart brings it back, so that a test
// can take a registry, a Gitea or a control plane away for a while. On Linux, a registry and a Gitea end even when
// the process that started them is killed; an etcd and a kube-apiserver do not, for envtest starts them.
//
// Passwords and keys made here protect nothing. Package testserver is for tests and demonstrations alone.
package testserver
