// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"container/heap"

	"github.com/fairlead-dev/fairlead/internal/commit"
)

// A history is commits by their ids; some parents are not among them.
type history map[commit.ID]commit.Commit

// see takes in a commit as it stands in a pack. One that cannot be read is left out, as if it were not there.
func (h history) see(id commit.ID, raw []byte) error {
	if c, err := commit.Parse(id, raw); err == nil {
		h[id] = c
	}
	return nil
}

// reach returns the ids of what is reachable from id within h, without what stop holds.
func (h history) reach(id commit.ID, stop map[commit.ID]bool) map[commit.ID]bool {
	reached := map[commit.ID]bool{}
	for todo := []commit.ID{id}; len(todo) > 0; {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		c, known := h[next]
		if !known || reached[next] || stop[next] {
			continue
		}
		reached[next] = true
		todo = append(todo, c.Parents...)
	}
	return reached
}

// between returns the commits that head has and base has not, children before parents and otherwise the newest first,
// and whether these are all of them: whether every one's parents are known, and base was met.
func (h history) between(base, head commit.ID) (commits []commit.Commit, complete bool) {
	old := h.reach(base, nil)
	old[base] = true
	added := h.reach(head, old)
	complete = head == base
	for id := range added {
		for _, parent := range h[id].Parents {
			complete = complete || parent == base
		}
	}
	for id := range added {
		for _, parent := range h[id].Parents {
			complete = complete && (added[parent] || old[parent])
		}
	}
	return h.sorted(added), complete
}

// sorted returns commits in an order that does not depend on the map's.
func (h history) sorted(ids map[commit.ID]bool) []commit.Commit {
	children := map[commit.ID]int{} // that are not in the result yet
	for id := range ids {
		for _, parent := range h[id].Parents {
			children[parent]++
		}
	}
	var ready newestFirst
	for id := range ids {
		if children[id] == 0 {
			ready = append(ready, h[id])
		}
	}
	heap.Init(&ready)
	out := make([]commit.Commit, 0, len(ids))
	for len(ready) > 0 {
		c := heap.Pop(&ready).(commit.Commit)
		out = append(out, c)
		for _, parent := range c.Parents {
			if children[parent]--; children[parent] == 0 && ids[parent] {
				heap.Push(&ready, h[parent])
			}
		}
	}
	return out
}

// newestFirst is a heap of commits; of two of one second the smaller id comes first.
type newestFirst []commit.Commit

func (n newestFirst) Len() int      { return len(n) }
func (n newestFirst) Swap(i, j int) { n[i], n[j] = n[j], n[i] }
func (n newestFirst) Less(i, j int) bool {
	if !n[i].Committer.When.Equal(n[j].Committer.When) {
		return n[i].Committer.When.After(n[j].Committer.When)
	}
	return bytes.Compare(n[i].ID[:], n[j].ID[:]) < 0
}
func (n *newestFirst) Push(x any) { *n = append(*n, x.(commit.Commit)) }
func (n *newestFirst) Pop() any {
	last := (*n)[len(*n)-1]
	*n = (*n)[:len(*n)-1]
	return last
}
