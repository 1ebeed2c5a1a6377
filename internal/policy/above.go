// SPDX-License-Identifier: Apache-2.0

package policy

// Above tells whether p ranks tag a above tag b, ties broken by bytes. ok is false where tags have no rank: one of
// them does not fit the policy's pattern, or the policy goes by dates or by digests.
func (p *Policy) Above(a, b string) (above, ok bool) {
	if p.RanksByDigest() {
		return false, false
	}
	order, ok := p.rule.compare(p.filter, a, b)
	return order > 0, ok
}

// RanksByDigest tells whether the names of tags say nothing about which image is newer, as in policies of kind latest
// and tag.
func (p *Policy) RanksByDigest() bool { return p.latest != nil || p.follows != "" }
