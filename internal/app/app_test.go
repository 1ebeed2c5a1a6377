// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/fairlead-dev/fairlead/internal/loop"
)

func TestConfig_Validate(t *testing.T) {
	t.Parallel()
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	nan := func() float64 { zero := 0.0; return zero / zero }()
	for _, tc := range []struct {
		name, want string
		edit       func(*Config)
	}{
		{"names no concurrency", "--concurrency is 0; at least 1", func(c *Config) { c.Concurrency = 0 }},
		{"names a rate of nothing", "--registry-qps and --registry-burst have to be positive", func(c *Config) { c.RegistryQPS = 0 }},
		{"names a rate that is no number", "--registry-qps and --registry-burst have to be positive", func(c *Config) { c.RegistryQPS = nan }},
		{"names no burst", "--registry-qps and --registry-burst have to be positive", func(c *Config) { c.RegistryBurst = 0 }},
		{"names a selector that is none", "--watch-label-selector is not a label selector: ", func(c *Config) { c.WatchLabelSelector = "a in (" }},
		{"names a range that is none", `--deny-cidr "10.0.0.0" is not an address range such as 10.0.0.0/8`, func(c *Config) { c.DenyCIDRs = []string{"10.0.0.0"} }},
		{"names a level", `--log-level is "warn"; one of debug, info, error`, func(c *Config) { c.LogLevel = "warn" }},
		{"names an encoding", `--log-encoding is "xml"; json or console`, func(c *Config) { c.LogEncoding = "xml" }},
		{"names a cluster that cannot stand in a trailer", `--cluster-name is "a/b"; at most 63 letters, digits, dots and dashes`, func(c *Config) { c.ClusterName = "a/b" }},
		{"names a cluster with a line end", `--cluster-name is "a\nb"; at most 63`, func(c *Config) { c.ClusterName = "a\nb" }},
		{"names a cluster that is too long", "--cluster-name is ", func(c *Config) { c.ClusterName = strings.Repeat("a", 64) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := DefaultConfig()
			tc.edit(&c)
			if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	longest := DefaultConfig()
	longest.ClusterName, longest.WatchLabelSelector, longest.DenyCIDRs = strings.Repeat("a", 63), "shard in (a, b)", []string{"10.0.0.0/8", "fd00::/8"}
	if err := longest.Validate(); err != nil {
		t.Error(err)
	}
}

func TestConfig_namespaces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{"": {}, "a": {"a"}, "a,b": {"a", "b"}, " a, b ,": {"a", "b"}} {
		if diff := cmp.Diff(want, (Config{WatchNamespace: text}).namespaces()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestAddressesOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, host, want string }{
		{"reads a URL", "https://10.0.0.1:6443", "10.0.0.1:6443"},
		{"knows the port of https", "https://10.0.0.1", "10.0.0.1:443"},
		{"knows the port of http", "http://10.0.0.1/path", "10.0.0.1:80"},
		{"reads a host and a port", "10.0.0.1:6443", "10.0.0.1:6443"},
		{"takes a bare host for https", "10.0.0.1", "10.0.0.1:443"},
		{"reads IPv6", "https://[fd00::1]:6443", "[fd00::1]:6443"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := addressesOf(tc.host)
			if err != nil || len(got) != 1 || got[0].String() != tc.want {
				t.Errorf("got %v, %v; want %s", got, err, tc.want)
			}
		})
	}
	for _, host := range []string{"", "https://", "ftp://10.0.0.1", "::"} {
		if got, err := addressesOf(host); err == nil {
			t.Errorf("%q gave %v: an API server that is not known cannot be kept from being asked", host, got)
		}
	}
}

func TestNewGuard_deniesTheAPIServer(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	c.AllowPrivateNetworks, c.DenyCIDRs = true, []string{"192.168.0.0/16"}
	guard, err := newGuard(c, &rest.Config{Host: "https://10.0.0.1:6443"})
	if err != nil {
		t.Fatal(err)
	}
	for at, allowed := range map[string]bool{"10.0.0.1:6443": false, "10.0.0.1:443": true, "192.168.1.1:443": false, "127.0.0.1:443": false, "169.254.169.254:80": false, "8.8.8.8:443": true} {
		if err := guard.Check(netip.MustParseAddrPort(at)); (err == nil) != allowed {
			t.Errorf("%s: %v, want allowed %v", at, err, allowed)
		}
	}
}

func TestSweeper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var sweeps, told int
		s := sweeper{every: sweepEvery, failed: func(error) { told++ }, sweep: func(idle time.Duration) error {
			if sweeps++; sweeps == 2 {
				return errors.New("read-only")
			}
			if idle != keepMirrors {
				t.Errorf("sweeps what was idle for %v", idle)
			}
			return nil
		}}
		done := make(chan error)
		go func() { done <- s.Start(ctx) }()
		time.Sleep(3*sweepEvery + time.Minute)
		cancel()
		if err := <-done; err != nil || sweeps != 3 || told != 1 {
			t.Errorf("%v after %d sweeps, %d failures told; want 3 and 1", err, sweeps, told)
		}
	})
}

func TestPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for attempt := 2; attempt <= 5; attempt++ {
			start := time.Now()
			pause(t.Context(), attempt)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("attempt %d waits %v", attempt, took)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start := time.Now()
		pause(ctx, 5)
		if took := time.Since(start); took != 0 {
			t.Errorf("waits %v for nobody", took)
		}
	})
}

func TestTell_doesNotBlockAtTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	scanned := make(chan event.GenericEvent, 1)
	say := tell(ctx, scanned)
	say(types.NamespacedName{Namespace: "shop", Name: "web"})
	cancel()
	say(types.NamespacedName{Namespace: "shop", Name: "api"}) // nobody takes it
	if got := <-scanned; got.Object.GetNamespace() != "shop" || got.Object.GetName() != "web" {
		t.Errorf("told of %s/%s", got.Object.GetNamespace(), got.Object.GetName())
	}
}

func TestKinds_areKinds(t *testing.T) {
	t.Parallel()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	for kind, list := range kinds() {
		gvks, _, err := scheme.ObjectKinds(list)
		if err != nil || gvks[0].Kind != kind+"List" {
			t.Errorf("%s lists %v (%v)", kind, gvks, err)
		}
		obj, err := scheme.New(gvks[0].GroupVersion().WithKind(kind))
		if _, ours := obj.(loop.Object); err != nil || !ours {
			t.Errorf("%s is none of our kinds: %v", kind, err)
		}
	}
}
