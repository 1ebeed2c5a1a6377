// SPDX-License-Identifier: Apache-2.0

package taglist_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/taglist"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// arrived writes what a scan knows of arrivals: "tag@minutes after noon".
func arrived(s taglist.Scan) string {
	var all []string
	for _, a := range s.Arrived {
		all = append(all, fmt.Sprintf("%s@%v", a.Tag, a.At.Sub(noon).Minutes()))
	}
	return strings.Join(all, " ")
}

func TestScan_Next(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		lists     []string // one after the other, a minute apart
		want      string
	}{
		{"knows nothing of the first list", "everything in it is new, which says nothing", []string{"a b"}, ""},
		{"dates what comes", "that is its purpose", []string{"a", "a b"}, "b@1"},
		{"keeps dates while nothing changes", "a tag arrives once", []string{"a", "a b", "a b", "a b"}, "b@1"},
		{"puts the newest first, and the greatest of one time", "who reads a part reads the best part", []string{"m", "a m z", "a b m z"}, "b@2 z@1 a@1"},
		{"forgets what went", "it is not there to be chosen", []string{"a", "a b", "a"}, ""},
		{"does not take for new what comes back", "a partial list must not make old tags the newest", []string{"a b c", "a", "a b c"}, ""},
		{"nor later", "what comes back may go again", []string{"a b", "a", "a b", "a", "a b"}, ""},
		{"nor out of an empty list", "a registry may lose its list for a while", []string{"a b", "", "a b"}, ""},
		{"dates what comes beside it", "the rest goes on", []string{"a b", "a", "a b c"}, "c@2"},
		{"gives an arrival that comes back no date again", "it is older than it looks", []string{"a", "a b", "a", "a b"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var s taglist.Scan
			for i, list := range tc.lists {
				s = s.Next(taglist.Of(strings.Fields(list)...), noon.Add(time.Duration(i)*time.Minute))
			}
			if diff := cmp.Diff(tc.want, arrived(s)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			last := len(tc.lists) - 1
			if !s.Since.Equal(noon) || !s.At.Equal(noon.Add(time.Duration(last)*time.Minute)) || s.List.Revision() != taglist.Of(strings.Fields(tc.lists[last])...).Revision() {
				t.Errorf("since %v at %v with %d tags", s.Since, s.At, s.List.Len())
			}
		})
	}
}

func TestScan_Next_isBounded(t *testing.T) {
	t.Parallel()
	var tags taglist.Builder
	tags.Add("0")
	s := taglist.Scan{}.Next(tags.List(), noon)
	for i := range 4 {
		for j := range 400 {
			tags.Add(fmt.Sprintf("%d-%03d", i, j))
		}
		s = s.Next(tags.List(), noon.Add(time.Duration(i)*time.Hour))
	}
	if n := len(s.Arrived); n != 1000 || s.Arrived[0].Tag != "3-399" || s.Arrived[n-1].Tag != "1-200" {
		t.Errorf("%d arrivals from %+v to %+v, want the newest 1000", n, s.Arrived[0], s.Arrived[n-1])
	}
}

func TestScan_Next_leavesItsReceiverAlone(t *testing.T) {
	t.Parallel()
	s := taglist.Scan{}.Next(taglist.Of("a"), noon).Next(taglist.Of("a", "b"), noon.Add(time.Minute))
	one := s.Next(taglist.Of("a", "b", "c"), noon.Add(2*time.Minute))
	two := s.Next(taglist.Of("b"), noon.Add(2*time.Minute))
	if arrived(s) != "b@1" || arrived(one) != "c@2 b@1" || arrived(two) != "b@1" {
		t.Errorf("%q, %q, %q", arrived(s), arrived(one), arrived(two))
	}
}
