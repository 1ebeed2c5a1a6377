// SPDX-License-Identifier: Apache-2.0

// Package reason holds every word Fairlead gives as a reason: for a condition, for a tag that lost, for a place
// in Git that is left alone, for a change that waits. Each says what a person should do about it.
//
// It imports nothing, so that every layer uses the same words.
package reason

// A Reason is one word in CamelCase, for machines to compare. The message beside it is for people.
type Reason string

// Reasons that every kind shares.
const (
	// Succeeded: all is well; nothing to do.
	Succeeded Reason = "Succeeded"
	// Suspended: spec.suspend is true; set it to false to go on.
	Suspended Reason = "Suspended"
	// Progressing: the first run for this generation has not ended yet; wait.
	Progressing Reason = "Progressing"
	// ProgressingWithRetry: the last run failed in a way that trying again may mend; the Ready condition says how.
	ProgressingWithRetry Reason = "ProgressingWithRetry"
	// InvalidSpec: a field of spec has a value that cannot work, or that this version does not support; the
	// message names the field. Correct it.
	InvalidSpec Reason = "InvalidSpec"
	// AccessDenied: the object refers to something it may not use; ask the owner of that object or namespace.
	AccessDenied Reason = "AccessDenied"
	// SecretNotFound: a Secret that spec names does not exist in this namespace; create it or correct the name.
	SecretNotFound Reason = "SecretNotFound"
	// SecretInvalid: a Secret lacks a key or holds a value that cannot be used; the message names the key.
	SecretInvalid Reason = "SecretInvalid"
	// InternalError: Fairlead itself failed; the controller's log has the details. Please report it.
	InternalError Reason = "InternalError"
)

// Reasons of an ImageRepository.
const (
	// AuthenticationFailed: the registry refused the credentials, or asks for some; check secretRef.
	AuthenticationFailed Reason = "AuthenticationFailed"
	// NotFound: the registry has no such repository, or hides it from these credentials; check spec.image.
	NotFound Reason = "NotFound"
	// RateLimited: the registry asked us to wait; the message says until when. Raise spec.interval, or log in.
	RateLimited Reason = "RateLimited"
	// ScanFailed: the registry could not be reached or answered wrongly; it is tried again.
	ScanFailed Reason = "ScanFailed"
	// TagListTooLarge: the list of tags passes a limit; clean up the repository, or split it.
	TagListTooLarge Reason = "TagListTooLarge"
	// SuspiciousShrink: far fewer tags than last time; believed when the next scan confirms it.
	SuspiciousShrink Reason = "SuspiciousShrink"
	// InvalidImage: spec.image is not the name of an image without tag and digest; correct it.
	InvalidImage Reason = "InvalidImage"
)

// Reasons of an ImagePolicy.
const (
	// Pinned: spec.pin decides; remove it to let the policy choose again.
	Pinned Reason = "Pinned"
	// NoTagsMatch: no tag fits filter and policy; the message counts why. Correct the policy or push a tag.
	NoTagsMatch Reason = "NoTagsMatch"
	// NoEligibleTag: tags fit, but none may be taken yet; the message says what each waits for.
	NoEligibleTag Reason = "NoEligibleTag"
	// DowngradeHeld: what the policy would choose ranks below what was chosen before; set allowDowngrade, edit
	// the policy, or reject the current image to go down.
	DowngradeHeld Reason = "DowngradeHeld"
	// RepositoryNotReady: the ImageRepository has not been scanned yet, or cannot be; look at its conditions.
	RepositoryNotReady Reason = "RepositoryNotReady"
	// DigestFailed: the chosen tag could not be resolved to a digest that matches its content; it is tried again.
	DigestFailed Reason = "DigestFailed"
	// PlatformMissing: no candidate offers all of spec.platforms; push the missing ones or shorten the list.
	PlatformMissing Reason = "PlatformMissing"
	// InvalidPolicy: a range, pattern, group or duration of spec cannot be used; the message names it.
	InvalidPolicy Reason = "InvalidPolicy"
	// RepositoryNotFound: spec.imageRepositoryRef names an object that does not exist; create it or correct the name.
	RepositoryNotFound Reason = "RepositoryNotFound"
)

// Reasons of a choice, and of the tags that lost.
const (
	// Selected: the policy ranks it highest.
	Selected Reason = "Selected"
	// Rejected: spec.reject matches it; or, of a choice, spec.reject took out what ran before.
	Rejected Reason = "Rejected"
	// NotMatched: filterTags.pattern does not match, or the policy's own pattern, or a group of orderBy took no part.
	NotMatched Reason = "NotMatched"
	// ExtractEmpty: filterTags.extract yields nothing for the tag.
	ExtractEmpty Reason = "ExtractEmpty"
	// NotSemver: the tag is not a version of three numbers.
	NotSemver Reason = "NotSemver"
	// PreRelease: a pre-release, and the range does not admit it as one; write -0 after its bounds to let them in.
	PreRelease Reason = "PreRelease"
	// OutOfRange: the version is outside the range.
	OutOfRange Reason = "OutOfRange"
	// NotNumerical: the tag, or what was extracted from it, is not a number.
	NotNumerical Reason = "NotNumerical"
	// MinAge: too young; it waits until it has been seen for spec.minAge.
	MinAge Reason = "MinAge"
	// NotExamined: past the limit of tags that are looked at.
	NotExamined Reason = "NotExamined"
	// NoDate: the registry does not say when the image was made or pushed.
	NoDate Reason = "NoDate"
)

