// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
)

// mostParts is how many images of one index are looked at for their dates.
const mostParts = 16

// freshFor is how long the registry's word that it has a digest is good for.
const freshFor = 2 * time.Minute

// Describe says what the image digest of name is: its platforms, and the date its publisher gave it. Of an index that
// is the newest date among the wanted platforms, of all when none is wanted, sixteen at most. Content never changes,
// so a description is kept, and asking for it again is one HEAD, or nothing when Digest has just seen it.
//
// An image that is gone is no error but a fact. Faults are as for Digest.
func (c *Client) Describe(ctx context.Context, name image.Name, digest image.Digest, wanted []string, as credentials.Access) (policy.ImageFact, error) {
	s := c.open(name, as, reason.DigestFailed)
	fact, err := s.describe(ctx, digest, wanted)
	switch {
	case err == nil:
		return fact, nil
	case fault.Of(err).Reason == reason.NotFound:
		return policy.ImageFact{Gone: true}, nil
	}
	return policy.ImageFact{}, fmt.Errorf("describing %s@%s: %w", name, digest, err)
}

func (s *session) describe(ctx context.Context, digest image.Digest, wanted []string) (policy.ImageFact, error) {
	if _, err := image.ParseDigest(string(digest)); err != nil {
		return policy.ImageFact{}, fault.Wait(s.failed, err)
	}
	key := strings.Join(append([]string{s.name.String(), s.as.Identity(), string(digest)}, wanted...), " ")
	if fact, ok := s.client.described.get(key); ok {
		return fact, s.stillThere(ctx, digest)
	}
	m, err := s.manifest(ctx, string(digest))
	if err != nil {
		return policy.ImageFact{}, err
	}
	fact := policy.ImageFact{Described: true}
	if m.index {
		err = s.describeIndex(ctx, m, wanted, &fact)
	} else {
		err = s.describeImage(ctx, m, &fact)
	}
	if err != nil {
		return policy.ImageFact{}, incomplete(err)
	}
	s.client.described.put(key, fact)
	return fact, nil
}

// incomplete keeps a part that is missing from being taken for the whole: an index may be pushed before its images.
func incomplete(err error) error {
	if fault.Of(err).Reason == reason.NotFound {
		return fault.Retry(reason.DigestFailed, fmt.Errorf("a part of the image is missing: %w", err))
	}
	return err
}

// stillThere asks for a digest that was read before, unless it was seen a moment ago.
func (s *session) stillThere(ctx context.Context, digest image.Digest) error {
	if s.client.verified.seenSince(s.name, digest, time.Now().Add(-freshFor)) {
		return nil
	}
	_, err := s.head(ctx, string(digest))
	if err == nil {
		s.client.verified.see(s.name, digest)
	}
	return err
}

func (s *session) describeImage(ctx context.Context, m manifest, fact *policy.ImageFact) error {
	config, err := s.config(ctx, m.config)
	if err != nil {
		return err
	}
	fact.Created = config.Created.Time
	if p := (platform{config.OS, config.Architecture, config.Variant}); p.known() {
		fact.Platforms = []string{p.String()}
	}
	return nil
}

func (s *session) describeIndex(ctx context.Context, index manifest, wanted []string, fact *policy.ImageFact) error {
	looked := 0
	for _, entry := range index.entries {
		if entry.Platform == nil || !entry.Platform.known() || entry.isIndex() {
			continue // an attestation, or an index in an index, which no runtime follows by platform
		}
		fact.Platforms = append(fact.Platforms, entry.Platform.String())
		if looked == mostParts || !entry.Platform.isAmong(wanted) {
			continue
		}
		looked++
		created, err := s.created(ctx, entry)
		if err != nil {
			return err
		}
		if created.After(fact.Created) {
			fact.Created = created
		}
	}
	slices.Sort(fact.Platforms)
	fact.Platforms = slices.Compact(fact.Platforms)
	return nil
}

// created returns the date of one image of an index.
func (s *session) created(ctx context.Context, entry descriptor) (time.Time, error) {
	digest, err := image.ParseDigest(entry.Digest)
	if err != nil {
		return time.Time{}, fault.Retry(s.failed, errors.New("an entry of the index has no digest"))
	}
	m, err := s.manifest(ctx, string(digest))
	if err != nil {
		return time.Time{}, err
	}
	if m.index {
		return time.Time{}, fault.Retry(s.failed, errors.New("an entry of the index is an index and says that it is none"))
	}
	config, err := s.config(ctx, m.config)
	return config.Created.Time, err
}

// A config is what an image's configuration says of it, as far as it is of interest.
type config struct {
	Created      date   `json:"created"`
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant"`
}

// config fetches the configuration of an image. What is packed as an image and is none, like a chart, has neither
// date nor platform.
func (s *session) config(ctx context.Context, d descriptor) (config, error) {
	digest, err := image.ParseDigest(d.Digest)
	if err != nil {
		return config{}, fault.Retry(s.failed, errors.New("the manifest names a configuration without a digest"))
	}
	body, _, err := s.fetch(ctx, question{method: http.MethodGet, path: "/v2/" + s.name.Repository + "/blobs/" + string(digest)})
	if err != nil {
		return config{}, err
	}
	if _, err := hash(body, digest); err != nil {
		return config{}, fault.Retry(reason.DigestFailed, err)
	}
	var c config
	if json.Unmarshal(body, &c) != nil {
		return config{}, nil //nolint:nilerr // the content is what its digest says; it has no date
	}
	return c, nil
}

// A date is a time that reads as zero when it is not written as one.
type date struct{ time.Time }

// UnmarshalJSON never fails: a date of a publisher's is not worth an image.
func (d *date) UnmarshalJSON(text []byte) error {
	if d.Time.UnmarshalJSON(text) != nil {
		d.Time = time.Time{}
	}
	return nil
}

// A platform is what an image runs on.
type platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant"`
}

// known is false for attestations, which say "unknown/unknown".
func (p platform) known() bool {
	return p.OS != "" && p.OS != "unknown" && p.Architecture != "" && p.Architecture != "unknown" &&
		!strings.ContainsAny(p.OS+p.Architecture+p.Variant, "/ \n")
}

// String returns "linux/arm64" or, with a variant, "linux/arm/v7".
func (p platform) String() string {
	text := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		text += "/" + p.Variant
	}
	return text
}

// isAmong tells whether an image for p may be one of those wanted; nothing wanted is everything. A variant that one
// side does not name does not matter.
func (p platform) isAmong(wanted []string) bool {
	bare := platform{OS: p.OS, Architecture: p.Architecture}.String()
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(want string) bool {
		return want == p.String() || want == bare || p.Variant == "" && strings.HasPrefix(want, bare+"/")
	})
}
