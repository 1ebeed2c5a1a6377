// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	stdhash "hash"
	"hash/crc32"
	"io"
	"os"
	"slices"

	"github.com/fairlead-dev/fairlead/internal/commit"
)

const (
	maxEntries = 8 << 20   // objects of a pack
	maxHeld    = 256 << 20 // bytes of objects in memory while differences to them are resolved
	maxCommit  = 1 << 20   // bytes of a commit that is looked at
)

// An intake takes in a pack: it writes it to a file as it comes, names every object in it, and completes it with the
// objects that its differences are to, if it is thin.
//
//	stream ──▶ scan: file, offsets, ids of what is whole ──▶ resolve: ids of the differences ──▶ complete ──▶ index
//
// Only objects that have differences to them are held in memory; a file of any size passes through otherwise.
type intake struct {
	file    *os.File
	length  int64
	sum     stdhash.Hash
	entries []entry

	base func(commit.ID) (kind, []byte, error) // an object that the pack lacks; errMissing: neither do we have it
	see  func(commit.ID, []byte) error         // called for each commit; nil: nobody looks
	stop func() error                          // an error ends the work, which a hostile pack can make long

	named    map[commit.ID][]int32 // differences by the object they are to, until it is found
	kids     [][]int32             // differences by entry
	foreign  []foreign             // objects of ours that the pack needs
	inflater inflater
	held     int64
}

// An entry is an object in a pack.
type entry struct {
	offset int64 // in the file
	size   int64 // inflated
	crc    uint32
	head   uint8 // bytes before the deflated content
	kind   kind
	id     commit.ID
}

type foreign struct {
	id      commit.ID
	kind    kind
	content []byte
}

// errMissing is what looking up an object gives that is not there.
var errMissing = errors.New("object not found")

// scan reads the pack to its end. It is the first pass: what a difference is to may come later.
func (t *intake) scan(in io.Reader) error {
	t.sum, t.named = sha1.New(), map[commit.ID][]int32{}
	out := bufio.NewWriterSize(t.file, 256<<10)
	var crc uint32
	s := newStream(in, func(piece []byte) error {
		crc = crc32.Update(crc, crc32.IEEETable, piece)
		t.sum.Write(piece)
		_, err := out.Write(piece)
		return err
	})
	count, err := readPackHead(s)
	if err != nil {
		return err
	}
	t.entries = make([]entry, 0, min(count, 1<<16))
	t.kids = make([][]int32, 0, min(count, 1<<16))
	for range count {
		if err := s.settle(); err != nil {
			return err
		}
		crc = 0
		if err := t.scanEntry(s); err != nil {
			return err
		}
		if err := s.settle(); err != nil {
			return err
		}
		t.entries[len(t.entries)-1].crc = crc
	}
	if err := s.settle(); err != nil { // the head of a pack without any object
		return err
	}
	t.length = s.at()
	want := t.sum.Sum(nil)
	s.sink = func([]byte) error { return nil } // the checksum is not a part of what it sums up
	var got [sha1.Size]byte
	if _, err := io.ReadFull(s, got[:]); err != nil {
		return s.blame(err)
	}
	if !bytes.Equal(got[:], want) {
		return broken("a pack's checksum is wrong")
	}
	if _, err := out.Write(got[:]); err != nil {
		return err
	}
	return out.Flush()
}

func readPackHead(s *stream) (uint32, error) {
	var head [12]byte
	if _, err := io.ReadFull(s, head[:]); err != nil {
		return 0, s.blame(err)
	}
	version, count := binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:])
	if string(head[:4]) != "PACK" || version != 2 && version != 3 {
		return 0, broken("the server sends something that is not a pack")
	}
	if count > maxEntries {
		return 0, fmt.Errorf("the pack has %d objects, at most %d are taken", count, maxEntries)
	}
	return count, nil
}

func (t *intake) scanEntry(s *stream) error {
	e := entry{offset: s.at()}
	index := int32(len(t.entries))
	k, size, err := readEntryHead(s)
	if err != nil {
		return s.blame(err)
	}
	e.kind, e.size = k, size
	switch k {
	case commitKind, treeKind, blobKind, tagKind:
	case offsetDiff:
		err = t.scanOffset(s, e.offset, index)
	case namedDiff:
		var to commit.ID
		if _, err = io.ReadFull(s, to[:]); err == nil {
			t.named[to] = append(t.named[to], index)
		}
	default:
		err = fmt.Errorf("object of kind %d", k)
	}
	if err != nil {
		return s.blame(err)
	}
	e.head = uint8(s.at() - e.offset)
	if err := t.scanContent(s, &e); err != nil {
		return s.blame(err)
	}
	t.entries, t.kids = append(t.entries, e), append(t.kids, nil)
	return nil
}

