// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/image"
)

// rejections is spec.reject by what each entry looks at.
type rejections struct {
	tags    map[string]bool
	digests map[image.Digest]bool
	ranges  []versionRange
}

func compileReject(p *Policy, spec Spec) error {
	if len(spec.Reject) > maxRejections {
		return field("spec.reject", "has %d entries; at most %d are allowed", len(spec.Reject), maxRejections)
	}
	p.reject = rejections{tags: map[string]bool{}, digests: map[image.Digest]bool{}}
	for i, entry := range spec.Reject {
		name := fmt.Sprintf("spec.reject[%d]", i)
		if entry.Range != "" && spec.Semver == nil {
			return field(name+".range", "needs spec.policy.semver")
		}
		if err := p.reject.add(name, entry); err != nil {
			return err
		}
	}
	return nil
}

func (r *rejections) add(name string, entry Rejection) error {
	if entry.Tag != "" && !image.IsTag(entry.Tag) {
		return field(name+".tag", "%s is not a tag", quote(entry.Tag))
	}
	switch {
	case entry.Range != "" && (entry.Digest != "" || entry.Tag != ""):
		return field(name, "a range stands alone, without digest and tag")
	case entry.Range != "":
		within, err := parseRange(entry.Range)
		if err != nil {
			return field(name+".range", "%s is not a version range: %w", quote(entry.Range), err)
		}
		r.ranges = append(r.ranges, within)
	case entry.Digest != "":
		digest, err := image.ParseDigest(entry.Digest)
		if err != nil {
			return field(name+".digest", "%w", err)
		}
		r.digests[digest] = true
	case entry.Tag != "":
		r.tags[entry.Tag] = true
	default:
		return field(name, "names neither digest nor tag nor range")
	}
	return nil
}

func (r rejections) takesTag(tag string) bool { return len(r.tags) > 0 && r.tags[tag] }

func (r rejections) takesDigest(digest image.Digest) bool { return digest != "" && r.digests[digest] }

// takesVersion counts the pre-releases inside a range too: who rejects ">=1.5" does not mean 1.6.0-rc.1 to run.
func (r rejections) takesVersion(v version) bool {
	for _, within := range r.ranges {
		if within.spans(v) {
			return true
		}
	}
	return false
}

// takes tells whether an image is rejected, by its digest, its tag or its version.
func (p *Policy) takes(tag string, digest image.Digest) bool {
	return p.reject.takesDigest(digest) || p.reject.takesTag(tag) || p.rule.rejects(p.filter, tag)
}
