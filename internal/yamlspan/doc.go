// SPDX-License-Identifier: Apache-2.0

// Package yamlspan is YAML as spans: what stands in a file and at which bytes, so that one value can be replaced
// and every other byte stays.
//
//	image: 'web:1.4.1'  # note
//	|----|              Scalar, Key
//	       |---------|  Scalar, SingleQuoted, Text "web:1.4.1"
//	                    |----| Comment
//
// A Scanner walks a file once, from front to back, in time and memory linear in its size: aliases are never
// followed and no tree is built. Quote writes a value in the style that stands there; Same proves that an edit
// changed the intended values and nothing else.
//
// The scanner reads what the common parsers of Kubernetes tools read (YAML 1.1 with the reading of go-yaml), and
// its tests compare it with kyaml's parser. That parser itself is not used to edit: it does not say where a value
// ends, moves comments, and costs ten times as much. The package knows nothing of images.
package yamlspan
