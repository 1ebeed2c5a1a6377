// SPDX-License-Identifier: Apache-2.0

package testserver_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/testserver"
)

func TestGitHTTP(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	server := testserver.GitHTTPFor(t, testserver.GitHTTPConfig{})
	repositories := server.Repositories()
	if err := repositories.Create(ctx, "team/fleet.git", map[string]string{"apps/web.yaml": "image: a\n"}); err != nil {
		t.Fatal(err)
	}
	place := newWorkplace(t)
	place.git(t, "clone", "--quiet", server.URL("team/fleet.git"), "fleet")
	if got := place.read(t, "fleet/apps/web.yaml"); got != "image: a\n" {
		t.Errorf("cloned %q", got)
	}
	before := place.git(t, "-C", "fleet", "rev-parse", "HEAD")
	place.commit(t, "fleet", "apps/web.yaml", "image: b\n")
	place.git(t, "-C", "fleet", "push", "--quiet", "origin", "main")
	after := place.git(t, "-C", "fleet", "rev-parse", "HEAD")

	reflog, err := repositories.Git(ctx, "team/fleet.git", "reflog", "show", "--no-abbrev", "--format=%H", "main")
	if err != nil {
		t.Fatal(err)
	}
	if want := after + "\n" + before; reflog != want {
		t.Errorf("the reflog is\n%s\nwant\n%s", reflog, want)
	}

	theirs, err := repositories.Commit(ctx, "team/fleet.git", "main", "somebody else", map[string]string{"other": "file\n"})
	if err != nil {
		t.Fatal(err)
	}
	place.git(t, "-C", "fleet", "pull", "--quiet", "--ff-only")
	if got := place.git(t, "-C", "fleet", "rev-parse", "HEAD"); got != theirs {
		t.Errorf("pulled %s, want %s", got, theirs)
	}
	if got := place.read(t, "fleet/apps/web.yaml"); got != "image: b\n" {
		t.Errorf("a commit of one file changed another to %q", got)
	}

	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	refuses(t, server.Host())
}

