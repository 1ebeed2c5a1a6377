// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 is the API of Fairlead: the kinds a person applies, as Go types.
//
//	ImageRepository ──▶ ImagePolicy ──▶ UpdateAutomation
//	which tags exist    which is wanted  where it is written
//
// It holds types, constants and accessors, and computes nothing. Durations and times that people write are
// strings here and are parsed by package spec: a stored object with a bad one then stalls alone, instead of
// breaking the decoder for its whole kind.
//
// +kubebuilder:object:generate=true
// +groupName=fairlead.dev
package v1alpha1
