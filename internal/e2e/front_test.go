// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/testserver"
)

// A front stands before the registry and lies as registries do: it is down, or lists a part of the tags.
type front struct {
	*testserver.Recorder

	mu   sync.Mutex
	down bool
	keep func(tag string) bool // nil: every tag
}

// newFront starts a front that passes everything on.
func newFront(t *testing.T) *front {
	t.Helper()
	f := &front{}
	var err error
	f.Recorder, err = testserver.StartRecorder(testserver.RecorderConfig{Target: shared.registry.Host(), Wrap: f.wrap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Stop(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// set changes what the front does from the next request on.
func (f *front) set(down bool, keep func(tag string) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down, f.keep = down, keep
}

func (f *front) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		f.mu.Lock()
		down, keep := f.down, f.keep
		f.mu.Unlock()
		switch {
		case down:
			http.Error(w, "out of order", http.StatusServiceUnavailable)
		case keep != nil && strings.HasSuffix(request.URL.Path, "/tags/list"):
			shorten(w, request, next, keep)
		default:
			next.ServeHTTP(w, request)
		}
	})
}

// shorten answers with the tags of next's answer that keep likes.
func shorten(w http.ResponseWriter, request *http.Request, next http.Handler, keep func(tag string) bool) {
	whole := httptest.NewRecorder()
	next.ServeHTTP(whole, request)
	var list struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}
	if err := json.Unmarshal(whole.Body.Bytes(), &list); err != nil || whole.Code != http.StatusOK { // no list but a refusal
		maps.Copy(w.Header(), whole.Header())
		w.WriteHeader(whole.Code)
		_, _ = w.Write(whole.Body.Bytes())
		return
	}
	all := list.Tags
	list.Tags = []string{}
	for _, tag := range all {
		if keep(tag) {
			list.Tags = append(list.Tags, tag)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list)
}

// only keeps the tags that are named.
func only(tags ...string) func(string) bool {
	return func(tag string) bool {
		return slices.Contains(tags, tag)
	}
}
