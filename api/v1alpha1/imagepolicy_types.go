// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// An Order says which end of a ranking is wanted.
//
// +kubebuilder:validation:Enum=Ascending;Descending
type Order string

// The orders.
const (
	// Ascending wants the largest.
	Ascending Order = "Ascending"
	// Descending wants the smallest.
	Descending Order = "Descending"
)

// A DigestPolicy says how a tag is resolved to a digest.
//
// +kubebuilder:validation:Enum=Always;IfNotPresent;Never
type DigestPolicy string

// The digest policies.
const (
	// DigestAlways writes name:tag@digest and follows tags that are pushed again.
	DigestAlways DigestPolicy = "Always"
	// DigestIfNotPresent resolves each tag once and keeps that digest.
	DigestIfNotPresent DigestPolicy = "IfNotPresent"
	// DigestNever writes the tag alone.
	DigestNever DigestPolicy = "Never"
)

// ImagePolicySpec says which image is wanted.
//
// +kubebuilder:validation:XValidation:rule="!has(self.reject) || !has(self.policy) || has(self.policy.semver) || self.reject.all(r, !has(r.range))",message="reject by range needs policy.semver"
type ImagePolicySpec struct {
	// imageRepositoryRef names the ImageRepository whose tags are chosen from.
	// +required
	ImageRepositoryRef ImageRepositoryReference `json:"imageRepositoryRef"`

	// filterTags keeps some of the tags, and may cut out the part that is compared.
	// +optional
	FilterTags *TagFilter `json:"filterTags,omitempty"`

	// policy ranks the tags; exactly one of its fields.
	// +required
	Policy PolicyChoice `json:"policy"`

	// digestPolicy says whether the digest is written: Always (default), IfNotPresent or Never.
	// +optional
	// +kubebuilder:default=Always
	DigestPolicy DigestPolicy `json:"digestPolicy,omitempty"`

	// platforms are what a candidate must offer, all of them: "linux/amd64", "linux/arm64/v8". Default: no check.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9._-]+)?$`
	Platforms []string `json:"platforms,omitempty"`

	// minAge is how long a candidate must have been seen before it is taken. Default 0s.
	// +optional
	MinAge Duration `json:"minAge,omitempty"`

	// allowDowngrade lets the choice go below the present one. Default false.
	// +optional
	AllowDowngrade bool `json:"allowDowngrade,omitempty"`

	// pin is an explicit choice that overrides everything until it is removed.
	// +optional
	Pin *Pin `json:"pin,omitempty"`

	// reject lists images that are never chosen.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Reject []Rejection `json:"reject,omitempty"`

	// suspend keeps the present choice, and leaves its places in Git untouched, until it is false again. Default false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// An ImageRepositoryReference names an ImageRepository.
type ImageRepositoryReference struct {
	// name of the ImageRepository.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// namespace of the ImageRepository; default: the policy's own. Another one needs accessFrom there.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
}

// A TagFilter keeps the tags that match a pattern.
type TagFilter struct {
	// pattern is a regular expression (RE2, unanchored): '^v(?P<v>.*)-alpine$'.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Pattern string `json:"pattern"`

	// extract is what is compared instead of the whole tag: '$1', '$v' or '${v}' name groups of pattern.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Extract string `json:"extract,omitempty"`
}

// A PolicyChoice is one way to rank tags.
//
// +kubebuilder:validation:XValidation:rule="[has(self.semver), has(self.numerical), has(self.alphabetical), has(self.regex), has(self.latest), has(self.tag)].filter(x, x).size() == 1",message="exactly one of semver, numerical, alphabetical, regex, latest, tag"
type PolicyChoice struct {
	// semver takes the highest version in a range.
	// +optional
	Semver *SemverPolicy `json:"semver,omitempty"`

	// numerical takes the largest or smallest number; numbers are exact, whatever their size.
	// +optional
	Numerical *NumericalPolicy `json:"numerical,omitempty"`

	// alphabetical takes the last or first tag by bytes.
	// +optional
	Alphabetical *AlphabeticalPolicy `json:"alphabetical,omitempty"`

	// regex compares several parts of a tag in turn.
	// +optional
	Regex *RegexPolicy `json:"regex,omitempty"`

	// latest takes the newest image by date.
	// +optional
	Latest *LatestPolicy `json:"latest,omitempty"`

	// tag follows one tag whose digest moves.
	// +optional
	Tag *TagPolicy `json:"tag,omitempty"`
}

// A SemverPolicy takes the highest version in a range.
type SemverPolicy struct {
	// range of versions, as Masterminds/semver reads it: ">=1.2.0 <2.0.0", "1.x", "^1.2", ">=1.2.0-0" with pre-releases.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Range string `json:"range"`
}

// A NumericalPolicy takes the largest or smallest number.
type NumericalPolicy struct {
	// order: Ascending (default) wants the largest, Descending the smallest.
	// +optional
	// +kubebuilder:default=Ascending
	Order Order `json:"order,omitempty"`
}

// An AlphabeticalPolicy takes the last or first tag by bytes.
type AlphabeticalPolicy struct {
	// order: Ascending (default) wants the last, Descending the first.
	// +optional
	// +kubebuilder:default=Ascending
	Order Order `json:"order,omitempty"`
}

// A RegexPolicy compares named groups of a pattern in turn.
type RegexPolicy struct {
	// pattern is a regular expression (RE2, unanchored) with named groups: '^(?P<date>\d{8})-(?P<build>\d+)$'.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Pattern string `json:"pattern"`

	// orderBy lists the groups that are compared, the most important first.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	OrderBy []RegexKey `json:"orderBy"`
}

// A KeyKind says how a group of a regex policy is compared.
//
// +kubebuilder:validation:Enum=Numerical;Semver;Alphabetical
type KeyKind string

// The key kinds.
const (
	// NumericalKey compares by value.
	NumericalKey KeyKind = "Numerical"
	// SemverKey compares by version precedence.
	SemverKey KeyKind = "Semver"
	// AlphabeticalKey compares by bytes.
	AlphabeticalKey KeyKind = "Alphabetical"
)

// A RegexKey is one group that is compared.
type RegexKey struct {
	// group is the name of a group of pattern.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Group string `json:"group"`

	// as says how it is compared: Numerical, Semver or Alphabetical.
	// +required
	As KeyKind `json:"as"`

	// order: Ascending (default) wants the largest, Descending the smallest.
	// +optional
	// +kubebuilder:default=Ascending
	Order Order `json:"order,omitempty"`
}

// A DateKind says which date of an image counts.
//
// +kubebuilder:validation:Enum=Created;Pushed
type DateKind string

// The date kinds.
const (
	// CreatedDate is the date in the image's configuration.
	CreatedDate DateKind = "Created"
	// PushedDate is when the registry received it, or else when it was first seen here.
	PushedDate DateKind = "Pushed"
)

// A LatestPolicy takes the newest image by date.
type LatestPolicy struct {
	// by says which date counts: Created (default) or Pushed.
	// +optional
	// +kubebuilder:default=Created
	By DateKind `json:"by,omitempty"`

	// limit is how many tags are looked at, at most 200. Default 50.
	// +optional
	// +kubebuilder:default=50
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200
	Limit int32 `json:"limit,omitempty"`
}

// A TagPolicy follows one tag.
type TagPolicy struct {
	// name of the tag: "stable".
	// +required
	Name TagString `json:"name"`
}

// A Pin is an explicit choice.
type Pin struct {
	// tag that is wanted.
	// +required
	Tag TagString `json:"tag"`

	// digest that is wanted; default: what the tag points at.
	// +optional
	Digest DigestString `json:"digest,omitempty"`
}

// A Rejection names images that are never chosen: by digest, by tag, or by range.
//
// +kubebuilder:validation:XValidation:rule="has(self.range) ? !has(self.tag) && !has(self.digest) : has(self.tag) || has(self.digest)",message="give a digest (with or without tag), or a tag, or a range alone"
type Rejection struct {
	// digest of the image; a tag beside it is a note for people.
	// +optional
	Digest DigestString `json:"digest,omitempty"`

	// tag, whatever its digest.
	// +optional
	Tag TagString `json:"tag,omitempty"`

	// range of versions; for semver policies.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Range string `json:"range,omitempty"`

	// reason, for people: "INC-1042: OOM on start".
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Reason string `json:"reason,omitempty"`
}

// ImagePolicyStatus says which image was chosen, and why.
type ImagePolicyStatus struct {
	ReconcileStatus `json:",inline"`

	// latest is the present choice. No failure ever clears it.
	// +optional
	Latest *ChosenImage `json:"latest,omitempty"`

	// latestGeneration is the generation of spec under which latest was chosen.
	// +optional
	LatestGeneration int64 `json:"latestGeneration,omitempty"`

	// candidate ranks higher than latest, but waits.
	// +optional
	Candidate *Candidate `json:"candidate,omitempty"`

	// observed is the clock of minAge: what ranks above latest, and when it was first seen.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Observed []ObservedImage `json:"observed,omitempty"`

	// observedName is the image that observed is about, where it is another than that of latest.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	ObservedName string `json:"observedName,omitempty"`

	// history is what was chosen, newest first; the first is latest.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	History []HistoryEntry `json:"history,omitempty"`

	// selection says why the other tags lost.
	// +optional
	Selection *Selection `json:"selection,omitempty"`
}

// A ChosenImage is an image that a policy chose.
type ChosenImage struct {
	// name of the image in full: "ghcr.io/acme/web".
	// +required
	// +kubebuilder:validation:MaxLength=1024
	Name string `json:"name"`

	// tag of the image.
	// +required
	// +kubebuilder:validation:MaxLength=128
	Tag string `json:"tag"`

	// digest of the image; absent with digestPolicy Never.
	// +optional
	// +kubebuilder:validation:MaxLength=135
	Digest string `json:"digest,omitempty"`

	// shortDigest is the first 12 digits of digest, for tables.
	// +optional
	// +kubebuilder:validation:MaxLength=12
	ShortDigest string `json:"shortDigest,omitempty"`

	// since is when it was chosen.
	// +required
	Since metav1.Time `json:"since"`
}

// A Candidate ranks higher than the present choice, but waits.
type Candidate struct {
	// tag of the image.
	// +required
	// +kubebuilder:validation:MaxLength=128
	Tag string `json:"tag"`

	// digest of the image, when known.
	// +optional
	// +kubebuilder:validation:MaxLength=135
	Digest string `json:"digest,omitempty"`

	// firstSeen is when it was first seen here.
	// +optional
	FirstSeen *metav1.Time `json:"firstSeen,omitempty"`

	// eligibleAt is when it may be taken.
	// +optional
	EligibleAt *metav1.Time `json:"eligibleAt,omitempty"`

	// reason why it waits.
	// +required
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason"`
}

// An ObservedImage is when a digest was first seen at a tag.
type ObservedImage struct {
	// tag of the image.
	// +required
	// +kubebuilder:validation:MaxLength=128
	Tag string `json:"tag"`

	// digest of the image.
	// +optional
	// +kubebuilder:validation:MaxLength=135
	Digest string `json:"digest,omitempty"`

	// firstSeen is when it was first seen here.
	// +required
	FirstSeen metav1.Time `json:"firstSeen"`
}

// A HistoryEntry is a choice that was made.
type HistoryEntry struct {
	// tag of the image.
	// +required
	// +kubebuilder:validation:MaxLength=128
	Tag string `json:"tag"`

	// digest of the image; absent with digestPolicy Never.
	// +optional
	// +kubebuilder:validation:MaxLength=135
	Digest string `json:"digest,omitempty"`

	// since is when it was chosen.
	// +required
	Since metav1.Time `json:"since"`

	// reason why it was chosen: Selected, Pinned or Rejected.
	// +required
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason"`
}

// A Selection says why tags lost.
type Selection struct {
	// considered is how many tags there were.
	// +required
	Considered int64 `json:"considered"`

	// rejected counts the tags that lost, by reason.
	// +optional
	// +listType=map
	// +listMapKey=reason
	// +kubebuilder:validation:MaxItems=10
	Rejected []RejectedTags `json:"rejected,omitempty"`
}

// RejectedTags are tags that lost for one reason.
type RejectedTags struct {
	// reason why they lost.
	// +required
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason"`

	// count of them.
	// +required
	Count int64 `json:"count"`

	// examples are up to three of them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:MaxLength=128
	Examples []string `json:"examples,omitempty"`
}

// An ImagePolicy says which of the images of an ImageRepository is wanted.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ipol,categories=fairlead
// +kubebuilder:metadata:annotations="kustomize.toolkit.fluxcd.io/substitute=disabled"
// +kubebuilder:printcolumn:name="Image",type=string,JSONPath=`.status.latest.name`
// +kubebuilder:printcolumn:name="Tag",type=string,JSONPath=`.status.latest.tag`
// +kubebuilder:printcolumn:name="Digest",type=string,JSONPath=`.status.latest.shortDigest`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ImagePolicy struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says which image is wanted.
	// +required
	Spec ImagePolicySpec `json:"spec"`

	// status says which image was chosen, and why.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status ImagePolicyStatus `json:"status,omitempty"`
}

// ImagePolicyList is a list of ImagePolicies.
//
// +kubebuilder:object:root=true
type ImagePolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ImagePolicy `json:"items"`
}

// Reconciled returns the part of the status that every kind has.
func (p *ImagePolicy) Reconciled() *ReconcileStatus { return &p.Status.ReconcileStatus }

// Suspended tells whether spec.suspend is set.
func (p *ImagePolicy) Suspended() bool { return p.Spec.Suspend }