// scanOffset reads how far back the object lies that entry index is a difference to.
func (t *intake) scanOffset(s *stream, at int64, index int32) error {
	back, err := readOffset(s)
	if err != nil {
		return err
	}
	parent, found := slices.BinarySearchFunc(t.entries, at-back, func(e entry, offset int64) int {
		return int(min(max(e.offset-offset, -1), 1))
	})
	if !found {
		return errors.New("a difference to something that is not an object")
	}
	t.kids[parent] = append(t.kids[parent], index)
	return nil
}

// scanContent inflates the content of an entry, and names the entry if it is whole.
func (t *intake) scanContent(s *stream, e *entry) error {
	if e.kind.isDiff() {
		return t.inflater.copy(io.Discard, s, e.size)
	}
	h := newHash(e.kind, e.size)
	var seen bytes.Buffer
	out := io.Writer(h)
	look := t.see != nil && e.kind == commitKind && e.size <= maxCommit
	if look {
		out = io.MultiWriter(h, &seen)
	}
	if err := t.inflater.copy(out, s, e.size); err != nil {
		return err
	}
	e.id = commit.ID(h.Sum(nil))
	if look {
		return t.see(e.id, seen.Bytes())
	}
	return nil
}

// readEntryHead reads type and length: four bits of it in the first byte, seven in each that follows.
func readEntryHead(s *stream) (kind, int64, error) {
	c, err := s.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	k, size := kind(c>>4&7), int64(c&0x0f)
	for shift := 4; c&0x80 != 0; shift += 7 {
		if c, err = s.ReadByte(); err != nil {
			return 0, 0, err
		}
		if shift > 46 {
			return 0, 0, errors.New("an object of absurd length")
		}
		size |= int64(c&0x7f) << shift
	}
	return k, size, nil
}

// readOffset reads a number of seven bits a byte, the highest first, in which each further byte also adds one.
func readOffset(s *stream) (int64, error) {
	c, err := s.ReadByte()
	if err != nil {
		return 0, err
	}
	back := int64(c & 0x7f)
	for c&0x80 != 0 {
		if c, err = s.ReadByte(); err != nil {
			return 0, err
		}
		if back >= 1<<40 {
			return 0, errors.New("an object of absurd distance")
		}
		back = (back+1)<<7 | int64(c&0x7f)
	}
	return back, nil
}

// A frame is an object whose differences are being resolved.
type frame struct {
	content []byte
	kind    kind
	kids    []int32
}

// resolve names the differences. It is the second pass: from what is whole to what builds on it, depth first.
func (t *intake) resolve() error {
	for i := range t.entries {
		e := &t.entries[i]
		if e.kind.isDiff() {
			continue
		}
		kids := t.kidsOf(int32(i))
		if len(kids) == 0 {
			continue
		}
		content, err := t.read(e)
		if err != nil {
			return err
		}
		if err := t.descend(frame{content, e.kind, kids}); err != nil {
			return err
		}
	}
	return t.resolveForeign()
}

// resolveForeign resolves the differences to objects that the pack lacks.
func (t *intake) resolveForeign() error {
	for len(t.named) > 0 {
		left := len(t.named)
		for _, id := range sortedIDs(t.named) {
			kids, waiting := t.named[id]
			if !waiting {
				continue // found below another one meanwhile
			}
			k, content, err := t.base(id)
			if errors.Is(err, errMissing) {
				continue // it may be one of the differences
			}
			if err != nil {
				return err
			}
			delete(t.named, id)
			t.foreign = append(t.foreign, foreign{id, k, content})
			if err := t.descend(frame{content, k, kids}); err != nil {
				return err
			}
		}
		if len(t.named) == left {
			return broken("a pack needs objects that are not there, %s for one", sortedIDs(t.named)[0])
		}
	}
	return nil
}

func sortedIDs[V any](m map[commit.ID]V) []commit.ID {
	ids := make([]commit.ID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b commit.ID) int { return bytes.Compare(a[:], b[:]) })
	return ids
}

// kidsOf returns the differences to entry i, whose id is known, and takes note that they are looked after.
func (t *intake) kidsOf(i int32) []int32 {
	kids := t.kids[i]
	t.kids[i] = nil
	if more, ok := t.named[t.entries[i].id]; ok {
		kids = append(kids, more...)
		delete(t.named, t.entries[i].id)
	}
	return kids
}

// descend resolves what builds on top, without recursion: a chain may be long. An object is let go before the last
// one that builds on it is descended into, so that a chain holds two at a time.
func (t *intake) descend(top frame) error {
	stack := []frame{top}
	t.held = int64(len(top.content))
	for len(stack) > 0 {
		if err := t.stop(); err != nil {
			return err
		}
		last := &stack[len(stack)-1]
		on, child := *last, last.kids[0]
		if last.kids = last.kids[1:]; len(last.kids) == 0 {
			stack[len(stack)-1] = frame{}
			stack = stack[:len(stack)-1]
			t.held -= int64(len(on.content))
		}
		content, err := t.apply(child, on)
		if err != nil {
			return err
		}
		kids := t.kidsOf(child)
		if len(kids) == 0 {
			continue
		}
		if t.held += int64(len(content)); t.held > maxHeld {
			return fmt.Errorf("a pack needs more than %d bytes of memory", maxHeld)
		}
		stack = append(stack, frame{content, on.kind, kids})
	}
	return nil
}

