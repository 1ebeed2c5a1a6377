// SPDX-License-Identifier: Apache-2.0

package commit

// An Intent is a push that was decided on and may have happened.
type Intent struct {
	UpdateID string
	Base     ID // the head the commit was made on
	Commit   ID
}

// In returns the commit among commits that carries out the intent: the very commit, or, because a signature differs
// each time it is made, one with the intent's update id in its trailer. The first one counts; pass the newest first.
func (in Intent) In(commits []Commit) (Commit, bool) {
	for _, c := range commits {
		if c.ID == in.Commit || in.UpdateID != "" && c.Trailer(TrailerUpdate) == in.UpdateID {
			return c, true
		}
	}
	return Commit{}, false
}

// A Fate is what became of a push.
type Fate uint8

const (
	// Unknown means that the history could not be followed back to the base.
	Unknown Fate = iota
	// Arrived means that the commit is on the branch.
	Arrived
	// Lost means that it is not: every commit since the base is another.
	Lost
)