func TestGitHTTP_pushOfUnknownLength(t *testing.T) {
	t.Parallel()
	server := testserver.GitHTTPFor(t, testserver.GitHTTPConfig{})
	if err := server.Repositories().Create(t.Context(), "fleet.git", map[string]string{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	place := newWorkplace(t)
	place.git(t, "clone", "--quiet", server.URL("fleet.git"), "fleet")
	// Beyond http.postBuffer, git sends chunks; what cannot be compressed stays beyond it.
	noise := make([]byte, 0, 1<<18)
	for state := uint32(1); len(noise) < cap(noise); {
		state = state*1664525 + 1013904223
		noise = append(noise, byte(state>>24))
	}
	place.commit(t, "fleet", "noise", string(noise))
	place.git(t, "-C", "fleet", "-c", "http.postBuffer=65536", "push", "--quiet", "origin", "main")
}

func TestGitHTTP_password(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	server := testserver.GitHTTPFor(t, testserver.GitHTTPConfig{Username: "ann", Password: "secret"})
	if err := server.Repositories().Create(ctx, "fleet.git", map[string]string{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	place := newWorkplace(t)
	for _, tc := range []struct{ name, user, refused string }{
		{"lets ann in", "ann:secret@", ""},
		{"refuses a wrong password", "ann:guessed@", "Authentication failed"},
		{"asks who comes without one", "", "could not read Username"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			url := strings.Replace(server.URL("fleet.git"), "http://", "http://"+tc.user, 1)
			out, err := place.try(ctx, "ls-remote", url)
			if (err == nil) != (tc.refused == "") || !strings.Contains(out, tc.refused) {
				t.Errorf("got %v:\n%s", err, out)
			}
		})
	}
}

func TestGitHTTP_hookAndProtocol(t *testing.T) {
	t.Parallel()
	var versions atomic.Value
	server := testserver.GitHTTPFor(t, testserver.GitHTTPConfig{
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
				if strings.HasSuffix(request.URL.Path, "/git-upload-pack") {
					versions.Store(request.Header.Get("Git-Protocol"))
				}
				next.ServeHTTP(w, request)
			})
		},
	})
	if err := server.Repositories().Create(t.Context(), "fleet.git", map[string]string{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	place := newWorkplace(t, "GIT_TRACE_PACKET=1")
	// Only version 2 lists references by the command ls-refs.
	if out := place.git(t, "-c", "protocol.version=2", "clone", server.URL("fleet.git"), "fleet"); !strings.Contains(out, "command=ls-refs") {
		t.Errorf("protocol version 2 did not reach git:\n%s", out)
	}
	if got := versions.Load(); got != "version=2" {
		t.Errorf("the wrapper saw %v", got)
	}

	if err := server.Repositories().Hook("fleet.git", "pre-receive", "#!/bin/sh\necho not on a friday >&2\nexit 1\n"); err != nil {
		t.Fatal(err)
	}
	place.commit(t, "fleet", "a", "c")
	out, err := place.try(t.Context(), "-C", "fleet", "push", "origin", "main")
	if err == nil || !strings.Contains(out, "not on a friday") {
		t.Errorf("the hook did not refuse: %v\n%s", err, out)
	}
	if err := server.Repositories().Hook("fleet.git", "pre-receive", ""); err != nil {
		t.Fatal(err)
	}
	place.git(t, "-C", "fleet", "push", "origin", "main")
}

func TestGitSSH(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	server := testserver.GitSSHFor(t, testserver.GitSSHConfig{})
	if err := server.Repositories().Create(ctx, "team/fleet.git", map[string]string{"a": "b\n"}); err != nil {
		t.Fatal(err)
	}
	keys := t.TempDir()
	known, key := filepath.Join(keys, "known_hosts"), filepath.Join(keys, "key")
	for path, content := range map[string][]byte{known: []byte(server.KnownHosts()), key: server.ClientKey()} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ssh := "ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=" + known

	place := newWorkplace(t, "GIT_SSH_COMMAND="+ssh+" -i "+key, "GIT_TRACE_PACKET=1")
	if out := place.git(t, "-c", "protocol.version=2", "clone", server.URL("team/fleet.git"), "fleet"); !strings.Contains(out, "command=ls-refs") {
		t.Errorf("protocol version 2 did not reach git:\n%s", out)
	}
	place.commit(t, "fleet", "a", "c\n")
	place.git(t, "-C", "fleet", "push", "origin", "main")
	got, err := server.Repositories().Git(ctx, "team/fleet.git", "show", "main:a")
	if err != nil {
		t.Fatal(err)
	}
	if got != "c" {
		t.Errorf("pushed %q, want c", got)
	}
	if out, err := place.try(ctx, "ls-remote", server.URL("team/absent.git")); err == nil {
		t.Errorf("there is a repository that was never made:\n%s", out)
	}

	stranger := newWorkplace(t, "GIT_SSH_COMMAND="+ssh+" -i "+filepath.Join(keys, "absent"))
	if out, err := stranger.try(ctx, "ls-remote", server.URL("team/fleet.git")); err == nil || !strings.Contains(out, "Permission denied") {
		t.Errorf("who has no key got %v:\n%s", err, out)
	}

	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	refuses(t, server.Host())
}

func TestGitServers_ofOneFolder(t *testing.T) {
	t.Parallel()
	overSSH := testserver.GitSSHFor(t, testserver.GitSSHConfig{})
	overHTTP := testserver.GitHTTPFor(t, testserver.GitHTTPConfig{Repositories: overSSH.Repositories()})
	if err := overSSH.Repositories().Create(t.Context(), "fleet.git", map[string]string{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	if out := newWorkplace(t).git(t, "ls-remote", overHTTP.URL("fleet.git")); !strings.Contains(out, "refs/heads/main") {
		t.Errorf("the other server does not show it:\n%s", out)
	}
}
