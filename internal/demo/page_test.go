// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/testserver"
)

func TestPage(t *testing.T) {
	t.Parallel()
	write := func(color bool) string {
		var out bytes.Buffer
		p := page{out: &out, color: color}
		p.act("1. An act")
		p.say("%d things\n\nof two lines", 2)
		p.moment(1234*time.Millisecond, "ImagePolicy web", "chooses 1.0.0")
		p.command("git show", "a\n\n  b\n")
		return out.String()
	}
	want := `
1. An act
  2 things

  of two lines
    +1.2 s  ImagePolicy web          chooses 1.0.0

  $ git show
  a

    b
`
	if diff := cmp.Diff(want, write(false)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	colored := write(true)
	if !strings.Contains(colored, bold+"1. An act"+off) {
		t.Errorf("a heading has no color: %q", colored)
	}
	if diff := cmp.Diff(want, strings.NewReplacer(bold, "", dim, "", mark, "", off, "").Replace(colored)); diff != "" {
		t.Errorf("colors change the text (-want +got):\n%s", diff)
	}
}

func TestNewPage_isPlainOutsideATerminal(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if newPage(file).color || newPage(&bytes.Buffer{}).color {
		t.Error("what is no terminal gets colors")
	}
}

func TestTyped(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, want string
		args       []string
	}{
		{"leaves plain words alone", "bin/kubectl get fairlead -A", []string{"get", "fairlead", "-A"}},
		{"quotes what a shell would read otherwise", `bin/kubectl -p '{"a":1}' '%h %an'`, []string{"-p", `{"a":1}`, "%h %an"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := typed("bin/kubectl", tc.args); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestPokes(t *testing.T) {
	t.Parallel()
	s := state{Kubectl: "/src/fairlead/bin/kubectl", Registry: "127.0.0.1:5000", CloneURL: "http://127.0.0.1:3000/shop/fleet.git",
		Owner:  testserver.GiteaUser{Name: "shop", Password: "secret-of-shop", Token: "token-of-shop"},
		Person: testserver.GiteaUser{Name: "ann", Password: "for-tests-only", Token: "token-of-ann"}, Metrics: "http://127.0.0.1:8080/metrics"}
	got := pokes(place{"/src/fairlead"}, s)
	for _, want := range []string{
		"export KUBECONFIG=.demo/kubeconfig\n", "bin/kubectl get fairlead -A ", "push 1.3.0", "make demo-down",
		"http://127.0.0.1:3000/shop/fleet  user ann, password for-tests-only\n", "http://127.0.0.1:5000  user scanner",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "/src/") || strings.Contains(got, "token-") {
		t.Errorf("it shows long paths or tokens:\n%s", got)
	}
}
