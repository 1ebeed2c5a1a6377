// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// tagRows is what a list of tags says, read from lines of up to six tab-separated fields.
type tagRows struct {
	list     taglist.List
	points   map[string]policy.TagFact // where a tag points, where a line says more than its name
	images   map[image.Digest]policy.ImageFact
	observed []policy.Sighting
	unseen   []string // tags of which nobody says when they were first seen, the greatest by bytes first
}

// A tagRow is one line.
type tagRow struct {
	tag                        string
	digest                     image.Digest
	created, firstSeen, pushed time.Time
	platforms                  []string
}

const longestLine = 64 << 10

// readTagRows reads a list. Several lines of one tag are the digests that were seen there; the one first seen last
// is where it points.
func readTagRows(r io.Reader) (tagRows, error) {
	rows := tagRows{points: map[string]policy.TagFact{}, images: map[image.Digest]policy.ImageFact{}}
	seen := map[string]time.Time{}
	var tags taglist.Builder
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	for number := 1; lines.Scan(); number++ {
		text := strings.TrimSuffix(lines.Text(), "\r")
		if strings.TrimSpace(text) == "" {
			continue
		}
		row, err := parseTagRow(text)
		if err != nil {
			return tagRows{}, fmt.Errorf("line %d: %w", number, err)
		}
		tags.Add(row.tag)
		rows.add(row, seen)
	}
	if err := lines.Err(); err != nil {
		return tagRows{}, fmt.Errorf("reading tags: %w", err)
	}
	rows.list = tags.List()
	slices.Sort(rows.unseen) // the order of lines must not count
	slices.Reverse(rows.unseen)
	return rows, nil
}

func parseTagRow(text string) (tagRow, error) {
	fields := strings.Split(text, "\t")
	if len(fields) > 6 {
		return tagRow{}, fmt.Errorf("has %d fields; at most six are known", len(fields))
	}
	fields = append(fields, make([]string, 6-len(fields))...)
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	row := tagRow{tag: fields[0]}
	if row.tag == "" {
		return tagRow{}, errors.New("has no tag")
	}
	var errs [4]error
	if fields[1] != "" {
		row.digest, errs[0] = image.ParseDigest(fields[1])
	}
	row.created, errs[1] = optionalTime("created", fields[2])
	row.firstSeen, errs[2] = optionalTime("firstSeen", fields[3])
	row.pushed, errs[3] = optionalTime("pushed", fields[4])
	if fields[5] != "" {
		row.platforms = strings.Split(fields[5], ",")
	}
	return row, errors.Join(errs[:]...)
}

func optionalTime(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s %q is not a time such as 2026-11-20T12:00:00Z", name, text)
	}
	return when, nil
}

// add takes in one line; seen is when each tag was last seen to move.
func (l *tagRows) add(row tagRow, seen map[string]time.Time) {
	if !row.firstSeen.IsZero() {
		l.observed = append(l.observed, policy.Sighting{Tag: row.tag, Digest: row.digest, FirstSeen: row.firstSeen})
	} else {
		l.unseen = append(l.unseen, row.tag)
	}
	if row.digest == "" && row.created.IsZero() && row.pushed.IsZero() && row.firstSeen.IsZero() && row.platforms == nil {
		return // a name alone: a million of them need no map
	}
	if row.digest != "" {
		l.images[row.digest] = policy.ImageFact{Created: row.created, Platforms: row.platforms}
	}
	if last, known := seen[row.tag]; !known || row.firstSeen.After(last) {
		seen[row.tag] = row.firstSeen
		l.points[row.tag] = policy.TagFact{Digest: row.digest, Created: row.created, Pushed: row.pushed}
	}
}

// tag answers where a tag points. A tag that is not listed does not exist.
func (l *tagRows) tag(tag string) policy.TagFact {
	if !l.list.Has(tag) {
		return policy.TagFact{Err: errors.New("the list does not have it")}
	}
	return l.points[tag]
}
