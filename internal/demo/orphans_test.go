// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOrphans(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, list string
		want            []int
	}{
		{"finds servers of this demo", "they would run for ever",
			"  41 /src/bin/etcd --data-dir=/src/.demo/control-plane/etcd\n  42 /src/bin/gitea web --config /src/.demo/gitea/app.ini\n", []int{41, 42}},
		{"leaves those of another checkout alone", "another demo may run there", "41 /src/bin/etcd --data-dir=/other/.demo/control-plane/etcd\n", nil},
		{"leaves other programs alone", "somebody reads a log", "41 tail -f /src/.demo/controller/controller.log\n", nil},
		{"leaves folders alone whose name only begins alike", "/src/.demo-old is somebody's copy", "41 /src/bin/etcd --data-dir=/src/.demo-old/etcd\n", nil},
		{"reads what is no list of processes as nothing", "ps differs from system to system", "PID COMMAND\nx /src/bin/etcd /src/.demo/etcd\n\n", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, orphans(tc.list, "/src/.demo")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}
