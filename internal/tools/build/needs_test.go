// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"testing"
)

func TestLack(t *testing.T) {
	t.Parallel()
	gitea := target{name: "gitea", needs: []string{compiler, "git"}}
	for _, tc := range []struct {
		name, why string
		target    target
		cc        string
		installed []string
		says      []string
	}{
		{"is content when all is there", "nothing to install", gitea, "gcc", []string{"gcc", "git"}, nil},
		{"names the compiler", "and what to install", gitea, "gcc", []string{"git"}, []string{"gitea", "C compiler gcc", "apt-get install gcc"}},
		{"asks for the compiler that Go would call", "CC may be clang", gitea, "clang", []string{"gcc", "git"}, []string{"C compiler clang"}},
		{"names git", "Gitea runs it", gitea, "gcc", []string{"gcc"}, []string{"gitea runs git", "apt-get install git"}},
		{"asks nothing for plain Go", "etcd needs no compiler", target{name: "etcd"}, "gcc", nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := lack(tc.target, tc.cc, func(program string) bool { return slices.Contains(tc.installed, program) })
			if (err == nil) != (tc.says == nil) {
				t.Fatalf("%s: got %v", tc.why, err)
			}
			for _, part := range tc.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%s: %q lacks %q", tc.why, err, part)
				}
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}
