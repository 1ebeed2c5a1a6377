// SPDX-License-Identifier: Apache-2.0

package gitwire

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// An advert is what a service can do: its protocol and its capabilities with their values.
type advert struct {
	v2   bool
	caps map[string]string
}

// has tells whether the service can do what name says; v2 lists what the command fetch can do as its value.
func (a advert) has(name string) bool {
	if _, ok := a.caps[name]; ok {
		return true
	}
	for able := range strings.FieldsSeq(a.caps["fetch"]) {
		if a.v2 && able == name {
			return true
		}
	}
	return false
}

// A talk is one exchange with a service: it says what it can do, is asked one thing, and answers.
type talk interface {
	// advert returns what the service can do. With see it calls see for each ref that protocol v0 lists; v2 lists none.
	advert(ctx context.Context, see func(ref string, id commit.ID)) (advert, error)
	// ask sends a message and returns the answer, of which at most limit bytes can be read. It is called once.
	ask(ctx context.Context, message []byte, limit int64) (io.ReadCloser, error)
	// close ends the exchange.
	close()
}

// open starts an exchange with s.
func (r *Remote) open(ctx context.Context, s service) (talk, error) {
	if r.ssh == nil {
		return &webTalk{r, s}, nil
	}
	t, err := r.openSSH(ctx, s)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// A webTalk is a talk over HTTP: requests that know nothing of each other, so that what a server can do need not be
// asked each time.
type webTalk struct {
	r *Remote
	s service
}

func (t *webTalk) close() {}

func (t *webTalk) advert(ctx context.Context, see func(string, commit.ID)) (advert, error) {
	if a, ok := t.r.remembered(t.s); ok && (a.v2 || see == nil) {
		return a, nil
	}
	body, base, err := t.r.get(ctx, t.s)
	if err != nil {
		return advert{}, err
	}
	defer body.Close()
	a, err := readAdvert(&packets{r: body}, t.s, see)
	if err != nil {
		return advert{}, t.r.told(fmt.Errorf("reading what the server can do: %w", err))
	}
	t.r.remember(t.s, base, a)
	return a, nil
}

func (t *webTalk) ask(ctx context.Context, message []byte, limit int64) (io.ReadCloser, error) {
	return t.r.post(ctx, t.s, message, limit)
}

// readAdvert reads the first message of a service.
func readAdvert(p *packets, s service, see func(string, commit.ID)) (advert, error) {
	line, m, err := p.line()
	if err == nil && line == "# service="+string(s) { // only over HTTP, and some servers leave it out with v2
		if _, m, err = p.line(); err == nil && m == flush {
			line, m, err = p.line()
		}
	}
	if err == nil && line == "version 1" {
		line, m, err = p.line()
	}
	if err != nil {
		return advert{}, early(err)
	}
	if line == "version 2" {
		return readFeatures(p)
	}
	a := advert{caps: map[string]string{}}
	for first := true; m == data; first = false {
		name := line
		if first {
			var caps string
			name, caps, _ = strings.Cut(line, "\x00")
			a.parse(strings.Fields(caps)...)
		}
		if id, ref, ok := parseRef(name); ok && see != nil {
			see(ref, id)
		}
		if line, m, err = p.line(); err != nil {
			return advert{}, early(err)
		}
	}
	return a, a.check()
}

// readFeatures reads the rest of the first message of protocol v2, one capability a line.
func readFeatures(p *packets) (advert, error) {
	a := advert{v2: true, caps: map[string]string{}}
	for {
		line, m, err := p.line()
		if err != nil {
			return advert{}, early(err)
		}
		if m != data {
			return a, a.check()
		}
		a.parse(line)
	}
}

func (a advert) parse(caps ...string) {
	for _, c := range caps {
		key, value, _ := strings.Cut(c, "=")
		if key == "symref" { // there may be several; only HEAD's is asked for
			target, ok := strings.CutPrefix(value, "HEAD:")
			if !ok {
				continue
			}
			value = target
		}
		a.caps[key] = value
	}
}

func (a advert) check() error {
	if format := a.caps["object-format"]; format != "" && format != "sha1" {
		return fault.Stall(reason.GitFailed, fmt.Errorf("the repository names objects by %.20q; only sha1 is supported", format))
	}
	return nil
}

// parseRef reads "id name".
func parseRef(line string) (commit.ID, string, bool) {
	hex, name, ok := strings.Cut(line, " ")
	if !ok {
		return commit.ID{}, "", false
	}
	id, err := commit.ParseID(hex)
	return id, name, err == nil
}
