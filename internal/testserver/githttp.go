// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
)

// A GitHTTPConfig says how a GitHTTP is set up. The zero value lets anybody read and write.
type GitHTTPConfig struct {
	Username, Password string                          // Basic authentication; both empty: none
	Wrap               func(http.Handler) http.Handler // around everything, passwords included; nil: nothing
	Repositories       GitFolder                       // another server's, to serve the same; zero: a new folder
}

// A GitHTTP is a Git server over HTTP, with Git's own http-backend, in protocol versions 0 to 2.
type GitHTTP struct {
	repositories GitFolder
	log          *os.File
	web          *webServer
}

// StartGitHTTP starts a server of the bare repositories in dir.
func StartGitHTTP(dir string, config GitHTTPConfig) (*GitHTTP, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("looking for git: %w", err)
	}
	g := &GitHTTP{repositories: config.Repositories}
	if g.repositories == (GitFolder{}) {
		if g.repositories, err = newGitFolder(dir); err != nil {
			return nil, err
		}
	}
	if g.log, err = os.OpenFile(filepath.Join(dir, "git-http.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	handler := authenticated(config.Username, config.Password, g.backend(git))
	if config.Wrap != nil {
		handler = config.Wrap(handler)
	}
	if g.web, err = serve(handler); err != nil {
		return nil, errors.Join(err, g.log.Close())
	}
	return g, nil
}

// Repositories returns the repositories it serves.
func (g *GitHTTP) Repositories() GitFolder { return g.repositories }

// URL returns the address of the repository name, "http://127.0.0.1:PORT/team/app.git". It holds no credentials.
func (g *GitHTTP) URL(name string) string { return "http://" + g.web.host + "/" + name }

// Host returns the address, "127.0.0.1:PORT".
func (g *GitHTTP) Host() string { return g.web.host }

// Stop cuts open connections and ends the server. It may be called again.
func (g *GitHTTP) Stop() error {
	err := g.web.stop()
	if closed := g.log.Close(); !errors.Is(closed, os.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}

// Logs returns the paths of the log files. What http-backend complains of is in them.
func (g *GitHTTP) Logs() []string { return []string{g.log.Name()} }

// backend runs git http-backend for each request.
func (g *GitHTTP) backend(git string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if err := gather(request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		environment := append(gitEnvironment(g.repositories.dir),
			"GIT_PROJECT_ROOT="+g.repositories.dir, "GIT_HTTP_EXPORT_ALL=1")
		// CGI would call it HTTP_GIT_PROTOCOL, where Git does not look.
		if version := request.Header.Get("Git-Protocol"); version != "" {
			environment = append(environment, "GIT_PROTOCOL="+version)
		}
		if user, _, ok := request.BasicAuth(); ok {
			environment = append(environment, "REMOTE_USER="+user)
		}
		backend := cgi.Handler{Path: git, Args: []string{"http-backend"}, Dir: g.repositories.dir, Env: environment, Stderr: g.log}
		backend.ServeHTTP(w, request)
	})
}

// gather reads a body of unknown length, as large pushes have, for CGI has no way to hand one on.
func gather(request *http.Request) error {
	if request.ContentLength >= 0 {
		return nil
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return fmt.Errorf("reading a request: %w", err)
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.ContentLength = int64(len(body))
	request.TransferEncoding = nil
	return nil
}

// authenticated lets only the user through. An empty name and password let everybody through.
func authenticated(username, password string, next http.Handler) http.Handler {
	if username == "" && password == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		gotName, gotPassword, _ := request.BasicAuth()
		if gotName != username || subtle.ConstantTimeCompare([]byte(gotPassword), []byte(password)) == 0 {
			w.Header().Set("WWW-Authenticate", `Basic realm="tests"`)
			http.Error(w, "authentication required", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, request)
	})
}

// newGitFolder makes the folder of repositories below dir.
func newGitFolder(dir string) (GitFolder, error) {
	path, err := filepath.Abs(filepath.Join(dir, "repositories"))
	if err != nil {
		return GitFolder{}, fmt.Errorf("resolving folder %s: %w", dir, err)
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return GitFolder{}, fmt.Errorf("making a folder for repositories: %w", err)
	}
	return GitFolder{dir: path}, nil
}
