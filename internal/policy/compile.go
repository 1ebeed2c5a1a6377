// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
)

// Limits of a Spec.
const (
	maxPattern      = 256 // bytes of filterTags.pattern, policy.regex.pattern and a range of versions
	maxRejections   = 64
	maxLimit        = 200 // tags that a policy of kind latest looks at
	defaultLimit    = 50
	maxErrorText    = 300
	maxDurationText = 32
)

// A Policy is a Spec that was found sound. It never changes and is safe for concurrent use.
type Policy struct {
	filter    filter
	rule      rule
	latest    *dates // set for policies of kind latest
	follows   string // the tag of a policy of kind tag
	digests   digestPolicy
	needs     []platform
	platforms []string // needs as written
	minAge    time.Duration
	downhill  bool // allowDowngrade
	pin       *pin
	reject    rejections
}

type digestPolicy uint8

const (
	always digestPolicy = iota
	ifNotPresent
	never
)

type pin struct {
	tag    string
	digest image.Digest
}

// Compile checks spec. What is wrong with it is a stalled fault with reason InvalidPolicy, whose text of at most
// 300 bytes opens with the field as a user writes it: "spec.policy.semver.range: …".
func Compile(spec Spec) (*Policy, error) {
	p := &Policy{minAge: spec.MinAge, downhill: spec.AllowDowngrade}
	for _, step := range []func(*Policy, Spec) error{
		compileFilter, compileReject, compileRule, compileDigests, compilePlatforms, compileMinAge, compilePin,
	} {
		if err := step(p, spec); err != nil {
			return nil, invalid(err)
		}
	}
	return p, nil
}

// Platforms returns spec.platforms, which the answer to a Question with Describe has to take into account. The caller
// must not change it.
func (p *Policy) Platforms() []string { return p.platforms }

// Follows returns the tag that a policy of kind tag follows, "" for every other kind.
func (p *Policy) Follows() string { return p.follows }

// ParseMinAge reads spec.minAge: numbers with the units ms, s, m and h, "1h30m". An empty text is zero. Errors are
// those of Compile.
func ParseMinAge(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if len(text) > maxDurationText || !durationGrammar.MatchString(text) {
		return 0, invalid(field("spec.minAge", "%s is not a duration like 72h or 1h30m", quote(text)))
	}
	age, err := time.ParseDuration(text)
	if err != nil {
		return 0, invalid(field("spec.minAge", "%s is too long", quote(text)))
	}
	return age, nil
}

var durationGrammar = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

// field is an error about one field of the object.
func field(name, format string, args ...any) error {
	return fmt.Errorf(name+": "+format, args...)
}

// invalid classifies err and keeps it to a length that fits a condition.
func invalid(err error) error {
	if text := err.Error(); len(text) > maxErrorText {
		err = errors.New(strings.ToValidUTF8(text[:maxErrorText-len("…")], "") + "…")
	}
	return fault.Stall(reason.InvalidPolicy, err)
}

// quote shows a value somebody wrote, shortened.
func quote(text string) string {
	const most = 80
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}

func compileRule(p *Policy, spec Spec) error {
	var kinds []string
	for _, kind := range []struct {
		name string
		set  bool
	}{
		{"semver", spec.Semver != nil}, {"numerical", spec.Numerical != nil}, {"alphabetical", spec.Alphabetical != nil},
		{"regex", spec.Regex != nil}, {"latest", spec.Latest != nil}, {"tag", spec.Tag != nil},
	} {
		if kind.set {
			kinds = append(kinds, kind.name)
		}
	}
	if len(kinds) != 1 {
		return field("spec.policy", "exactly one of semver, numerical, alphabetical, regex, latest and tag must be given, not %s",
			orNone(strings.Join(kinds, " and ")))
	}
	var err error
	switch {
	case spec.Semver != nil:
		p.rule, err = newSemver(*spec.Semver, p.reject)
	case spec.Numerical != nil:
		p.rule, err = newNumerical(*spec.Numerical, p.reject)
	case spec.Alphabetical != nil:
		p.rule, err = newAlphabetical(*spec.Alphabetical, p.reject)
	case spec.Regex != nil:
		p.rule, err = newRegex(*spec.Regex, p.reject)
	case spec.Latest != nil:
		err = p.compileLatest(*spec.Latest)
	default:
		err = p.compileTag(*spec.Tag)
	}
	return err
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func (p *Policy) compileLatest(spec Latest) error {
	d := dates{limit: spec.Limit}
	switch spec.By {
	case "Created":
	case "Pushed":
		d.pushed = true
	default:
		return field("spec.policy.latest.by", "must be Created or Pushed, not %s", quote(spec.By))
	}
	switch {
	case spec.Limit == 0:
		d.limit = defaultLimit
	case spec.Limit < 0 || spec.Limit > maxLimit:
		return field("spec.policy.latest.limit", "must be 1 to %d, not %d", maxLimit, spec.Limit)
	}
	p.latest = &d
	p.rule = newAnyTag(p.reject)
	return nil
}

func (p *Policy) compileTag(spec Tag) error {
	if !image.IsTag(spec.Name) {
		return field("spec.policy.tag.name", "%s is not a tag", quote(spec.Name))
	}
	p.follows = spec.Name
	p.rule = newOneTag(spec.Name, p.reject)
	return nil
}

func compileDigests(p *Policy, spec Spec) error {
	switch spec.DigestPolicy {
	case "", "Always":
		p.digests = always
	case "IfNotPresent":
		p.digests = ifNotPresent
	case "Never":
		p.digests = never
	default:
		return field("spec.digestPolicy", "must be Always, IfNotPresent or Never, not %s", quote(spec.DigestPolicy))
	}
	return nil
}

func compileMinAge(_ *Policy, spec Spec) error {
	if spec.MinAge < 0 {
		return field("spec.minAge", "must not be negative")
	}
	return nil
}

func compilePin(p *Policy, spec Spec) error {
	if spec.Pin == nil {
		return nil
	}
	p.pin = &pin{tag: spec.Pin.Tag}
	switch {
	case spec.Pin.Tag == "" && spec.Pin.Digest == "":
		return field("spec.pin", "names neither a tag nor a digest")
	case spec.Pin.Tag != "" && !image.IsTag(spec.Pin.Tag):
		return field("spec.pin.tag", "%s is not a tag", quote(spec.Pin.Tag))
	case spec.Pin.Digest == "":
		return nil
	}
	digest, err := image.ParseDigest(spec.Pin.Digest)
	if err != nil {
		return field("spec.pin.digest", "%w", err)
	}
	p.pin.digest = digest
	return nil
}

// direction reads an order field: 1 for Ascending, -1 for Descending.
func direction(name, order string) (int, error) {
	switch order {
	case "", "Ascending":
		return 1, nil
	case "Descending":
		return -1, nil
	}
	return 0, field(name, "must be Ascending or Descending, not %s", quote(order))
}

// compilePattern compiles a pattern of at most 256 bytes.
func compilePattern(name, pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, field(name, "is longer than %d bytes", maxPattern)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, field(name, "%w", err)
	}
	return re, nil
}
