// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/testserver"
)

// repositoryObject is one repository; what is between the last braces may be a Secret.
const repositoryObject = `---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: app-%[1]d}, spec: {image: REGISTRY/scan/app-%[1]d, interval: %[2]v, insecure: true%[3]s}}
`

// scan watches repositories alone, whose tags do not change: first as nobody, then with a Secret, which is read from
// the API server for each scan.
func scan(ctx context.Context, b *bench) ([]figure, error) {
	r, err := b.servers(ctx)
	if err != nil {
		return nil, err
	}
	b.say("making %d repositories of %d tags", b.many, b.tags)
	if err := r.tagged(ctx, b.many, b.tags); err != nil {
		return nil, err
	}
	open, err := r.withoutPasswords()
	if err != nil {
		return nil, err
	}
	defer open.Stop()
	of := fmt.Sprintf("scan, %d repositories of %d tags, interval %v", b.many, b.tags, b.interval)
	anonymous, err := scanAs(ctx, b, "scan-anonymous", of, open, "")
	if err != nil {
		return nil, err
	}
	anonymous, err = compared(ctx, b, open.Host(), anonymous)
	if err != nil {
		return nil, err
	}
	secret, err := scanAs(ctx, b, "scan-secret", of+", with a Secret", r.registry, ", secretRef: {name: registry}")
	return append(anonymous, secret...), err
}

// withoutPasswords starts another registry of the same images, which lets everybody in.
func (r *rig) withoutPasswords() (*testserver.Registry, error) {
	dir := filepath.Join(r.dir, "registry-open")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Symlink(filepath.Join(r.dir, "registry/storage"), filepath.Join(dir, "storage")); err != nil {
		return nil, err
	}
	return testserver.StartRegistry(dir, testserver.RegistryConfig{})
}

// scanAs watches a controller that scans a registry; more goes into the spec of each repository.
func scanAs(ctx context.Context, b *bench, name, of string, registry *testserver.Registry, more string) ([]figure, error) {
	w, err := b.rig.watched(registry)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	s, err := b.rig.newStage(ctx, name, w.images.Host(), "")
	if err != nil {
		return nil, err
	}
	var objects strings.Builder
	for app := range b.many {
		fmt.Fprintf(&objects, repositoryObject, app, b.interval, more)
	}
	if err := s.apply(ctx, objects.String()); err != nil {
		return nil, err
	}
	return s.scanned(ctx, b, of, w)
}

// tagged makes repositories of so many tags: one by pushing, the others as copies of it on the registry's disk.
func (r *rig) tagged(ctx context.Context, repositories, tags int) error {
	pusher := r.registry.Pusher(registryUser)
	if _, err := pusher.Push(ctx, "scan/app-0:1.0.0", testserver.Image{Content: "scan"}); err != nil {
		return err
	}
	for tag := 1; tag < tags; tag++ {
		if err := pusher.Tag(ctx, "scan/app-0:1.0.0", fmt.Sprintf("1.0.%d", tag)); err != nil {
			return err
		}
	}
	on := filepath.Join(r.dir, "registry/storage/docker/registry/v2/repositories/scan")
	for app := 1; app < repositories; app++ {
		if err := os.CopyFS(filepath.Join(on, fmt.Sprintf("app-%d", app)), os.DirFS(filepath.Join(on, "app-0"))); err != nil {
			return err
		}
	}
	return nil
}

// scanned watches a controller at rest.
func (s *stage) scanned(ctx context.Context, b *bench, of string, w watched) ([]figure, error) {
	if err := s.run(); err != nil {
		return nil, err
	}
	defer s.end()
	err := s.await(ctx, 5*time.Minute, time.Second, "the first scans", func() (bool, error) {
		var list v1alpha1.ImageRepositoryList
		if err := s.api.List(ctx, &list, client.InNamespace(s.name)); err != nil {
			return false, err
		}
		for i := range list.Items {
			if scan := list.Items[i].Status.LastScan; scan == nil || scan.TagCount != int64(b.tags) {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return s.watch(ctx, b, of, w, usage{cpu: 0.5, rss: 70})
}

// bareEach is the pace of bare requests: like the controller's, so slow that the processor has done something else
// in between.
const bareEach = 50 * time.Millisecond

// compared adds what the same lists cost when nothing is done with them: requests by Go's HTTP client, one connection,
// the answer read and dropped.
func compared(ctx context.Context, b *bench, host string, figures []figure) ([]figure, error) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	before, err := ownCPU()
	if err != nil {
		return nil, err
	}
	for app := range b.many {
		if err := list(ctx, transport, fmt.Sprintf("http://%s/v2/scan/app-%d/tags/list?n=1000", host, app)); err != nil {
			return nil, err
		}
		if err := pause(ctx, bareEach); err != nil {
			return nil, err
		}
	}
	after, err := ownCPU()
	if err != nil {
		return nil, err
	}
	of := figures[0].Of
	raw := 1000 * (after - before) / float64(b.many)
	figures = append(figures, figure{Of: of, What: "CPU of a bare list request", Value: raw, Unit: "ms"})
	for _, f := range figures {
		if f.What == whatPerScan {
			figures = append(figures, figure{Of: of, What: "CPU per scan against a bare list request", Value: f.Value / raw, Unit: "×"})
		}
	}
	return figures, nil
}

// list sends one request and reads the answer.
func list(ctx context.Context, transport http.RoundTripper, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("listing tags: %s", response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}
