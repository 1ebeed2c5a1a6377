// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// An Origin is where an update comes from and goes to.
type Origin struct {
	UID        string // of the automation
	Repository string // its address, without credentials
	Branch     string // that is pushed to
	Base       string // the commit that was planned on, in hex
}

// UpdateID names the update that changes make: equal exactly when origin and changes are, whatever the order of the
// changes. It is 64 hex digits.
func UpdateID(origin Origin, changes []Change) string {
	sorted := slices.Clone(changes)
	slices.SortFunc(sorted, func(a, b Change) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Start-b.Start, strings.Compare(string(a.Part), string(b.Part)),
			strings.Compare(a.From, b.From), strings.Compare(a.To, b.To), strings.Compare(a.Policy.String(), b.Policy.String()))
	})
	h := sha256.New()
	write(h, origin.UID, origin.Repository, origin.Branch, origin.Base)
	for _, c := range sorted {
		write(h, c.File, strconv.Itoa(c.Start), string(c.Part), c.From, c.To)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// write hashes texts with their lengths, so that no two lists look alike.
func write(h hash.Hash, texts ...string) {
	for _, text := range texts {
		h.Write([]byte(strconv.Itoa(len(text)) + ":" + text)) // a hash never fails
	}
}

// A Move is all changes that take one policy from one version to another.
type Move struct {
	Policy site.Policy
	From   image.Ref // as far as the files said it
	To     image.Ref
	Files  []string // in byte order, each once
}

// Moves sums changes up by what they mean, sorted by policy and version.
func Moves(changes []Change) []Move {
	var moves []Move
	type key struct {
		policy   site.Policy
		from, to image.Ref
	}
	index := map[key]int{}
	for _, c := range changes {
		k := key{c.Policy, c.Was, c.Now}
		i, known := index[k]
		if !known {
			i = len(moves)
			index[k] = i
			moves = append(moves, Move{Policy: c.Policy, From: c.Was, To: c.Now})
		}
		moves[i].Files = append(moves[i].Files, c.File)
	}
	for i := range moves {
		slices.Sort(moves[i].Files)
		moves[i].Files = slices.Compact(moves[i].Files)
	}
	slices.SortFunc(moves, func(a, b Move) int {
		return cmp.Or(strings.Compare(a.Policy.Namespace, b.Policy.Namespace), strings.Compare(a.Policy.Name, b.Policy.Name),
			strings.Compare(a.From.String(), b.From.String()), strings.Compare(a.To.String(), b.To.String()))
	})
	return moves
}
