// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// UpdateAutomationSpec says what is written to Git, where, and when.
//
// +kubebuilder:validation:XValidation:rule="!has(self.delivery) || !has(self.delivery.pullRequest) || !has(self.delivery.pullRequest.apiURL) || !self.delivery.pullRequest.apiURL.startsWith('http://') || (has(self.git) && has(self.git.insecure) && self.git.insecure)",message="an http:// apiURL needs git.insecure: true"
type UpdateAutomationSpec struct {
	// interval is how often Git is looked at without a trigger; at least 1s. Default 5m.
	// +optional
	// +kubebuilder:default="5m"
	// +kubebuilder:validation:XValidation:rule=`!self.matches('^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$') || self.matches('(^|[a-z])0*([1-9][0-9]{5,}(\\.[0-9]+)?h|[1-9][0-9]{7,}(\\.[0-9]+)?m([0-9]|$)|[1-9][0-9]{9,})') || duration(self) >= duration('1s')`,message="must be at least 1s"
	Interval Duration `json:"interval,omitempty"`

	// batchWindow gathers the changes of several policies into one commit; it starts at the first change and does
	// not slide. 0s writes at once. Default 5s.
	// +optional
	// +kubebuilder:default="5s"
	BatchWindow Duration `json:"batchWindow,omitempty"`

	// policySelector selects ImagePolicies of this namespace by up to 32 labels and up to 32 expressions. Default: every one.
	// +optional
	// +kubebuilder:validation:XValidation:rule="(!has(self.matchLabels) || self.matchLabels.size() <= 32) && (!has(self.matchExpressions) || self.matchExpressions.size() <= 32)",message="may have 32 matchLabels and 32 matchExpressions"
	PolicySelector *metav1.LabelSelector `json:"policySelector,omitempty"`

	// git says which repository and branch is read and written.
	// +required
	Git GitSpec `json:"git"`

	// update says which files are looked at, and how images are found in them. Default: markers, everywhere.
	// +optional
	// +listType=atomic
	// +kubebuilder:default={{path: ".", strategy: Markers}}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Update []UpdateSpec `json:"update,omitempty"`

	// commit says what commits look like.
	// +optional
	// +kubebuilder:default={author: {name: "Fairlead", email: "fairlead@example.com"}}
	Commit CommitSpec `json:"commit,omitempty"`

	// delivery says how a change reaches the base branch.
	// +optional
	// +kubebuilder:default={mode: Commit}
	Delivery DeliverySpec `json:"delivery,omitempty"`

	// windows say when writing is allowed; Deny wins over Allow. Default: always.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Windows []Window `json:"windows,omitempty"`

	// onManualChange says what happens to an image that a person took out of Git: Hold (default) leaves it out until
	// a newer one is wanted, Overwrite puts it back.
	// +optional
	// +kubebuilder:default=Hold
	OnManualChange ManualChange `json:"onManualChange,omitempty"`

	// dryRun plans and reports, and writes nothing. Default false.
	// +optional
	DryRun bool `json:"dryRun,omitempty"`

	// suspend stops all reading and writing until it is false again. Default false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// GitSpec says which repository and branch is read and written.
//
// +kubebuilder:validation:XValidation:rule="has(self.url) != has(self.sourceRef)",message="exactly one of url, sourceRef"
// +kubebuilder:validation:XValidation:rule="!has(self.url) || !self.url.startsWith('http://') || (has(self.insecure) && self.insecure)",message="an http:// address needs insecure: true"
type GitSpec struct {
	// url of the repository: https://git.example.com/acme/fleet.git, ssh://git@git.example.com/acme/fleet.git, or
	// git@git.example.com:acme/fleet.git. Credentials belong into a Secret: a URL with a password, a query or a
	// fragment is refused.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^(https?://[^@/?#\s-][^@/?#\s]*/[^?#\s]+|ssh://([^@/:?#\s-][^@/:?#\s]*@)?[^@/?#\s-][^@/?#\s]*/[^?#\s]+|[^@/:\s-][^@/:\s]*@[^@/:\s-][^@/:\s]*:[^\s-]\S*)$')`,message="write https://host/path, ssh://user@host/path or user@host:path; credentials belong into a Secret"
	URL string `json:"url,omitempty"`

	// sourceRef names a Flux GitRepository of this namespace; URL, branch and Secret are taken from it.
	// +optional
	SourceRef *SourceReference `json:"sourceRef,omitempty"`

	// branch is the base branch. Default: the one that the remote's HEAD names.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:Pattern=`^[^\s~^:?*\[\\-][^\s~^:?*\[\\]*$`
	Branch string `json:"branch,omitempty"`

	// insecure allows http://; without it nothing is ever sent over http. Default false.
	// +optional
	Insecure bool `json:"insecure,omitempty"`

	// secretRef names a Secret to log in with: username and password; bearerToken; githubAppID,
	// githubAppInstallationID and githubAppPrivateKey; or identity and known_hosts (and password for the key). A
	// ca.crt beside them is trusted for https.
	// +optional
	SecretRef *SecretReference `json:"secretRef,omitempty"`

	// proxySecretRef names a Secret with address, and optionally username and password, of an HTTP proxy.
	// +optional
	ProxySecretRef *SecretReference `json:"proxySecretRef,omitempty"`

	// timeout bounds one Git operation; at least 1s. Default 120s.
	// +optional
	// +kubebuilder:default="120s"
	// +kubebuilder:validation:XValidation:rule=`!self.matches('^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$') || self.matches('(^|[a-z])0*([1-9][0-9]{5,}(\\.[0-9]+)?h|[1-9][0-9]{7,}(\\.[0-9]+)?m([0-9]|$)|[1-9][0-9]{9,})') || duration(self) >= duration('1s')`,message="must be at least 1s"
	Timeout Duration `json:"timeout,omitempty"`
}

// A SourceReference names an object of Flux.
type SourceReference struct {
	// kind of the object: GitRepository.
	// +optional
	// +kubebuilder:default=GitRepository
	// +kubebuilder:validation:Enum=GitRepository
	Kind string `json:"kind,omitempty"`

	// name of the object, in this namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// A Strategy is a way to find images in files.
//
// +kubebuilder:validation:Enum=Markers;Images;Kustomize;HelmValues;References
type Strategy string

// The strategies.
const (
	// MarkersStrategy finds YAML values by a comment beside them.
	MarkersStrategy Strategy = "Markers"
	// ImagesStrategy finds the images of Kubernetes workloads.
	ImagesStrategy Strategy = "Images"
	// KustomizeStrategy finds the images of kustomizations.
	KustomizeStrategy Strategy = "Kustomize"
	// HelmValuesStrategy finds images in Helm values.
	HelmValuesStrategy Strategy = "HelmValues"
	// ReferencesStrategy finds image references in any text.
	ReferencesStrategy Strategy = "References"
)

// UpdateSpec says which files are looked at, and how images are found in them.
type UpdateSpec struct {
	// path of a folder in the repository. Default ".", all of it.
	// +optional
	// +kubebuilder:default="."
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('/') && !self.split('/').exists(p, p == '..')",message="must be a folder inside the repository"
	Path string `json:"path,omitempty"`

	// include are globs of files below path; '**' stands for any folders. Default for the strategies that read YAML:
	// ['**/*.yaml', '**/*.yml', '**/Kustomization'].
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=256
	Include []string `json:"include,omitempty"`

	// exclude are globs of files below path that are left out.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=256
	Exclude []string `json:"exclude,omitempty"`

	// strategy finds the images: Markers (default), Images, Kustomize, HelmValues or References.
	// +optional
	// +kubebuilder:default=Markers
	Strategy Strategy `json:"strategy,omitempty"`
}

// CommitSpec says what commits look like.
type CommitSpec struct {
	// author of the commits, and their committer.
	// +optional
	// +kubebuilder:default={name: "Fairlead", email: "fairlead@example.com"}
	Author CommitAuthor `json:"author,omitempty"`

	// messageTemplate is a Go text/template of the commit message, over .Automation, .Changes and .Values. Default: a
	// subject and a line for each change.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	MessageTemplate string `json:"messageTemplate,omitempty"`

	// values are strings for the templates, as .Values: up to 64, of up to 1024 characters under keys of up to 64.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.size() <= 64 && self[k].size() <= 1024)",message="a key may have 64 characters, and a value 1024"
	Values map[string]string `json:"values,omitempty"`

	// signing signs the commits.
	// +optional
	Signing *SigningSpec `json:"signing,omitempty"`
}

// A CommitAuthor is whom Git names as author and committer.
type CommitAuthor struct {
	// name of the author. Default Fairlead.
	// +optional
	// +kubebuilder:default=Fairlead
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[^<>\x00-\x1f]+$`
	Name string `json:"name,omitempty"`

	// email of the author. Default fairlead@example.com.
	// +optional
	// +kubebuilder:default="fairlead@example.com"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:Pattern=`^[^<>\s]+$`
	Email string `json:"email,omitempty"`
}

// A SigningFormat is a kind of signature.
//
// +kubebuilder:validation:Enum=OpenPGP;SSH
type SigningFormat string

// The signing formats.
const (
	// OpenPGPSigning signs with an OpenPGP key.
	OpenPGPSigning SigningFormat = "OpenPGP"
	// SSHSigning signs with an SSH key.
	SSHSigning SigningFormat = "SSH"
)

// SigningSpec signs commits.
type SigningSpec struct {
	// secretRef names a Secret with the key.
	// +required
	SecretRef SecretReference `json:"secretRef"`

	// format of the signature: OpenPGP (default) or SSH.
	// +optional
	// +kubebuilder:default=OpenPGP
	Format SigningFormat `json:"format,omitempty"`
}

// A DeliveryMode is how a change reaches the base branch.
//
// +kubebuilder:validation:Enum=Commit;Branch;PullRequest
type DeliveryMode string

// The delivery modes.
const (
	// CommitDelivery pushes to the base branch.
	CommitDelivery DeliveryMode = "Commit"
	// BranchDelivery pushes to a branch of its own.
	BranchDelivery DeliveryMode = "Branch"
	// PullRequestDelivery pushes to a branch of its own and opens a pull request.
	PullRequestDelivery DeliveryMode = "PullRequest"
)

// DeliverySpec says how a change reaches the base branch.
type DeliverySpec struct {
	// mode: Commit (default), Branch or PullRequest.
	// +optional
	// +kubebuilder:default=Commit
	Mode DeliveryMode `json:"mode,omitempty"`

	// branch that Branch and PullRequest write. Default: fairlead/[<cluster>/]<namespace>/<name>[_<group>].
	// +optional
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:Pattern=`^[^\s~^:?*\[\\-][^\s~^:?*\[\\]*$`
	Branch string `json:"branch,omitempty"`

	// pullRequest says what pull requests look like.
	// +optional
	PullRequest *PullRequestSpec `json:"pullRequest,omitempty"`
}

// A ForgeKind is a product that hosts Git repositories and pull requests.
//
// +kubebuilder:validation:Enum=GitHub;GitLab;Gitea;Bitbucket;BitbucketServer;AzureDevOps
type ForgeKind string

// A Grouping says which changes share a pull request.
//
// +kubebuilder:validation:Enum=Automation;Policy;Directory
type Grouping string

// An AutoMerge says when a pull request is merged without a person.
//
// +kubebuilder:validation:Enum=Never;WhenChecksPass
type AutoMerge string

// PullRequestSpec says what pull requests look like.
type PullRequestSpec struct {
	// provider of the pull requests. Default: guessed from the host.
	// +optional
	Provider ForgeKind `json:"provider,omitempty"`

	// apiURL of the provider. Default: derived from git.url. An http:// one needs git.insecure.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:Pattern=`^https?://[^@/?#\s-][^@/?#\s]*(/[^?#\s]*)?$`
	APIURL string `json:"apiURL,omitempty"`

	// secretRef names a Secret for the API: token; username and password; or the three keys of a GitHub App.
	// Default: git.secretRef.
	// +optional
	SecretRef *SecretReference `json:"secretRef,omitempty"`

	// groupBy says which changes share a pull request: Automation (default), Policy or Directory.
	// +optional
	// +kubebuilder:default=Automation
	GroupBy Grouping `json:"groupBy,omitempty"`

	// titleTemplate is a Go text/template of the title.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	TitleTemplate string `json:"titleTemplate,omitempty"`

	// bodyTemplate is a Go text/template of the body.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	BodyTemplate string `json:"bodyTemplate,omitempty"`

	// labels that pull requests get.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=128
	Labels []string `json:"labels,omitempty"`

	// reviewers who are asked.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=128
	Reviewers []string `json:"reviewers,omitempty"`

	// assignees of pull requests.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=128
	Assignees []string `json:"assignees,omitempty"`

	// draft opens pull requests as drafts. Default false.
	// +optional
	Draft bool `json:"draft,omitempty"`

	// autoMerge: Never (default) or WhenChecksPass.
	// +optional
	// +kubebuilder:default=Never
	AutoMerge AutoMerge `json:"autoMerge,omitempty"`

	// maxOpen is how many pull requests may be open at once; 0 is unlimited. Default 10.
	// +optional
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	MaxOpen *int32 `json:"maxOpen,omitempty"`
}

// A WindowKind says what a window does.
//
// +kubebuilder:validation:Enum=Allow;Deny
type WindowKind string

// A Window is a time that comes again, in which writing is allowed or denied.
type Window struct {
	// kind: Allow or Deny.
	// +required
	Kind WindowKind `json:"kind"`

	// schedule is when the window opens, in cron's five fields: '0 16 * * FRI'.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Schedule string `json:"schedule"`

	// duration is how long it stays open; at least 1s.
	// +required
	// +kubebuilder:validation:XValidation:rule=`!self.matches('^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$') || self.matches('(^|[a-z])0*([1-9][0-9]{5,}(\\.[0-9]+)?h|[1-9][0-9]{7,}(\\.[0-9]+)?m([0-9]|$)|[1-9][0-9]{9,})') || duration(self) >= duration('1s')`,message="must be at least 1s"
	Duration Duration `json:"duration"`

	// timeZone of schedule, by its IANA name: "Europe/Berlin". Default UTC.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`
}

// A ManualChange says what happens to an image that a person took out of Git.
//
// +kubebuilder:validation:Enum=Hold;Overwrite
type ManualChange string

// What happens to an image that a person took out.
const (
	// HoldManualChange leaves it out until a newer one is wanted.
	HoldManualChange ManualChange = "Hold"
	// OverwriteManualChange puts it back.
	OverwriteManualChange ManualChange = "Overwrite"
)

// UpdateAutomationStatus says what was written, and what waits.
type UpdateAutomationStatus struct {
	ReconcileStatus `json:",inline"`

	// observedCommit is the base commit that was last examined, or the one we pushed.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ObservedCommit string `json:"observedCommit,omitempty"`

	// observedSource is what observedCommit belongs to; when it differs from spec, we start as on the first day.
	// +optional
	ObservedSource *ObservedSource `json:"observedSource,omitempty"`

	// lastCommit is the last commit that we pushed.
	// +optional
	LastCommit *PushedCommit `json:"lastCommit,omitempty"`

	// sites counts the places that name an image.
	// +optional
	Sites *SiteCounts `json:"sites,omitempty"`

	// pullRequests are those that we opened.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	PullRequests []PullRequestStatus `json:"pullRequests,omitempty"`

	// pending are changes that wait, up to 20 of them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Pending []PendingChange `json:"pending,omitempty"`

	// pendingCount is how many changes wait.
	// +optional
	PendingCount int32 `json:"pendingCount,omitempty"`

	// held are images that a person took out, and that are not put back.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=512
	Held []HeldImage `json:"held,omitempty"`

	// heldCount is how many images are held.
	// +optional
	HeldCount int32 `json:"heldCount,omitempty"`

	// history is what was written, newest first.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	History []Update `json:"history,omitempty"`

	// pendingPush is the intent of a push whose outcome is not yet known.
	// +optional
	PendingPush *PendingPush `json:"pendingPush,omitempty"`
}

// ObservedSource is what was looked at.
type ObservedSource struct {
	// url of the repository.
	// +required
	// +kubebuilder:validation:MaxLength=1024
	URL string `json:"url"`

	// branch in full, the default branch by its name.
	// +required
	// +kubebuilder:validation:MaxLength=255
	Branch string `json:"branch"`

	// paths is a hash over spec.update.
	// +required
	// +kubebuilder:validation:MaxLength=135
	Paths string `json:"paths"`
}

// A PushedCommit is a commit that we pushed.
type PushedCommit struct {
	// sha is the commit's id.
	// +required
	// +kubebuilder:validation:MaxLength=64
	SHA string `json:"sha"`

	// shortSHA is the first 12 digits of sha, for tables.
	// +optional
	// +kubebuilder:validation:MaxLength=12
	ShortSHA string `json:"shortSHA,omitempty"`

	// branch it was pushed to.
	// +required
	// +kubebuilder:validation:MaxLength=255
	Branch string `json:"branch"`

	// time of the commit.
	// +required
	Time metav1.Time `json:"time"`
}

// SiteCounts counts the places that name an image.
type SiteCounts struct {
	// files with at least one place.
	// +required
	Files int32 `json:"files"`

	// count of the places.
	// +required
	Count int32 `json:"count"`

	// unresolved are places that are left alone, and why, up to 20 of them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Unresolved []UnresolvedSite `json:"unresolved,omitempty"`

	// unresolvedCount is how many places are left alone.
	// +optional
	UnresolvedCount int32 `json:"unresolvedCount,omitempty"`
}

// An UnresolvedSite is a place that is left alone.
type UnresolvedSite struct {
	// file in the repository.
	// +required
	// +kubebuilder:validation:MaxLength=4096
	File string `json:"file"`

	// line in the file, from 1; 0 when the whole file is meant.
	// +optional
	Line int32 `json:"line,omitempty"`

	// reason why it is left alone.
	// +required
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason"`

	// text that stands there.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Text string `json:"text,omitempty"`
}

// A PullRequestStatus is a pull request that we opened.
type PullRequestStatus struct {
	// number of the pull request.
	// +required
	Number int64 `json:"number"`

	// url of its page.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	URL string `json:"url,omitempty"`

	// branch it asks to merge.
	// +required
	// +kubebuilder:validation:MaxLength=255
	Branch string `json:"branch"`

	// commit at the head of branch.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Commit string `json:"commit,omitempty"`

	// state: Open, Merged or Closed.
	// +required
	// +kubebuilder:validation:MaxLength=64
	State string `json:"state"`

	// changes is how many it brings.
	// +optional
	Changes int32 `json:"changes,omitempty"`
}

// A PendingChange is a change that waits.
type PendingChange struct {
	// policy that wants it: "shop/web".
	// +required
	// +kubebuilder:validation:MaxLength=320
	Policy string `json:"policy"`

	// from is the image in Git now.
	// +optional
	// +kubebuilder:validation:MaxLength=1536
	From string `json:"from,omitempty"`

	// to is the image that is wanted.
	// +required
	// +kubebuilder:validation:MaxLength=1536
	To string `json:"to"`

	// reason why it waits: Frozen, OutsideWindow, DowngradeHeld, DryRun or MaxOpen.
	// +required
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason"`

	// until when it waits, where that is known.
	// +optional
	Until *metav1.Time `json:"until,omitempty"`
}

// A HeldImage is an image that a person took out, and that is not put back.
type HeldImage struct {
	// policy that wanted it: "shop/web".
	// +required
	// +kubebuilder:validation:MaxLength=320
	Policy string `json:"policy"`

	// tag of the image.
	// +required
	// +kubebuilder:validation:MaxLength=128
	Tag string `json:"tag"`

	// digest of the image.
	// +optional
	// +kubebuilder:validation:MaxLength=135
	Digest string `json:"digest,omitempty"`

	// reason: ManualChange, PullRequestClosed or HistoryRewritten.
	// +required
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason"`

	// file where it was seen.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	File string `json:"file,omitempty"`

	// commit that took it out.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Commit string `json:"commit,omitempty"`

	// by whom it was taken out: the author of commit.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	By string `json:"by,omitempty"`

	// since when it is held.
	// +required
	Since metav1.Time `json:"since"`
}

// An Update is something that was written.
type Update struct {
	// time of the commit.
	// +required
	Time metav1.Time `json:"time"`

	// commit that was pushed.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Commit string `json:"commit,omitempty"`

	// pullRequest that brought it, by its number.
	// +optional
	PullRequest int64 `json:"pullRequest,omitempty"`

	// state: Applied, Open, Merged or Closed.
	// +required
	// +kubebuilder:validation:MaxLength=64
	State string `json:"state"`

	// changes it brought, up to 50 of them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=50
	Changes []ImageChange `json:"changes,omitempty"`

	// changeCount is how many it brought.
	// +required
	ChangeCount int32 `json:"changeCount"`
}

// An ImageChange is one image that moved.
type ImageChange struct {
	// policy that wanted it: "shop/web".
	// +required
	// +kubebuilder:validation:MaxLength=320
	Policy string `json:"policy"`

	// from is the image before.
	// +optional
	// +kubebuilder:validation:MaxLength=1536
	From string `json:"from,omitempty"`

	// to is the image after.
	// +required
	// +kubebuilder:validation:MaxLength=1536
	To string `json:"to"`

	// files that changed for it.
	// +required
	Files int32 `json:"files"`
}

// A PendingPush is the intent of a push: recorded before it, and cleared when its outcome is known.
type PendingPush struct {
	// updateID is a hash over what is changed, and stands in the commit's trailer.
	// +required
	// +kubebuilder:validation:MaxLength=135
	UpdateID string `json:"updateID"`

	// base is the commit that the change was planned on.
	// +required
	// +kubebuilder:validation:MaxLength=64
	Base string `json:"base"`

	// commit that is pushed.
	// +required
	// +kubebuilder:validation:MaxLength=64
	Commit string `json:"commit"`

	// branch it is pushed to.
	// +required
	// +kubebuilder:validation:MaxLength=255
	Branch string `json:"branch"`

	// time of the plan, and of the commit.
	// +required
	Time metav1.Time `json:"time"`
}

// An UpdateAutomation writes the images that policies want to Git.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=uauto,categories=fairlead
// +kubebuilder:metadata:annotations="kustomize.toolkit.fluxcd.io/substitute=disabled"
// +kubebuilder:printcolumn:name="Repository",type=string,JSONPath=`.spec.git.url`
// +kubebuilder:printcolumn:name="Branch",type=string,JSONPath=`.status.observedSource.branch`
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.delivery.mode`
// +kubebuilder:printcolumn:name="Last commit",type=string,JSONPath=`.status.lastCommit.shortSHA`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.pendingCount`
// +kubebuilder:printcolumn:name="Held",type=integer,JSONPath=`.status.heldCount`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type UpdateAutomation struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what is written to Git, where, and when.
	// +required
	Spec UpdateAutomationSpec `json:"spec"`

	// status says what was written, and what waits.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status UpdateAutomationStatus `json:"status,omitempty"`
}

// UpdateAutomationList is a list of UpdateAutomations.
//
// +kubebuilder:object:root=true
type UpdateAutomationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []UpdateAutomation `json:"items"`
}

// Reconciled returns the part of the status that every kind has.
func (a *UpdateAutomation) Reconciled() *ReconcileStatus { return &a.Status.ReconcileStatus }

// Suspended tells whether spec.suspend is set.
func (a *UpdateAutomation) Suspended() bool { return a.Spec.Suspend }
