// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// An Automation is a checked UpdateAutomation: what is written, and where.
type Automation struct {
	Namespace, Name string
	URL, Branch     string        // of the repository; an empty branch is the remote's default
	Insecure        bool          // http:// is allowed
	Timeout         time.Duration // of one Git operation
	Secret          string        // name of the Secret to log in with; empty: none
	Interval        time.Duration
	BatchWindow     time.Duration
	Policies        labels.Selector
	Selections      []site.Selection
	Paths           string // a hash over what is selected
	Author          commit.Signature
	Template        string // of the commit message; empty: the default
	Values          map[string]string
	Overwrite       bool // put back what a person took out
}

const (
	defaultInterval    = 5 * time.Minute
	defaultBatchWindow = 5 * time.Second
	defaultGitTimeout  = 2 * time.Minute
	defaultAuthor      = "Fairlead"
	defaultEmail       = "fairlead@example.com"
)

// NewAutomation checks a.
func NewAutomation(a *v1alpha1.UpdateAutomation) (Automation, error) {
	s := a.Spec
	out := Automation{
		Namespace: a.Namespace,
		Name:      a.Name,
		URL:       s.Git.URL,
		Branch:    s.Git.Branch,
		Insecure:  s.Git.Insecure,
		Author:    commit.Signature{Name: orElse(s.Commit.Author.Name, defaultAuthor), Email: orElse(s.Commit.Author.Email, defaultEmail)},
		Template:  s.Commit.MessageTemplate,
		Values:    s.Commit.Values,
		Overwrite: s.OnManualChange == v1alpha1.OverwriteManualChange,
	}
	if s.Git.SecretRef != nil {
		out.Secret = s.Git.SecretRef.Name
	}
	if err := firstSet(absentFromAutomations(s)); err != nil {
		return Automation{}, err
	}
	if s.Git.URL == "" {
		return Automation{}, invalid("git.url", "is empty")
	}
	err := out.setDurations(s)
	if err != nil {
		return Automation{}, err
	}
	if out.Policies, err = selector(s.PolicySelector); err != nil {
		return Automation{}, err
	}
	if out.Selections, err = selections(s.Update); err != nil {
		return Automation{}, err
	}
	out.Paths = pathsHash(s.Update)
	return out, nil
}

// setDurations reads the fields that say how long something takes.
func (a *Automation) setDurations(s v1alpha1.UpdateAutomationSpec) (err error) {
	for _, d := range []struct {
		field            string
		text             v1alpha1.Duration
		otherwise, least time.Duration
		into             *time.Duration
	}{
		{"interval", s.Interval, defaultInterval, shortest, &a.Interval},
		{"batchWindow", s.BatchWindow, defaultBatchWindow, 0, &a.BatchWindow},
		{"git.timeout", s.Git.Timeout, defaultGitTimeout, shortest, &a.Timeout},
	} {
		if *d.into, err = duration(d.field, d.text, d.otherwise, d.least); err != nil {
			return err
		}
	}
	return nil
}

// absentFromAutomations are the fields that this version does not support.
func absentFromAutomations(s v1alpha1.UpdateAutomationSpec) []absence {
	return []absence{
		{"spec.git.sourceRef", s.Git.SourceRef != nil},
		{"spec.git.proxySecretRef", s.Git.ProxySecretRef != nil},
		{"spec.delivery.mode " + string(s.Delivery.Mode), s.Delivery.Mode != "" && s.Delivery.Mode != v1alpha1.CommitDelivery},
		{"spec.delivery.branch", s.Delivery.Branch != ""},
		{"spec.delivery.pullRequest", s.Delivery.PullRequest != nil},
		{"spec.commit.signing", s.Commit.Signing != nil},
		{"spec.windows", len(s.Windows) > 0},
		{"spec.dryRun", s.DryRun},
	}
}

// selector returns which policies are meant; nil means all.
func selector(s *metav1.LabelSelector) (labels.Selector, error) {
	if s == nil {
		return labels.Everything(), nil
	}
	selected, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil, invalid("policySelector", "%w", err)
	}
	return selected, nil
}

// selections returns which files are looked at, and how; no update means markers, everywhere.
func selections(updates []v1alpha1.UpdateSpec) ([]site.Selection, error) {
	if len(updates) == 0 {
		updates = []v1alpha1.UpdateSpec{{}}
	}
	var all []site.Selection
	for i, u := range updates {
		name := orElse(string(u.Strategy), string(v1alpha1.MarkersStrategy))
		strategy, ok := plan.StrategyNamed(name)
		if !ok {
			return nil, unavailable(fmt.Sprintf("spec.update[%d].strategy %s", i, name))
		}
		if err := insidePath(fmt.Sprintf("update[%d].path", i), u.Path); err != nil {
			return nil, err
		}
		all = append(all, site.Selection{Path: orElse(u.Path, "."), Include: u.Include, Exclude: u.Exclude, Strategy: strategy})
	}
	return all, nil
}

// insidePath refuses a path that leads out of the repository, also of an object stored before the CRD did.
func insidePath(field, path string) error {
	if strings.HasPrefix(path, "/") || strings.ContainsRune(path, 0) {
		return invalid(field, "%.80q is not a folder inside the repository", path)
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == ".." {
			return invalid(field, "%.80q is not a folder inside the repository", path)
		}
	}
	return nil
}

// pathsHash names what is selected: when it changes, what was looked at before says nothing about what is looked at now.
func pathsHash(updates []v1alpha1.UpdateSpec) string {
	text, err := json.Marshal(updates)
	if err != nil {
		return "" // strings always encode
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
