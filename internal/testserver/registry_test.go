// SPDX-License-Identifier: Apache-2.0

package testserver_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/fairlead-dev/fairlead/internal/testserver"
)

func TestRegistry(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	registry := testserver.RegistryFor(t, testserver.RegistryConfig{})
	pusher := registry.Pusher("")

	first, err := pusher.Push(ctx, "team/app:1.0", testserver.Image{Content: "one"})
	if err != nil {
		t.Fatal(err)
	}
	index, err := pusher.Push(ctx, "team/app:1.1", testserver.Image{Content: "two", Platforms: []string{"linux/amd64", "linux/arm64/v8"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := pusher.Tag(ctx, "team/app@"+first, "stable"); err != nil {
		t.Fatal(err)
	}
	wantTags(t, pusher, "team/app", "1.0", "1.1", "stable")

	if err := pusher.Delete(ctx, "team/app:stable"); err != nil {
		t.Fatal(err)
	}
	wantTags(t, pusher, "team/app", "1.0", "1.1")

	again, err := pusher.Push(ctx, "other/app:9", testserver.Image{Content: "one"})
	if err != nil {
		t.Fatal(err)
	}
	if again != first || index == first {
		t.Errorf("equal content gave %s and %s, other content %s", first, again, index)
	}

	host := registry.Host()
	if err := registry.Stop(); err != nil {
		t.Fatal(err)
	}
	refuses(t, host)
	if err := registry.Restart(); err != nil {
		t.Fatal(err)
	}
	if registry.Host() != host {
		t.Errorf("moved from %s to %s", host, registry.Host())
	}
	wantTags(t, pusher, "team/app", "1.0", "1.1")
}

func TestRegistry_withPasswords(t *testing.T) {
	t.Parallel()
	registry := testserver.RegistryFor(t, testserver.RegistryConfig{Users: map[string]string{"ann": "secret", "bob": "hidden"}})
	ann := registry.Pusher("ann")
	if _, err := ann.Push(t.Context(), "app:1", testserver.Image{}); err != nil {
		t.Fatal(err)
	}
	wantTags(t, registry.Pusher("bob"), "app", "1")

	wrong := ann
	wrong.Password = "guessed"
	for name, intruder := range map[string]testserver.Pusher{"nobody": registry.Pusher(""), "ann with a guessed password": wrong} {
		if tags, err := intruder.Tags(t.Context(), "app"); err == nil || !strings.Contains(err.Error(), "401") && !strings.Contains(err.Error(), "UNAUTHORIZED") {
			t.Errorf("%s got %v, %v, want to be refused", name, tags, err)
		}
	}
}

func TestRegistry_createdAndLabels(t *testing.T) {
	t.Parallel()
	registry := testserver.RegistryFor(t, testserver.RegistryConfig{})
	noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	image := testserver.Image{Created: noon, Labels: map[string]string{"revision": "abc"}}
	if _, err := registry.Pusher("").Push(t.Context(), "app:1", image); err != nil {
		t.Fatal(err)
	}
	config := configOf(t, registry.Host()+"/app:1")
	if !config.Created.Equal(noon) || config.Config.Labels["revision"] != "abc" || config.OS != "linux" || config.Architecture != "amd64" {
		t.Errorf("the configuration is %+v", config)
	}
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	registry := testserver.RegistryFor(t, testserver.RegistryConfig{})
	if _, err := registry.Pusher("").Push(t.Context(), "app:1", testserver.Image{}); err != nil {
		t.Fatal(err)
	}
	recorder := testserver.RecorderFor(t, testserver.RecorderConfig{Target: registry.Host()})
	through := testserver.Pusher{Host: recorder.Host()}
	wantTags(t, through, "app", "1")
	if _, err := through.Push(t.Context(), "app:2", testserver.Image{Content: "through the recorder"}); err != nil {
		t.Fatal(err)
	}
	lists := 0
	for _, request := range recorder.Requests() {
		if request.Method == http.MethodGet && request.Path == "/v2/app/tags/list" && request.Status == http.StatusOK {
			lists++
		}
	}
	if lists != 1 {
		t.Errorf("%d lists of tags recorded, want 1: %v", lists, recorder.Requests())
	}
	recorder.Forget()
	if left := recorder.Requests(); len(left) != 0 {
		t.Errorf("not forgotten: %v", left)
	}
}

func TestRecorder_wrap(t *testing.T) {
	t.Parallel()
	recorder := testserver.RecorderFor(t, testserver.RecorderConfig{
		Target: "127.0.0.1:1", // never asked
		Wrap: func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusTooManyRequests)
			})
		},
	})
	response, err := http.Get(recorder.URL() + "/v2/?n=1")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := recorder.Stop(); err != nil { // waits for the record
		t.Fatal(err)
	}
	got := recorder.Requests()
	if len(got) != 1 || got[0].Status != http.StatusTooManyRequests || got[0].Query != "n=1" {
		t.Errorf("recorded %+v", got)
	}
	refuses(t, recorder.Host())
}

func wantTags(t *testing.T, pusher testserver.Pusher, image string, want ...string) {
	t.Helper()
	got, err := pusher.Tags(t.Context(), image)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}

// configOf reads the configuration of an image as anybody may.
func configOf(t *testing.T, ref string) *v1.ConfigFile {
	t.Helper()
	at, err := name.ParseReference(ref, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(at, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config
}
