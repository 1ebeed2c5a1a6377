// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/registry"
	"github.com/fairlead-dev/fairlead/internal/testserver"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

// TestRegistries asks real registries: CNCF distribution with passwords, and Gitea's, which gives tokens.
func TestRegistries(t *testing.T) {
	t.Parallel()
	distribution := testserver.RegistryFor(t, testserver.RegistryConfig{Users: map[string]string{"ann": "secret-of-ann"}})
	gitea := testserver.GiteaFor(t, testserver.GiteaConfig{})
	admin := gitea.Admin()
	for _, tc := range []struct {
		name, repository string
		host             string
		pusher           testserver.Pusher
		access           credentials.Access
	}{
		{"distribution", "acme/web", distribution.Host(), distribution.Pusher("ann"), loginOf("ann", "secret-of-ann")},
		{"Gitea", admin.Name + "/web", gitea.Host(), gitea.Pusher(admin), loginOf(admin.Name, admin.Password)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			askRegistry(t, image.Name{Registry: tc.host, Repository: tc.repository}, tc.pusher, tc.access)
		})
	}
}

func askRegistry(t *testing.T, name image.Name, pusher testserver.Pusher, access credentials.Access) {
	made := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	platforms := []string{"linux/amd64", "linux/arm64"}
	digests := map[string]image.Digest{}
	for i := range 7 {
		tag := fmt.Sprintf("1.0.%d", i)
		digest, err := pusher.Push(t.Context(), name.Repository+":"+tag, testserver.Image{Content: tag, Created: made, Platforms: platforms[:1+i%2]})
		if err != nil {
			t.Fatal(err)
		}
		digests[tag] = image.Digest(digest)
	}
	pool := transport.NewPool(transport.Config{Guard: transport.Guard{AllowLoopback: true}, Budget: transport.Budget{PerSecond: 1000}})
	defer pool.Close()
	c := registry.New(pool, registry.Config{Limits: registry.Limits{PageSize: 3}})
	list, err := c.Tags(t.Context(), name, access)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5", "1.0.6"}, slices.Collect(list.All())); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	for tag, want := range digests {
		if got, err := c.Digest(t.Context(), name, tag, "", access); err != nil || got != want {
			t.Errorf("%s: got %s, want %s: %v", tag, got, want, err)
		}
		if ok, err := c.Exists(t.Context(), name, want, access); err != nil || !ok {
			t.Errorf("%s: exists %v, %v", tag, ok, err)
		}
	}
	for tag, want := range map[string][]string{"1.0.0": platforms[:1], "1.0.1": platforms} {
		fact, err := c.Describe(t.Context(), name, digests[tag], nil, access)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(policy.ImageFact{Described: true, Created: made, Platforms: want}, fact); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tag, diff)
		}
	}
	if ok, err := c.Exists(t.Context(), name, image.DigestOf([]byte("gone")), access); ok || err != nil {
		t.Errorf("one that is gone: %v, %v", ok, err)
	}
	_, err = c.Tags(t.Context(), name, loginOf(access.Login.Username.Reveal(), "wrong-password"))
	if f := fault.Of(err); f == nil || f.Reason != reason.AuthenticationFailed || f.Class != fault.Waiting || strings.Contains(err.Error(), "wrong-password") {
		t.Errorf("with a wrong password: %v", err)
	}
}

func loginOf(username, password string) credentials.Access {
	return credentials.Access{Insecure: true, Login: credentials.Registry{Username: credentials.NewText(username), Password: credentials.NewText(password)}}
}
