// SPDX-License-Identifier: Apache-2.0

package gitwire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// ErrNotThere is in the chain of an error when the server does not have a commit that was asked for, or does not
// give it away by its name.
var ErrNotThere = errors.New("the server does not give the commit")

// ErrRefused is in the chain of an error when the server was reached and said why it does not do what was asked.
var ErrRefused = errors.New("the server says")

// An Ask says what a pack should hold.
type Ask struct {
	Want  commit.ID // the commit, and history from it
	Depth int       // how many commits deep, at least 1: Want alone
	// Have is a commit whose whole tree we have, and of whose history we have nothing; zero: none. The pack is then
	// thin: objects may be differences to objects of that tree. A server that has forgotten the commit sends a whole pack.
	Have commit.ID
	// CommitsOnly leaves out trees and files where the server can; elsewhere they come along.
	CommitsOnly bool
}

// Fetch asks for a pack and hands it to take while it comes. More than the limit is an error that take's reader gives.
//
// A commit that the server does not give is a transient fault with ErrNotThere in its chain. An error of take ends the
// fetch and is returned. Deadlines are ctx's.
func (r *Remote) Fetch(ctx context.Context, ask Ask, take func(pack io.Reader) error) error {
	if err := r.fetch(ctx, ask, take); err != nil {
		r.forget(uploadPack)
		return fmt.Errorf("fetching %s from %s: %w", ask.Want, r, err)
	}
	return nil
}

func (r *Remote) fetch(ctx context.Context, ask Ask, take func(io.Reader) error) error {
	t, err := r.open(ctx, uploadPack)
	if err != nil {
		return err
	}
	defer t.close()
	a, err := t.advert(ctx, nil)
	if err != nil {
		return err
	}
	if !a.has("shallow") || !a.v2 && !a.has("side-band-64k") {
		return fault.Wait(reason.GitFailed, errors.New("the server cannot send a shallow pack"))
	}
	var q request
	if a.v2 {
		q.fetch(ask, r.agent, a)
	} else {
		q.fetchV0(ask, r.agent, a)
	}
	body, err := t.ask(ctx, q.Bytes(), r.limits.Pack)
	if err != nil {
		return err
	}
	defer body.Close()
	pack := &bands{p: &packets{r: body}}
	if a.v2 {
		err = pack.skipSections()
	} else {
		err = pack.skipAnswers()
	}
	if err == nil {
		err = take(pack)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, pack) // to the end, so that the connection can be used again
	}
	return r.told(err)
}

// fetch writes the command of protocol v2.
func (q *request) fetch(ask Ask, agent string, a advert) {
	q.command("fetch", agent, a)
	q.line("no-progress")
	q.line("ofs-delta")
	if !ask.Have.IsZero() {
		q.line("thin-pack")
	}
	if ask.CommitsOnly && a.has("filter") {
		q.line("filter tree:0")
	}
	q.line("want %s", ask.Want)
	if !ask.Have.IsZero() {
		q.line("shallow %s", ask.Have)
	}
	q.line("deepen %d", max(ask.Depth, 1))
	if !ask.Have.IsZero() {
		q.line("have %s", ask.Have)
	}
	q.line("done")
	q.flush()
}

// fetchV0 writes the same for protocol v0. The acknowledgments that it asks for are passed over; some servers insist
// on sending them.
func (q *request) fetchV0(ask Ask, agent string, a advert) {
	caps := []string{"side-band-64k", "shallow"}
	for _, able := range []string{"ofs-delta", "no-progress"} {
		if a.has(able) {
			caps = append(caps, able)
		}
	}
	if !ask.Have.IsZero() && a.has("thin-pack") {
		caps = append(caps, "thin-pack")
	}
	if a.has("multi_ack_detailed") {
		caps = append(caps, "multi_ack_detailed")
	} else if a.has("multi_ack") {
		caps = append(caps, "multi_ack")
	}
	if a.has("agent") {
		caps = append(caps, "agent="+agent)
	}
	filter := ask.CommitsOnly && a.has("filter")
	if filter {
		caps = append(caps, "filter")
	}
	q.line("want %s %s", ask.Want, strings.Join(caps, " "))
	if !ask.Have.IsZero() {
		q.line("shallow %s", ask.Have)
	}
	q.line("deepen %d", max(ask.Depth, 1))
	if filter {
		q.line("filter tree:0")
	}
	q.flush()
	if !ask.Have.IsZero() {
		q.line("have %s", ask.Have)
	}
	q.line("done")
}

// bands is a pack being read out of packets of several bands: 1 the pack, 2 progress, 3 a last word.
type bands struct {
	p     *packets
	rest  []byte // of the packet being read
	heard []byte // of band 2
	ended bool
}

// skipSections reads an answer of protocol v2 up to its pack.
func (b *bands) skipSections() error {
	for {
		line, m, err := b.p.line()
		switch {
		case err != nil:
			return early(err)
		case m == data && line == "packfile":
			return nil
		case m == flush || m == end:
			return errors.New("the answer has no pack")
		}
	}
}

// skipAnswers reads an answer of protocol v0 up to its pack: what is shallow, and acknowledgments.
func (b *bands) skipAnswers() error {
	for {
		content, m, err := b.p.next()
		switch {
		case err != nil:
			return early(err)
		case m != data || len(content) == 0:
			continue
		case content[0] <= 3:
			return b.take(content)
		case strings.HasPrefix(string(content), "ERR "):
			return refusal(content[len("ERR "):])
		}
	}
}

// take takes in a packet of a band.
func (b *bands) take(content []byte) error {
	switch content[0] {
	case 1:
		b.rest = content[1:]
	case 2:
		b.heard = hear(b.heard, content[1:])
	case 3:
		return refusal(hear(append(b.heard, ' '), content[1:]))
	default:
		return fmt.Errorf("packet of band %d", content[0])
	}
	return nil
}

func (b *bands) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.ended {
			return 0, io.EOF
		}
		content, m, err := b.p.next()
		switch {
		case err != nil:
			return 0, early(err)
		case m != data:
			b.ended = true
		case len(content) > 0:
			if err := b.take(content); err != nil {
				return 0, err
			}
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// unknownObject tells whether words say that a wanted object is not given. There is no code for it.
func unknownObject(words string) bool {
	return strings.Contains(words, "not our ref") || strings.Contains(words, "unadvertised object") ||
		strings.Contains(words, "no such remote ref")
}
