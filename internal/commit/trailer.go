// SPDX-License-Identifier: Apache-2.0

package commit

import (
	"strings"
)

// The trailers of our commits.
const (
	TrailerUpdate     = "Fairlead-Update"     // the id of the update
	TrailerAutomation = "Fairlead-Automation" // <cluster>/<namespace>/<name>
)

// A Trailer is a line "Key: value" at the end of a message.
type Trailer struct{ Key, Value string }

// Trailers returns the trailers of message in their order: the lines of its last paragraph, when it is not the
// first and nothing else stands in it but continued lines and Git's note of a cherry-pick. Otherwise there are none.
//
// A sentence that quotes a trailer further up is therefore not one, and neither is a line of a revert's text.
func Trailers(message string) []Trailer {
	message = strings.TrimRight(strings.ReplaceAll(message, "\r\n", "\n"), "\n \t")
	start := strings.LastIndex(message, "\n\n")
	if start < 0 {
		return nil
	}
	var found []Trailer
	for line := range strings.SplitSeq(message[start+2:], "\n") {
		key, value, ok := strings.Cut(line, ":")
		switch {
		case strings.HasPrefix(line, "(cherry picked from commit "):
		case strings.HasPrefix(line, " ") && len(found) > 0:
			last := &found[len(found)-1]
			last.Value += " " + strings.TrimSpace(line)
		case ok && isKey(key):
			found = append(found, Trailer{key, strings.TrimSpace(value)})
		default:
			return nil
		}
	}
	return found
}

func isKey(s string) bool {
	for _, r := range s {
		if r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return s != ""
}

// WithTrailers returns message with trailers as a paragraph of their own at its end, or added to the trailers
// it ends with. Values are made one line.
func WithTrailers(message string, trailers ...Trailer) string {
	gap := "\n\n"
	if Trailers(message) != nil {
		gap = "\n"
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(message, "\n \t") + gap)
	for _, t := range trailers {
		b.WriteString(t.Key + ": " + strings.Join(strings.Fields(t.Value), " ") + "\n")
	}
	return b.String()
}

// Trailer returns the value of the last trailer named key, whatever its case, or "".
func (m Meta) Trailer(key string) string {
	value := ""
	for _, t := range Trailers(m.Message) {
		if strings.EqualFold(t.Key, key) {
			value = t.Value
		}
	}
	return value
}

// Ours tells whether an automation wrote the commit, this one or another: whether it names one in a trailer.
// Anyone can write a trailer, so this answers "was it a person's doing?", never "may it be overwritten?".
func (m Meta) Ours() bool { return m.Trailer(TrailerAutomation) != "" }
