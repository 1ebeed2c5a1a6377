// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A Provider says how to log in to a registry.
//
// +kubebuilder:validation:Enum=Generic;AWS;Azure;GCP
type Provider string

// The providers.
const (
	// GenericProvider logs in with what a Secret or a ServiceAccount holds.
	GenericProvider Provider = "Generic"
	// AWSProvider logs in to ECR with the workload's identity.
	AWSProvider Provider = "AWS"
	// AzureProvider logs in to ACR with the workload's identity.
	AzureProvider Provider = "Azure"
	// GCPProvider logs in to Artifact Registry with the workload's identity.
	GCPProvider Provider = "GCP"
)

// ImageRepositorySpec says where tags come from, and how often to look.
//
// +kubebuilder:validation:XValidation:rule="!has(self.provider) || self.provider == 'Generic' || !has(self.secretRef)",message="provider and secretRef exclude each other"
type ImageRepositorySpec struct {
	// image is the name of the images, without scheme, tag and digest: "ghcr.io/acme/web". Short names mean Docker
	// Hub: "nginx" is "docker.io/library/nginx".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image"`

	// interval is the time between two scans, jittered by up to 10 %; at least 1s. Default 10m.
	// +optional
	// +kubebuilder:default="10m"
	// +kubebuilder:validation:XValidation:rule=`!self.matches('^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$') || self.matches('(^|[a-z])0*([1-9][0-9]{5,}(\\.[0-9]+)?h|[1-9][0-9]{7,}(\\.[0-9]+)?m([0-9]|$)|[1-9][0-9]{9,})') || duration(self) >= duration('1s')`,message="must be at least 1s"
	Interval Duration `json:"interval,omitempty"`

	// timeout bounds one scan: logging in and every page of the list; at least 1s. Default 60s.
	// +optional
	// +kubebuilder:default="60s"
	// +kubebuilder:validation:XValidation:rule=`!self.matches('^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$') || self.matches('(^|[a-z])0*([1-9][0-9]{5,}(\\.[0-9]+)?h|[1-9][0-9]{7,}(\\.[0-9]+)?m([0-9]|$)|[1-9][0-9]{9,})') || duration(self) >= duration('1s')`,message="must be at least 1s"
	Timeout Duration `json:"timeout,omitempty"`

	// secretRef names a Secret to log in with: type kubernetes.io/dockerconfigjson, or keys username and password.
	// +optional
	SecretRef *SecretReference `json:"secretRef,omitempty"`

	// serviceAccountName names a ServiceAccount whose imagePullSecrets are used to log in; with a provider, its
	// workload identity.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ServiceAccountName string `json:"serviceAccountName,omitempty"`

	// provider says how to log in: Generic (default), AWS, Azure or GCP.
	// +optional
	// +kubebuilder:default=Generic
	Provider Provider `json:"provider,omitempty"`

	// certSecretRef names a Secret with ca.crt, and/or tls.crt and tls.key.
	// +optional
	CertSecretRef *SecretReference `json:"certSecretRef,omitempty"`

	// proxySecretRef names a Secret with address, and optionally username and password, of an HTTP proxy.
	// +optional
	ProxySecretRef *SecretReference `json:"proxySecretRef,omitempty"`

	// insecure allows http; without it nothing is ever sent over http. Default false.
	// +optional
	Insecure bool `json:"insecure,omitempty"`

	// excludeTags are regular expressions (RE2, unanchored); tags that match one are left out. A list replaces the
	// default, which leaves out signatures, attestations and SBOMs: ['\.(sig|att|sbom)$', '^sha256-[0-9a-f]{64}'].
	// +optional
	// +listType=atomic
	// +kubebuilder:default={"\\.(sig|att|sbom)$","^sha256-[0-9a-f]{64}"}
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=256
	ExcludeTags []string `json:"excludeTags,omitzero"`

	// accessFrom says which other namespaces may refer to this object; without it, none may.
	// +optional
	AccessFrom *AccessFrom `json:"accessFrom,omitempty"`

	// suspend stops scanning until it is false again. Default false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// AccessFrom lets ImagePolicies of other namespaces refer to an ImageRepository.
type AccessFrom struct {
	// namespaceSelectors select namespaces by their labels; one that matches is enough.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	NamespaceSelectors []NamespaceSelector `json:"namespaceSelectors"`
}

// A NamespaceSelector selects namespaces that have all of its labels; none means every namespace.
type NamespaceSelector struct {
	// matchLabels are labels that a namespace must have.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.size() <= 317 && self[k].size() <= 63)",message="a key may have 317 characters, and a value 63"
	MatchLabels map[string]string `json:"matchLabels,omitempty"`
}

// ImageRepositoryStatus says what the last scan found.
type ImageRepositoryStatus struct {
	ReconcileStatus `json:",inline"`

	// canonicalName is the full name of the image; scans are shared and webhooks are matched by it.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	CanonicalName string `json:"canonicalName,omitempty"`

	// lastScan is the last scan that changed something.
	// +optional
	LastScan *Scan `json:"lastScan,omitempty"`
}

// A Scan is what listing the tags found.
type Scan struct {
	// revision is a hash over the sorted tags.
	// +required
	// +kubebuilder:validation:MaxLength=135
	Revision string `json:"revision"`

	// tagCount is how many tags there are, without those that excludeTags leaves out.
	// +required
	TagCount int64 `json:"tagCount"`

	// time of the scan.
	// +required
	Time metav1.Time `json:"time"`

	// added are up to 10 tags that were not there before.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MaxLength=128
	Added []string `json:"added,omitempty"`

	// removed are up to 10 tags that are no longer there.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MaxLength=128
	Removed []string `json:"removed,omitempty"`
}

// An ImageRepository is where the tags of an image come from: it is scanned at an interval, or when a webhook says
// that something was pushed.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=irepo,categories=fairlead
// +kubebuilder:metadata:annotations="kustomize.toolkit.fluxcd.io/substitute=disabled"
// +kubebuilder:printcolumn:name="Image",type=string,JSONPath=`.spec.image`
// +kubebuilder:printcolumn:name="Tags",type=integer,JSONPath=`.status.lastScan.tagCount`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Last change",type=date,JSONPath=`.status.lastScan.time`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ImageRepository struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says where tags come from.
	// +required
	Spec ImageRepositorySpec `json:"spec"`

	// status says what the last scan found.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status ImageRepositoryStatus `json:"status,omitempty"`
}

// ImageRepositoryList is a list of ImageRepositories.
//
// +kubebuilder:object:root=true
type ImageRepositoryList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ImageRepository `json:"items"`
}

// Reconciled returns the part of the status that every kind has.
func (r *ImageRepository) Reconciled() *ReconcileStatus { return &r.Status.ReconcileStatus }

// Suspended tells whether spec.suspend is set.
func (r *ImageRepository) Suspended() bool { return r.Spec.Suspend }
