// SPDX-License-Identifier: Apache-2.0

// Package kustomize is the strategy Kustomize: the images of kustomizations.
//
//	images:
//	- name: web                       an entry is followed by its newName, or else by its name;
//	  newName: ghcr.io/acme/web       both stay as they are
//	  newTag: 1.4.1                   the tag; and the digest as well, where no digest key is there
//	  digest: sha256:…                the digest
//
// Only keys that are there are written. Patches and all other text stay.
package kustomize