// apply makes the object of a difference, and names it.
func (t *intake) apply(i int32, on frame) ([]byte, error) {
	e := &t.entries[i]
	d, err := t.read(e)
	if err != nil {
		return nil, err
	}
	content, err := patch(on.content, d, maxHeld)
	if err != nil {
		return nil, broken("resolving an object: %w", err)
	}
	e.kind, e.size, e.id = on.kind, int64(len(content)), idOf(on.kind, content)
	if t.see != nil && e.kind == commitKind && len(content) <= maxCommit {
		return content, t.see(e.id, content)
	}
	return content, nil
}

// read returns the inflated content of an entry from the file.
func (t *intake) read(e *entry) ([]byte, error) {
	if e.size > maxHeld {
		return nil, fmt.Errorf("an object of %d bytes has differences to it, more than is held in memory", e.size)
	}
	at := e.offset + int64(e.head)
	var out bytes.Buffer
	out.Grow(int(e.size))
	err := t.inflater.copy(&out, bufio.NewReader(io.NewSectionReader(t.file, at, t.length-at)), e.size)
	if err != nil {
		return nil, fmt.Errorf("reading a pack again: %w", err)
	}
	return out.Bytes(), nil
}

// lacking returns the foreign objects that are not in the pack itself: one that we have may be in it all the same, as a
// difference that was not resolved yet when it was needed.
func (t *intake) lacking() []foreign {
	if len(t.foreign) == 0 {
		return nil
	}
	inside := make(map[commit.ID]bool, len(t.entries))
	for i := range t.entries {
		inside[t.entries[i].id] = true
	}
	return slices.DeleteFunc(t.foreign, func(f foreign) bool { return inside[f.id] })
}

// complete appends to the file what the pack lacks, so that it stands alone, and corrects its count and its checksum.
// It returns the checksum.
func (t *intake) complete() ([sha1.Size]byte, error) {
	lacking := t.lacking()
	if len(lacking) == 0 {
		return [sha1.Size]byte(t.sum.Sum(nil)), nil
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	for _, f := range lacking {
		e := entry{offset: t.length + int64(b.Len()), size: int64(len(f.content)), kind: f.kind, id: f.id}
		from := b.Len()
		writeEntryHead(&b, f.kind, len(f.content))
		if err := deflate(z, &b, f.content); err != nil {
			return [sha1.Size]byte{}, err
		}
		e.crc = crc32.ChecksumIEEE(b.Bytes()[from:])
		t.entries = append(t.entries, e)
	}
	if _, err := t.file.WriteAt(binary.BigEndian.AppendUint32(nil, uint32(len(t.entries))), 8); err != nil {
		return [sha1.Size]byte{}, err
	}
	if _, err := t.file.WriteAt(b.Bytes(), t.length); err != nil {
		return [sha1.Size]byte{}, err
	}
	t.length += int64(b.Len())
	h := sha1.New()
	if _, err := io.Copy(h, io.NewSectionReader(t.file, 0, t.length)); err != nil {
		return [sha1.Size]byte{}, err
	}
	sum := [sha1.Size]byte(h.Sum(nil))
	_, err := t.file.WriteAt(sum[:], t.length)
	return sum, err
}

// index returns the index of the pack, version 2: ids in order, checksums, offsets.
func (t *intake) index(sum [sha1.Size]byte) ([]byte, error) {
	entries := t.entries // one that stands twice in the pack stands twice here
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare(a.id[:], b.id[:]) })
	if t.length >= 1<<31 {
		return nil, fmt.Errorf("a pack of %d bytes is too large", t.length)
	}
	out := make([]byte, 0, 8+256*4+len(entries)*28+40)
	out = append(out, 0xff, 't', 'O', 'c', 0, 0, 0, 2)
	upTo := 0
	for first := range 256 {
		for upTo < len(entries) && int(entries[upTo].id[0]) <= first {
			upTo++
		}
		out = binary.BigEndian.AppendUint32(out, uint32(upTo))
	}
	for i := range entries {
		out = append(out, entries[i].id[:]...)
	}
	for i := range entries {
		out = binary.BigEndian.AppendUint32(out, entries[i].crc)
	}
	for i := range entries {
		out = binary.BigEndian.AppendUint32(out, uint32(entries[i].offset))
	}
	out = append(out, sum[:]...)
	own := sha1.Sum(out)
	return append(out, own[:]...), nil
}
