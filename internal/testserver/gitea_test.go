// SPDX-License-Identifier: Apache-2.0

package testserver_test

import (
	"encoding/base64"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/testserver"
)

func TestGitea(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	gitea := testserver.GiteaFor(t, testserver.GiteaConfig{})
	ann, err := gitea.CreateUser(ctx, "ann")
	if err != nil {
		t.Fatal(err)
	}
	repository, err := gitea.CreateRepository(ctx, ann, "fleet", map[string]string{"apps/web.yaml": "image: a\n", "README": "fleet\n"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(gitea.Folder(repository)); err != nil {
		t.Errorf("the bare repository is elsewhere: %v", err)
	}

	t.Run("takes a push over HTTP with a token", func(t *testing.T) {
		place := newWorkplace(t)
		place.git(t, tokenArguments(ann, "clone", "--quiet", gitea.CloneURL(repository), "fleet")...)
		if got := place.read(t, "fleet/apps/web.yaml"); got != "image: a\n" {
			t.Errorf("cloned %q", got)
		}
		place.commit(t, "fleet", "apps/web.yaml", "image: b\n")
		place.git(t, tokenArguments(ann, "-C", "fleet", "push", "--quiet", "origin", "main")...)

		commits, err := gitea.Commits(ctx, repository, "main")
		if err != nil {
			t.Fatal(err)
		}
		if len(commits) != 2 {
			t.Fatalf("%d commits, want 2", len(commits))
		}
		head := place.git(t, "-C", "fleet", "rev-parse", "HEAD")
		want := testserver.GiteaCommit{
			SHA: head, Message: "change apps/web.yaml\n", AuthorName: "Ann", AuthorEmail: "ann@example.com",
			CommitterName: "Ann", Parents: []string{commits[1].SHA}, Files: []string{"apps/web.yaml"},
			Created: commits[0].Created, VerifiedBecause: commits[0].VerifiedBecause,
		}
		if diff := cmp.Diff(want, commits[0]); diff != "" {
			t.Errorf("commit (-want +got):\n%s", diff)
		}
	})

	t.Run("refuses a push without a token", func(t *testing.T) {
		place := newWorkplace(t)
		place.git(t, "clone", "--quiet", gitea.CloneURL(repository), "fleet")
		place.commit(t, "fleet", "README", "mine\n")
		if out, err := place.try(ctx, "-C", "fleet", "push", "origin", "HEAD:stranger"); err == nil {
			t.Errorf("a stranger may push:\n%s", out)
		}
	})

	t.Run("opens pull requests", func(t *testing.T) {
		if err := gitea.Call(ctx, ann, http.MethodPost, "/api/v1/repos/"+repository+"/branches",
			map[string]string{"new_branch_name": "update"}, nil); err != nil {
			t.Fatal(err)
		}
		if err := gitea.Commit(ctx, ann, repository, "update", "on the branch", map[string]string{"README": "changed\n"}); err != nil {
			t.Fatal(err)
		}
		var made struct {
			Number int
			State  string
		}
		if err := gitea.Call(ctx, ann, http.MethodPost, "/api/v1/repos/"+repository+"/pulls",
			map[string]string{"head": "update", "base": "main", "title": "Update"}, &made); err != nil {
			t.Fatal(err)
		}
		if made.Number != 1 || made.State != "open" {
			t.Errorf("made %+v", made)
		}
	})

	t.Run("keeps images", func(t *testing.T) {
		pusher := gitea.Pusher(ann)
		if _, err := pusher.Push(ctx, "ann/web:1.0", testserver.Image{Content: "web"}); err != nil {
			t.Fatal(err)
		}
		wantTags(t, pusher, "ann/web", "1.0")
		stranger := testserver.Pusher{Host: gitea.Host()}
		if _, err := stranger.Push(ctx, "ann/web:2.0", testserver.Image{}); err == nil {
			t.Error("a stranger may push an image")
		}
	})

	t.Run("makes tokens that may do less", func(t *testing.T) {
		reader := ann
		var err error
		if reader.Token, err = gitea.CreateToken(ctx, ann, "read:repository"); err != nil {
			t.Fatal(err)
		}
		if err := gitea.Call(ctx, reader, http.MethodGet, "/api/v1/repos/"+repository, nil, nil); err != nil {
			t.Errorf("the token may not read: %v", err)
		}
		err = gitea.Commit(ctx, reader, repository, "main", "not allowed", map[string]string{"README": "x"})
		if err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("got %v, want 403", err)
		}
	})
}

func TestGitea_restart(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	gitea := testserver.GiteaFor(t, testserver.GiteaConfig{Settings: "[repository.pull-request]\nDEFAULT_MERGE_STYLE = squash\n"})
	repository, err := gitea.CreateRepository(ctx, gitea.Admin(), "empty", nil)
	if err != nil {
		t.Fatal(err)
	}
	host := gitea.Host()
	if err := gitea.Stop(); err != nil {
		t.Fatal(err)
	}
	refuses(t, host)
	if err := gitea.Restart(); err != nil {
		t.Fatal(err)
	}
	var found struct {
		Empty             bool
		DefaultMergeStyle string `json:"default_merge_style"`
	}
	if err := gitea.Call(ctx, gitea.Admin(), http.MethodGet, "/api/v1/repos/"+repository, nil, &found); err != nil {
		t.Fatal(err)
	}
	if gitea.Host() != host || !found.Empty || found.DefaultMergeStyle != "squash" {
		t.Errorf("came back at %s (before: %s) with %+v", gitea.Host(), host, found)
	}
}

// tokenArguments lets git send the token of user without asking for it.
func tokenArguments(user testserver.GiteaUser, args ...string) []string {
	secret := base64.StdEncoding.EncodeToString([]byte(user.Name + ":" + user.Token))
	return append([]string{"-c", "http.extraHeader=Authorization: Basic " + secret}, args...)
}
