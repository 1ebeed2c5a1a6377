// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// A Source is a checked ImageRepository: what to scan, and how.
type Source struct {
	Namespace string
	Image     image.Name
	Interval  time.Duration
	Timeout   time.Duration
	Exclude   Exclusion
	Secret    string // name of the Secret to log in with; empty: none
	Insecure  bool
}

const (
	defaultScanInterval = 10 * time.Minute
	defaultScanTimeout  = time.Minute
	shortest            = time.Second
)

// defaultExcludeTags leave out what signing tools keep beside images.
var defaultExcludeTags = []string{`\.(sig|att|sbom)$`, `^sha256-[0-9a-f]{64}`}

// NewSource checks repo.
func NewSource(repo *v1alpha1.ImageRepository) (Source, error) {
	s := repo.Spec
	name, err := image.ParseName(s.Image)
	if err != nil {
		return Source{}, fault.Stall(reason.InvalidImage, fmt.Errorf("spec.image: %w", err))
	}
	source := Source{Namespace: repo.Namespace, Image: name, Insecure: s.Insecure}
	if source.Interval, err = duration("interval", s.Interval, defaultScanInterval, shortest); err != nil {
		return Source{}, err
	}
	if source.Timeout, err = duration("timeout", s.Timeout, defaultScanTimeout, shortest); err != nil {
		return Source{}, err
	}
	if source.Exclude, err = NewExclusion(s.ExcludeTags); err != nil {
		return Source{}, err
	}
	if s.SecretRef != nil {
		source.Secret = s.SecretRef.Name
	}
	return source, firstSet([]absence{
		{"spec.provider " + string(s.Provider), s.Provider != "" && s.Provider != v1alpha1.GenericProvider},
		{"spec.serviceAccountName", s.ServiceAccountName != ""},
		{"spec.certSecretRef", s.CertSecretRef != nil},
		{"spec.proxySecretRef", s.ProxySecretRef != nil},
	})
}

// An Exclusion leaves tags out of a list.
type Exclusion struct{ patterns []*regexp.Regexp }

// NewExclusion compiles excludeTags; nil stands for the default, an empty list for none.
func NewExclusion(texts []string) (Exclusion, error) {
	if texts == nil {
		texts = defaultExcludeTags
	}
	var e Exclusion
	for i, text := range texts {
		re, err := pattern(fmt.Sprintf("excludeTags[%d]", i), text)
		if err != nil {
			return Exclusion{}, err
		}
		e.patterns = append(e.patterns, re)
	}
	return e, nil
}

// Keep returns the tags of list that no pattern matches; list itself when that is all of them.
func (e Exclusion) Keep(list taglist.List) taglist.List {
	first := -1
	for i := range list.Len() {
		if e.matches(list.At(i)) {
			first = i
			break
		}
	}
	if first < 0 {
		return list
	}
	var kept taglist.Builder
	for i := range list.Len() {
		if tag := list.At(i); i < first || !e.matches(tag) {
			kept.Add(tag)
		}
	}
	return kept.List()
}

func (e Exclusion) matches(tag string) bool {
	return slices.ContainsFunc(e.patterns, func(re *regexp.Regexp) bool { return re.MatchString(tag) })
}

// ScanKey names the scan of source as asked with access: objects that ask the same of the same image share it.
func ScanKey(source Source, access credentials.Access) string {
	return source.Image.String() + " " + access.Identity()
}

// String returns the patterns, for comparing.
func (e Exclusion) String() string {
	var b strings.Builder
	for _, re := range e.patterns {
		b.WriteString(re.String() + "\n")
	}
	return b.String()
}
