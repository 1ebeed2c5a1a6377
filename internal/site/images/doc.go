// SPDX-License-Identifier: Apache-2.0

// Package images is the strategy Images: the references in the container images of Kubernetes objects.
//
//	containers:                       also initContainers, ephemeralContainers, and what custom resources
//	- name: web                       call a container: with command, args, env and the like beside the image
//	  image: ghcr.io/acme/web:1.4.1
//	volumes:
//	- name: assets
//	  image: {reference: ghcr.io/acme/assets:7}
//
// In an object - a mapping with apiVersion and kind - any other key "image" counts as well, if its value has a tag
// or digest. Where people keep text of their own, nothing does: metadata, labels and selectors, data, schemas, and
// the values of charts, which are for package helm.
package images