// Reasons of an UpdateAutomation.
const (
	// Frozen: the annotation fairlead.dev/freeze stops updates; remove it to go on.
	Frozen Reason = "Frozen"
	// OutsideWindow: spec.windows does not allow writing now; the message says when it does.
	OutsideWindow Reason = "OutsideWindow"
	// DryRun: spec.dryRun is true; changes are planned and reported, and nothing is written.
	DryRun Reason = "DryRun"
	// GitFailed: the Git server could not be reached or answered wrongly; it is tried again.
	GitFailed Reason = "GitFailed"
	// GitAuthenticationFailed: the Git server refused the credentials; check git.secretRef.
	GitAuthenticationFailed Reason = "GitAuthenticationFailed"
	// HostKeyMismatch: the SSH server showed a key that known_hosts does not list; check the key, then the Secret.
	HostKeyMismatch Reason = "HostKeyMismatch"
	// PushRejected: the Git server refused the push by a rule of its own; its words are in the message.
	PushRejected Reason = "PushRejected"
	// PushRace: others kept writing to the branch; it is tried again.
	PushRace Reason = "PushRace"
	// BranchNotFound: the branch does not exist; create it or correct git.branch.
	BranchNotFound Reason = "BranchNotFound"
	// PoliciesNotReady: no selected policy has chosen an image yet; look at their conditions.
	PoliciesNotReady Reason = "PoliciesNotReady"
	// ManualChange: a person took the image out of Git; it stays out until a newer one is wanted, or a retry.
	ManualChange Reason = "ManualChange"
	// HistoryRewritten: the commit last looked at is gone, and the image with it; it stays out likewise.
	HistoryRewritten Reason = "HistoryRewritten"
)

// Reasons of a place in Git that is left alone.
const (
	// UnknownPolicy: no policy of that name in this namespace is selected; correct the marker.
	UnknownPolicy Reason = "UnknownPolicy"
	// PolicyNotReady: the policy has never chosen an image; look at its conditions.
	PolicyNotReady Reason = "PolicyNotReady"
	// PolicySuspended: the policy is suspended; its places are left alone until it is resumed.
	PolicySuspended Reason = "PolicySuspended"
	// AmbiguousPolicy: two policies follow the image; use markers, or select one of them.
	AmbiguousPolicy Reason = "AmbiguousPolicy"
	// InvalidMarker: a comment has $imagepolicy but is not a marker; correct it.
	InvalidMarker Reason = "InvalidMarker"
	// NoTarget: there is no value to write to: a marker without one on its line or the next, or an empty key. Move the
	// marker, or fill in the key.
	NoTarget Reason = "NoTarget"
	// OnAlias: the value is an alias, or an anchor whose aliases mean something else. Put the marker at the anchor, or
	// write the value out.
	OnAlias Reason = "OnAlias"
	// BlockScalar: the value is a block of text; write it on one line.
	BlockScalar Reason = "BlockScalar"
	// NoDigest: the file wants a digest and the policy has none; set digestPolicy.
	NoDigest Reason = "NoDigest"
	// Templated: part of the value is filled in by a template; it is left alone.
	Templated Reason = "Templated"
	// DuplicateKey: the key stands twice in one mapping; remove one.
	DuplicateKey Reason = "DuplicateKey"
	// Encrypted: the file is encrypted with SOPS; an edit would break its checksum.
	Encrypted Reason = "Encrypted"
	// UnsupportedEncoding: the file is not UTF-8; convert it.
	UnsupportedEncoding Reason = "UnsupportedEncoding"
	// TooLarge: the file is over the limit of 5 MiB; split it or exclude it.
	TooLarge Reason = "TooLarge"
	// Link: a symbolic link, a submodule or an LFS pointer; its target is edited where it stands.
	Link Reason = "Link"
	// InvalidFolder: the folder holds names that a strict Git server refuses, or lies too deep; nothing in it can be
	// written. Mend it with git, or exclude it.
	InvalidFolder Reason = "InvalidFolder"
	// InvalidYAML: the file has a marker and is not YAML; correct it or exclude it.
	InvalidYAML Reason = "InvalidYAML"
	// LooksLikeAddress: a bare name with a number that may be a port; write the image in full.
	LooksLikeAddress Reason = "LooksLikeAddress"
)
