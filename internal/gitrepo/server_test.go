// SPDX-License-Identifier: Apache-2.0

package gitrepo_test

import (
	"io"
	"net/http"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/fixture/gitserver"
)

// The servers of these tests, under short names.
var (
	git      = gitserver.Git
	gitWith  = gitserver.GitWith
	bare     = gitserver.Bare
	write    = gitserver.Write
	parse    = gitserver.Parse
	backend  = gitserver.Backend
	version0 = gitserver.Version0
	locked   = gitserver.Locked
	start    = gitserver.Start
	startSSH = gitserver.StartSSH
)

type journal = gitserver.Journal

// recorder keeps an answer.
type recorder struct {
	header http.Header
	body   strings.Builder
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// spoilFetches changes the answers that hold a pack.
func spoilFetches(spin func(string) string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			rec := &recorder{header: w.Header()}
			next.ServeHTTP(rec, q)
			answer := rec.body.String()
			if strings.Contains(answer, "PACK") {
				answer = spin(answer)
			}
			w.Header().Del("Content-Length")
			_, _ = io.WriteString(w, answer)
		})
	}
}
