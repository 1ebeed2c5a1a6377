// SPDX-License-Identifier: Apache-2.0

// Package main is the demonstration behind "make demo": the whole chain on one machine, told as it happens.
//
//	up ──▶ serve (a background process)                   what it owns
//	│        control plane · registry · Gitea · controller   ends with it; "down" asks it to end
//	│
//	└──▶ story: push an image ─▶ tags ─▶ choice ─▶ commit; suspend and resume; a person's git revert
//
//	command        what it does
//	-------------  ----------------------------------------------------------------------------
//	up             starts the servers, tells the story, leaves the servers running
//	push VERSION   pushes one more image
//	down           ends what up started, and removes its data
//
// Everything it makes lies in .demo/ at the root of the module: servers' data, logs, kubeconfigs, a clone. Servers
// listen on 127.0.0.1 alone, at ports the system chose. Nothing is downloaded.
//
// The controller has the rights of the ServiceAccount in config/rbac, and the objects are those of config/samples;
// an overlay changes addresses and intervals, and is left in .demo/ to be read.
//
// The servers themselves are package testserver's.
package main
