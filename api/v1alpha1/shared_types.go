// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Annotations that people and tools set.
const (
	// RequestedAtAnnotation asks for a reconcile now; any new token counts as a new request.
	RequestedAtAnnotation = "fairlead.dev/requestedAt"
	// RetryAnnotation names the policy whose held images may be written again, or "*"; it counts together with a
	// new RequestedAtAnnotation.
	RetryAnnotation = "fairlead.dev/retry"
	// FreezeAnnotation on a Namespace stops updates there; its value is the reason.
	FreezeAnnotation = "fairlead.dev/freeze"
	// FreezeUntilAnnotation on a Namespace ends the freeze at a time (RFC 3339).
	FreezeUntilAnnotation = "fairlead.dev/freeze-until"
)

// Condition types of every kind (kstatus).
const (
	// ReadyCondition is True when the object does what its spec says.
	ReadyCondition = "Ready"
	// ReconcilingCondition is present and True while something is still to be done.
	ReconcilingCondition = "Reconciling"
	// StalledCondition is present and True when only a person can mend it.
	StalledCondition = "Stalled"
)

// A Duration is a length of time such as "90s", "10m" or "1h30m".
//
// The rules about durations never fail while they run: such a failure, unlike a refusal, would also refuse every
// write to the status of an object that was stored before the rule, and it could not be said what is wrong with it.
//
// +kubebuilder:validation:XValidation:rule=`!self.matches('(^|[a-z])0*([1-9][0-9]{5,}(\\.[0-9]+)?h|[1-9][0-9]{7,}(\\.[0-9]+)?m([0-9]|$)|[1-9][0-9]{9,})')`,message="must be at most 99999h, 9999999m or 999999999s"
// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
// +kubebuilder:validation:MaxLength=32
type Duration string

// A DigestString is the digest of a manifest, "sha256:" or "sha512:" and hex.
//
// +kubebuilder:validation:Pattern=`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`
// +kubebuilder:validation:MaxLength=135
type DigestString string

// A TagString is the tag of an image.
//
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_][A-Za-z0-9._-]*$`
// +kubebuilder:validation:MaxLength=128
type TagString string

// A SecretReference names a Secret in the object's own namespace.
type SecretReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// ReconcileStatus is the part of the status that every kind has.
type ReconcileStatus struct {
	// observedGeneration is the generation of spec that the conditions are about; -1 before the first run.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// lastHandledReconcileAt is the token of the annotation fairlead.dev/requestedAt that was answered last.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`

	// conditions say how the object fares: Ready, and while they apply Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
