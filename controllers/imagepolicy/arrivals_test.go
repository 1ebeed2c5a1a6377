// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

func TestArrivals(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	watched := taglist.Scan{}.Next(taglist.Of("a"), at(10))
	for _, tc := range []struct {
		name, why string
		latest    bool
		scan      taglist.Scan
		lastScan  *v1alpha1.Scan
		want      string
	}{
		{"are what the scan saw come", "the newest first", true,
			watched.Next(taglist.Of("a", "b"), at(11)).Next(taglist.Of("a", "b", "c"), at(12)), nil, "c@12 b@11"},
		{"are what status names from before", "a restart forgets the rest", true,
			watched, &v1alpha1.Scan{Time: metav1.NewTime(at(5)), Added: []string{"a"}}, "a@5"},
		{"are both", "the newest first", true,
			watched.Next(taglist.Of("a", "b"), at(11)), &v1alpha1.Scan{Time: metav1.NewTime(at(5)), Added: []string{"a"}}, "b@11 a@5"},
		{"are not what status names since", "the scan knows better: a tag may have come back", true,
			watched.Next(taglist.Of("a", "b"), at(11)), &v1alpha1.Scan{Time: metav1.NewTime(at(11)), Added: []string{"b", "a"}}, "b@11"},
		{"are nothing without a change", "everything came at once", true, watched, nil, ""},
		{"are not asked for by other policies", "they rank by name", false,
			watched.Next(taglist.Of("a", "b"), at(11)), nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			pol, repo := abroad(), repositoryIn("base", nil)
			if tc.latest {
				pol.Spec.Policy.Latest = &v1alpha1.LatestPolicy{}
			}
			repo.Status.LastScan = tc.lastScan
			n := arrivals(pol, repo, tc.scan)
			var got []string
			for _, tag := range n.tags {
				got = append(got, fmt.Sprintf("%s@%v", tag, n.at[tag].Sub(noon).Minutes()))
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}
