// SPDX-License-Identifier: Apache-2.0

// Package references is the strategy References: whole image references in text of any kind, found by their
// grammar and by what stands around them.
//
//	FROM --platform=$P golang:1.25.4 AS build      Dockerfile
//	image: ${WEB:-ghcr.io/acme/web:1.4.1}          compose
//	uses: docker://ghcr.io/acme/lint:2.0@sha256:…  workflow
//	docker run "web:1" | tee [web:2,web:3]         script
//
// A reference is a name with a tag, a digest or both, in the grammar of distribution, between delimiters: blanks,
// quotes, brackets, separators, the ends of the file. A name alone is none. What continues on either side is another
// name, or a template:
//
//	acme/web:1.4.1            a reference
//	acme/web:1.4.1-${ARCH}    Templated: part of it is filled in elsewhere
//	$REGISTRY/acme/web:1.4.1  another image, nobody knows which
//	https://nginx:8443        an address
//	redis:6379                LooksLikeAddress, unless it stands where an image must: after FROM, image:, --from= …
//
// Comments count like the rest: nothing in plain text tells a commented-out line from one that a program reads.
// Which policy an image belongs to is package plan's to know, and so is what to write.
package references
