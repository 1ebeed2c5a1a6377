// SPDX-License-Identifier: Apache-2.0

package markers

import (
	"encoding/json"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/site"
)

const key = "$imagepolicy"

// A marker is a comment that says $imagepolicy.
type marker struct {
	line, start int
	ownLine     bool
	note        string // its value as written; of a comment that is no marker, the whole comment
	policy      site.Policy
	part        site.Part
	valid       bool
}

// maxNote bounds what of a comment or value is shown.
const maxNote = 256

// parse reads a comment, "#" included, and fills in what it says.
func parse(comment string) (m marker) {
	text := strings.Trim(strings.TrimPrefix(comment, "#"), " \t")
	m.note = shorten(text)
	var object map[string]json.RawMessage
	if strings.Count(text, key) != 1 || json.Unmarshal([]byte(text), &object) != nil || len(object) != 1 {
		return m
	}
	var value string
	if raw := object[key]; len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &value) != nil {
		return m
	}
	m.note = shorten(value)
	fields := strings.Split(value, ":")
	if len(fields) < 2 || len(fields) > 3 || !isName(fields[0]) || !isName(fields[1]) {
		return m
	}
	m.part = site.Full
	if len(fields) == 3 {
		m.part = site.Part(fields[2])
		switch m.part {
		case site.Name, site.Tag, site.Digest, site.TagDigest:
		default:
			return m
		}
	}
	m.policy = site.Policy{Namespace: fields[0], Name: fields[1]}
	m.valid = true
	return m
}

// isName tells whether text could be the name of an object: the letters and signs of one. Whether there is such
// an object is not known here.
func isName(text string) bool {
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_' {
			return false
		}
	}
	return text != ""
}

func shorten(text string) string {
	if len(text) <= maxNote {
		return text
	}
	return strings.ToValidUTF8(text[:maxNote], "") + "…"
}
