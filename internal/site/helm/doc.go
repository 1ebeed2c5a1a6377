// SPDX-License-Identifier: Apache-2.0

// Package helm is the strategy HelmValues: the images in the values of Helm charts.
//
//	image: {registry: ghcr.io, repository: acme/web, tag: 1.4.1, digest: ""}    parts, each in its key
//	image: ghcr.io/acme/web:1.4.1                                              a whole reference
//	images: [{repository: …, tag: …}, ghcr.io/acme/web:1.4.1]                  lists of either
//
// Values are a file that is no Kubernetes object, spec.values of a HelmRelease, and of an Argo CD Application or
// ApplicationSet helm.valuesObject and helm.parameters, where a name takes the place of the keys:
//
//   - {name: image.repository, value: ghcr.io/acme/web}
//   - {name: image.tag, value: 1.4.1}
//
// Only keys that are there are written, and a repository, registry or name never.
package helm
