// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// A GiteaCommit is a commit as Gitea's API tells of it.
type GiteaCommit struct {
	SHA                     string
	Message                 string
	AuthorName, AuthorEmail string
	CommitterName           string
	Parents                 []string // hashes
	Files                   []string // the paths it changed, in byte order
	Created                 time.Time
	Verified                bool   // whether Gitea trusts its signature
	VerifiedBecause         string // how Gitea came to that
}

// CreateUser makes a user called name.
func (g *Gitea) CreateUser(ctx context.Context, name string) (GiteaUser, error) {
	made := GiteaUser{Name: name, Password: "for-tests-only"}
	err := g.Call(ctx, g.admin, http.MethodPost, "/api/v1/admin/users", map[string]any{
		"username": name, "password": made.Password, "email": name + "@example.com", "must_change_password": false,
	}, nil)
	if err != nil {
		return GiteaUser{}, err
	}
	made.Token, err = g.CreateToken(ctx, made, "all")
	return made, err
}

// CreateToken makes another token of user with scopes as Gitea calls them: "read:repository", "write:package", "all".
func (g *Gitea) CreateToken(ctx context.Context, user GiteaUser, scopes ...string) (string, error) {
	var made struct{ SHA1 string }
	name := fmt.Sprintf("token-%d", time.Now().UnixNano())
	// Only the password makes tokens.
	user.Token = ""
	err := g.Call(ctx, user, http.MethodPost, "/api/v1/users/"+url.PathEscape(user.Name)+"/tokens",
		map[string]any{"name": name, "scopes": scopes}, &made)
	return made.SHA1, err
}

// CreateRepository makes the public repository name of owner. With files, a path and its content each, it has a
// branch main with one commit; without, it is empty. It returns "owner/name".
func (g *Gitea) CreateRepository(ctx context.Context, owner GiteaUser, name string, files map[string]string) (string, error) {
	err := g.Call(ctx, owner, http.MethodPost, "/api/v1/user/repos",
		map[string]any{"name": name, "default_branch": "main", "private": false}, nil)
	if err != nil {
		return "", err
	}
	repository := owner.Name + "/" + name
	if len(files) == 0 {
		return repository, nil
	}
	return repository, g.Commit(ctx, owner, repository, "main", "initial files", files)
}

// Commit writes files, a path and its whole content each, as one commit of user on branch of repository,
// "owner/name". Files that are there are replaced.
func (g *Gitea) Commit(ctx context.Context, user GiteaUser, repository, branch, message string, files map[string]string) error {
	var changes []map[string]any
	for _, path := range slices.Sorted(maps.Keys(files)) {
		changes = append(changes, map[string]any{
			"operation": "upload", "path": path, "content": base64.StdEncoding.EncodeToString([]byte(files[path])),
		})
	}
	return g.Call(ctx, user, http.MethodPost, "/api/v1/repos/"+repository+"/contents",
		map[string]any{"branch": branch, "message": message, "files": changes}, nil)
}

// Commits returns the newest commits of branch, at most 50, the newest first.
func (g *Gitea) Commits(ctx context.Context, repository, branch string) ([]GiteaCommit, error) {
	var answer []struct {
		SHA    string
		Commit struct {
			Message           string
			Author, Committer struct{ Name, Email string }
			Verification      struct {
				Verified bool
				Reason   string
			}
		}
		Created time.Time
		Parents []struct{ SHA string }
		Files   []struct{ Filename string }
	}
	query := url.Values{"sha": {branch}, "limit": {"50"}, "files": {"true"}, "verification": {"true"}, "stat": {"false"}}
	err := g.Call(ctx, g.admin, http.MethodGet, "/api/v1/repos/"+repository+"/commits?"+query.Encode(), nil, &answer)
	if err != nil {
		return nil, err
	}
	var commits []GiteaCommit
	for _, a := range answer {
		commit := GiteaCommit{
			SHA: a.SHA, Message: a.Commit.Message, Created: a.Created,
			AuthorName: a.Commit.Author.Name, AuthorEmail: a.Commit.Author.Email, CommitterName: a.Commit.Committer.Name,
			Verified: a.Commit.Verification.Verified, VerifiedBecause: a.Commit.Verification.Reason,
		}
		for _, parent := range a.Parents {
			commit.Parents = append(commit.Parents, parent.SHA)
		}
		for _, file := range a.Files {
			commit.Files = append(commit.Files, file.Filename)
		}
		slices.Sort(commit.Files)
		commits = append(commits, commit)
	}
	return commits, nil
}

// Call asks Gitea's API as user; the zero user is nobody. path begins with /api/ and may have a query. in is sent
// and out filled as JSON unless nil. A status of 400 and above is an error that quotes Gitea's message. A call
// may take a minute.
func (g *Gitea) Call(ctx context.Context, user GiteaUser, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := g.request(ctx, user, method, path, in)
	if err != nil {
		return fmt.Errorf("calling %s %s: %w", method, path, err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("calling Gitea: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("reading the answer to %s %s: %w", method, path, err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("calling %s %s: %s: %s", method, path, response.Status, bytes.TrimSpace(body))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("reading the answer to %s %s: %w", method, path, err)
	}
	return nil
}

func (g *Gitea) request(ctx context.Context, user GiteaUser, method, path string, in any) (*http.Request, error) {
	var body io.Reader
	if in != nil {
		content, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(content)
	}
	request, err := http.NewRequestWithContext(ctx, method, g.URL()+path, body)
	if err != nil {
		return nil, err
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	switch {
	case user.Token != "":
		request.Header.Set("Authorization", "token "+user.Token)
	case user.Name != "":
		request.SetBasicAuth(user.Name, user.Password)
	}
	return request, nil
}
