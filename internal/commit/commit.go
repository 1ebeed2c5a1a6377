// SPDX-License-Identifier: Apache-2.0

package commit

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Signature says who did something to a commit, and when. Git keeps whole seconds.
type Signature struct {
	Name, Email string
	When        time.Time
}

// Meta is what a commit says about itself beside its tree and its parents.
type Meta struct {
	Author, Committer Signature
	Message           string // subject, blank line, body, trailers; one final newline is added when missing
}

// A Commit is what a commit object says.
type Commit struct {
	ID, Tree ID
	Parents  []ID
	Meta
}

// Encode returns the bytes of the commit object. Equal arguments give equal bytes: times are written in UTC.
//
// Characters that Git does not allow in names and addresses (line ends, NUL, angle brackets) are left out. A name
// that is empty after that, and a message with NUL or without text, are errors: a strict server would refuse them.
func (m Meta) Encode(tree ID, parents ...ID) ([]byte, error) {
	if strings.IndexByte(m.Message, 0) >= 0 {
		return nil, errors.New("encoding the commit: the message holds a NUL")
	}
	if strings.TrimSpace(m.Message) == "" {
		return nil, errors.New("encoding the commit: the message is empty")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "tree %s\n", tree)
	for _, p := range parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	for _, line := range []struct {
		role string
		by   Signature
	}{{"author", m.Author}, {"committer", m.Committer}} {
		text, err := line.by.encode()
		if err != nil {
			return nil, fmt.Errorf("encoding the %s: %w", line.role, err)
		}
		fmt.Fprintf(&b, "%s %s\n", line.role, text)
	}
	if !utf8.ValidString(m.Message) {
		m.Message = strings.ToValidUTF8(m.Message, "\uFFFD") // without an encoding header Git reads UTF-8
	}
	b.WriteString("\n" + strings.TrimRight(m.Message, "\n") + "\n")
	return b.Bytes(), nil
}

func (s Signature) encode() (string, error) {
	name, email := clean(s.Name), clean(s.Email)
	if name == "" {
		return "", errors.New("no name")
	}
	if s.When.Unix() < 0 {
		return "", fmt.Errorf("time %s is before 1970", s.When.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("%s <%s> %d +0000", name, email, s.When.Unix()), nil
}

// clean keeps what may stand in a name or an address.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '<' || r == '>' || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.Trim(s, " .,:;\"'\\") // Git strips these from the ends, too
}

// Parse reads the bytes of the commit object named id. It does not check that they hash to id.
// What a header says twice counts once, the first time; unknown headers are passed over.
func Parse(id ID, raw []byte) (Commit, error) {
	c := Commit{ID: id}
	head, message, found := strings.Cut(string(raw), "\n\n")
	if !found {
		head = strings.TrimSuffix(head, "\n") // a commit without a message
	}
	c.Message = message
	seen := map[string]bool{}
	for line := range strings.SplitSeq(head, "\n") {
		key, value, _ := strings.Cut(line, " ")
		if key != "parent" && seen[key] {
			continue
		}
		seen[key] = true
		if err := c.header(key, value); err != nil {
			return Commit{}, fmt.Errorf("reading %s of commit %s: %w", key, id, err)
		}
	}
	if !seen["tree"] || !seen["committer"] {
		return Commit{}, fmt.Errorf("reading commit %s: no tree or no committer", id)
	}
	return c, nil
}

func (c *Commit) header(key, value string) error {
	var err error
	switch key {
	case "tree":
		c.Tree, err = ParseID(value)
	case "parent":
		var parent ID
		parent, err = ParseID(value)
		c.Parents = append(c.Parents, parent)
	case "author":
		c.Author, err = parseSignature(value)
	case "committer":
		c.Committer, err = parseSignature(value)
	}
	return err
}

// parseSignature reads "name <email> seconds zone" as leniently as Git does: old repositories hold odd ones.
// Only the brackets are insisted on; a time that makes no sense is 1970.
func parseSignature(s string) (Signature, error) {
	open, end := strings.IndexByte(s, '<'), strings.LastIndexByte(s, '>')
	if open < 0 || end < open {
		return Signature{}, errors.New("no address in angle brackets")
	}
	sig := Signature{Name: strings.TrimSpace(s[:open]), Email: s[open+1 : end], When: time.Unix(0, 0).UTC()}
	seconds, zone, _ := strings.Cut(strings.TrimSpace(s[end+1:]), " ")
	if n, err := strconv.ParseInt(seconds, 10, 64); err == nil && n >= 0 {
		sig.When = time.Unix(n, 0).In(parseZone(zone))
	}
	return sig, nil
}

func parseZone(s string) *time.Location {
	n, err := strconv.Atoi(s)
	if err != nil || n <= -10000 || n >= 10000 || n == 0 {
		return time.UTC
	}
	return time.FixedZone("", (n/100*60+n%100)*60)
}

// Subject returns the first line of the message.
func (m Meta) Subject() string {
	first, _, _ := strings.Cut(strings.TrimLeft(m.Message, "\n"), "\n")
	return first
}
