// SPDX-License-Identifier: Apache-2.0

package references

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// Strategy is the entry of package references in the table of strategies.
func Strategy() site.Strategy {
	return site.Strategy{Name: "References", Include: []string{"**/*"}, Find: Find}
}

// MaxSites is how many references a file may have. One with more is data, not text that people keep, and is left
// alone.
const MaxSites = 100_000

// Find returns the references in src, in the order of their bytes. A file with NUL bytes is no text and has none.
func Find(src []byte) []site.Site {
	if text, wide := fromUTF16(src); wide {
		return allBecause(reason.UnsupportedEncoding, find(text))
	}
	if bytes.IndexByte(src, 0) >= 0 {
		return nil
	}
	sites := find(src)
	if len(sites) > 0 && isSOPS(src) {
		return allBecause(reason.Encrypted, sites)
	}
	return sites
}

// allBecause leaves every site alone for the reason.
func allBecause(why reason.Reason, sites []site.Site) []site.Site {
	for i := range sites {
		sites[i].Why = why
		if why == reason.UnsupportedEncoding {
			sites[i].Start, sites[i].End = 0, 0 // they are of other bytes
		}
	}
	return sites
}

// isSOPS tells whether src was encrypted with SOPS, whatever its format: it has encrypted values, and the fields
// that SOPS keeps beside them. An edit would break the checksum among those.
func isSOPS(src []byte) bool {
	for _, part := range []string{"ENC[AES256_GCM,", "sops", "lastmodified", "mac"} {
		if !bytes.Contains(src, []byte(part)) {
			return false
		}
	}
	return true
}

// A finder reads one file from its beginning to its end.
type finder struct {
	src     []byte
	names   map[string]image.Name // written names; of what is none, the zero Name
	sites   []site.Site
	line    int // of the byte at counted, from 1
	counted int
}

func find(src []byte) []site.Site {
	f := finder{src: src, names: map[string]image.Name{}, line: 1}
	for at := 0; at < len(src); {
		if !inRun[src[at]] {
			at++
			continue
		}
		start, end := at, at+1
		for end < len(src) && inRun[src[end]] {
			end++
		}
		start, end = f.bracketed(start, end)
		at = f.run(start, end)
		if len(f.sites) > MaxSites {
			return []site.Site{{Why: reason.TooLarge, Note: fmt.Sprintf("has more than %d references", MaxSites)}}
		}
	}
	return f.sites
}

// inRun are the bytes of references. A longest run of them holds at most one, at its end.
var inRun = runBytes()

func runBytes() (set [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@") {
		set[c] = true
	}
	return set
}

// bracketed takes in the brackets of an IPv6 host, "[::1]:5000/web:1".
func (f *finder) bracketed(start, end int) (int, int) {
	if start == 0 || f.src[start-1] != '[' || end+1 >= len(f.src) || f.src[end] != ']' || f.src[end+1] != ':' && f.src[end+1] != '/' {
		return start, end
	}
	for _, c := range f.src[start:end] {
		if c != ':' && (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return start, end
		}
	}
	for end++; end < len(f.src) && inRun[f.src[end]]; end++ {
	}
	return start - 1, end
}

// run looks at one longest run of reference bytes and returns where to go on.
func (f *finder) run(start, end int) int {
	text := f.src[start:end]
	colon := bytes.IndexByte(text, ':')
	if colon < 0 && bytes.IndexByte(text, '@') < 0 {
		return end
	}
	if colon == len(text)-1 && !f.opens(end) {
		return end // "key: value": most of the runs with a colon
	}
	if scheme := bytes.LastIndex(text, []byte("://")); scheme >= 0 {
		if !isImageScheme(text[:scheme]) {
			return f.addressEnd(end)
		}
		f.judge(start+scheme+len("://"), end)
		return end
	}
	switch {
	case start > 1 && f.src[start-1] == '{' && f.src[start-2] == '$':
		start = f.afterOperator(start, end)
	case start > 0 && f.src[start-1] == '\\' && (text[0] == 'n' || text[0] == 'r' || text[0] == 't'):
		f.add(start+1, end, false) // the end of a line, as a string writes it
		return end
	}
	f.judge(start, end)
	return end
}

// afterOperator returns where the default value of "${NAME:-value}" starts, if there is one.
func (f *finder) afterOperator(start, end int) int {
	at := start
	for at < end && isWord(f.src[at]) {
		at++
	}
	if at > start && at < end && f.src[at] == ':' {
		at++
	}
	if at > start && at < end && f.src[at] == '-' {
		return at + 1
	}
	return start
}

// addressEnd returns where an address ends whose first bytes end at at: it goes on over "?image=" and the like.
func (f *finder) addressEnd(at int) int {
	for at < len(f.src) && f.src[at] > ' ' && f.src[at] < 0x7F && bytes.IndexByte([]byte("\"'`<>()[]{}|\\^,;$"), f.src[at]) < 0 {
		at++
	}
	return at
}

// judge adds the reference in the run [start, end) if nothing continues it on the left.
func (f *finder) judge(start, end int) {
	if f.clearLeft(start, 0) {
		f.add(start, end, true)
	}
}

// add adds the site of the reference in [start, end), if it is one. again says that what looks like a key before it
// may be taken off.
func (f *finder) add(start, end int, again bool) {
	templated := f.continues(end)
	if !templated && !f.clearRight(end) {
		return
	}
	for !templated && end > start && (f.src[end-1] == '.' || f.src[end-1] == ':') {
		end-- // of the sentence, not of the tag
	}
	r, ok := f.parse(f.src[start:end], templated)
	if !ok {
		if colon := bytes.IndexByte(f.src[start:end], ':'); again && colon > 0 && isKey(f.src[start:start+colon]) {
			f.add(start+colon+1, end, false)
		}
		return
	}
	s := site.Site{Part: site.Full, Image: r.name, Text: string(f.src[start:end]), Line: f.lineOf(start), Start: start, End: end, Object: -1, Raw: true}
	switch {
	case templated && f.isPort(end):
		return
	case templated:
		s.Why, s.Note = reason.Templated, f.excerpt(start, end)
	case r.looksLikeAddress && !f.isImagePosition(start):
		s.Why = reason.LooksLikeAddress
	}
	f.sites = append(f.sites, s)
}

// lineOf returns the line of the byte at at, which is not before the last one asked for.
func (f *finder) lineOf(at int) int {
	between := f.src[f.counted:at]
	f.line += bytes.Count(between, []byte{'\n'})
	if cr := bytes.Count(between, []byte{'\r'}); cr > 0 {
		f.line += cr - bytes.Count(between, []byte("\r\n"))
	}
	f.counted = at
	return f.line
}

// maxNote bounds what is shown of a template.
const maxNote = 128

// excerpt is the reference that begins at start with the template in it, for people.
func (f *finder) excerpt(start, end int) string {
	rest := f.src[end:min(end+maxNote, len(f.src))]
	stop := -1
	if bytes.HasPrefix(rest, []byte("{{")) || bytes.HasPrefix(rest, []byte("${{")) {
		if stop = bytes.Index(rest, []byte("}}")); stop >= 0 {
			stop += len("}}")
		}
	} else if len(rest) > 0 {
		stop = 1 + bytes.IndexAny(rest[1:], " \t\r\n\"'`,;<")
	}
	if stop <= 0 {
		stop = len(rest)
	}
	text := string(f.src[start:end]) + string(rest[:stop])
	return strings.ToValidUTF8(text[:min(len(text), 2*maxNote)], "")
}
