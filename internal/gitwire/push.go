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

// ErrUnclear is in the chain of an error of Push when the server may have moved the branch all the same: it answered
// without a report, or not at all.
var ErrUnclear = errors.New("the server did not say whether it took the push")

const maxReport = 1 << 20 // bytes of an answer to a push

// An Update moves a branch. The server moves it only if it points at Old at that moment; a zero Old means that the
// branch must not exist yet.
type Update struct {
	Branch   string
	Old, New commit.ID
}

// Push sends a pack and moves a branch. encode makes the pack; thin tells it that objects may be differences to objects
// of Old, which the server has. A nil error means that the server has reported success.
//
// After any error the caller should ask for the head and go by that: servers have no common word for a lost race. An
// error after the pack was sent has ErrUnclear in its chain unless the server refused.
func (r *Remote) Push(ctx context.Context, u Update, encode func(thin bool) ([]byte, error)) error {
	err := checkBranch(u.Branch)
	if err == nil {
		err = r.push(ctx, u, encode)
	}
	if err != nil {
		r.forget(receivePack)
		return fmt.Errorf("pushing to %s of %s: %w", u.Branch, r, err)
	}
	return nil
}

func (r *Remote) push(ctx context.Context, u Update, encode func(bool) ([]byte, error)) error {
	t, err := r.open(ctx, receivePack)
	if err != nil {
		return err
	}
	defer t.close()
	a, err := t.advert(ctx, nil)
	if err != nil {
		return err
	}
	if !a.has("report-status") {
		return fault.Wait(reason.GitFailed, errors.New("the server cannot report what becomes of a push"))
	}
	pack, err := encode(!a.has("no-thin"))
	if err != nil {
		return err
	}
	var q request
	banded := q.update(u, r.agent, a)
	_, _ = q.Write(pack) // a buffer takes everything
	body, err := t.ask(ctx, q.Bytes(), maxReport)
	if err != nil {
		return unclear(err)
	}
	defer body.Close()
	report := &packets{r: body}
	var words bands
	if banded {
		words.p = report
		report = &packets{r: &words}
	}
	err = readReport(report, heads+u.Branch)
	return r.judge(err, string(words.heard))
}

// update writes the command and tells whether the answer will come in bands.
func (q *request) update(u Update, agent string, a advert) (banded bool) {
	caps := []string{"report-status"}
	if banded = a.has("side-band-64k"); banded {
		caps = append(caps, "side-band-64k")
	}
	if a.has("object-format") {
		caps = append(caps, "object-format=sha1")
	}
	if a.has("agent") {
		caps = append(caps, "agent="+agent)
	}
	q.line("%s %s %s\x00 %s", u.Old, u.New, heads+u.Branch, strings.Join(caps, " "))
	q.flush()
	return banded
}

// unclear adds ErrUnclear to an error of sending, unless the server turned the request away.
func unclear(err error) error {
	if f := fault.Of(err); f.Reason == reason.GitAuthenticationFailed {
		return err
	}
	return failed(fmt.Errorf("%w: %w", ErrUnclear, err))
}

// declined is what a report says against a push.
type declined struct {
	why      string
	unpacked bool // the pack was taken, the ref was not moved
}

func (d declined) Error() string { return d.why }

// readReport returns nil if the server reports that it unpacked the pack and moved ref.
func readReport(p *packets, ref string) error {
	line, m, err := p.line()
	if err != nil {
		return err
	}
	status, ok := strings.CutPrefix(line, "unpack ")
	if m != data || !ok {
		return errors.New("the answer is not a report")
	}
	if status != "ok" {
		return declined{why: "unpacking: " + status}
	}
	for {
		line, m, err := p.line()
		if err != nil {
			return early(err)
		}
		if m != data {
			return errors.New("the report does not name the branch")
		}
		if line == "ok "+ref {
			return nil
		}
		if why, ok := strings.CutPrefix(line, "ng "+ref+" "); ok {
			return declined{why: why, unpacked: true}
		}
	}
}

// judge classifies the outcome of reading a report, with what the server said beside it.
func (r *Remote) judge(err error, heard string) error {
	if err == nil {
		return nil
	}
	var no declined
	var last refusal
	switch {
	case errors.As(err, &no):
	case errors.As(err, &last):
		return fault.Retry(reason.GitFailed, fmt.Errorf("%w: the server says %q", ErrUnclear, r.laundry.clean(string(last))))
	case errors.Is(err, io.EOF):
		return fault.Retry(reason.GitFailed, fmt.Errorf("%w: its answer is empty", ErrUnclear))
	default:
		return fault.Retry(reason.GitFailed, fmt.Errorf("%w: %w", ErrUnclear, err))
	}
	text := r.laundry.clean(no.why)
	if heard = r.laundry.clean(heard); heard != "" {
		text = r.laundry.clean(text + ": " + heard)
	}
	cause := fmt.Errorf("the server refuses: %s", text)
	if !no.unpacked || raced(no.why) {
		return fault.Retry(reason.PushRejected, cause)
	}
	return fault.Wait(reason.PushRejected, cause)
}

// raced tells whether a refusal sounds like somebody else holding or having moved the ref.
func raced(why string) bool {
	for _, sign := range []string{"failed to update ref", "failed to lock", "cannot lock ref", "fetch first", "non-fast-forward",
		"stale info", "incorrect old value", "already exists", "reference already"} {
		if strings.Contains(why, sign) {
			return true
		}
	}
	return false
}
