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

const repositoryObject = `---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: app-%[1]d}, spec: {image: REGISTRY/NAMESPACE/app-%[1]d, interval: %[2]v, insecure: true, secretRef: {name: registry}}}
`

// scan watches repositories alone, whose tags do not change.
func scan(ctx context.Context, b *bench) ([]figure, error) {
	r, err := b.servers(ctx)
	if err != nil {
		return nil, err
	}
	const name = "scan"
	w, err := r.watched()
	if err != nil {
		return nil, err
	}
	defer w.stop()
	s, err := r.newStage(ctx, name, w.images.Host(), "")
	if err != nil {
		return nil, err
	}
	b.say("making %d repositories of %d tags", b.many, b.tags)
	if err := s.tagged(ctx, b.many, b.tags); err != nil {
		return nil, err
	}
	var objects strings.Builder
	for app := range b.many {
		fmt.Fprintf(&objects, repositoryObject, app, b.interval)
	}
	if err := s.apply(ctx, objects.String()); err != nil {
		return nil, err
	}
	figures, err := s.scanned(ctx, b, w)
	if err != nil {
		return nil, err
	}
	return s.compared(ctx, b, figures)
}

// tagged makes repositories of so many tags: one by pushing, the others as copies of it on the registry's disk.
func (s *stage) tagged(ctx context.Context, repositories, tags int) error {
	pusher := s.registry.Pusher(registryUser)
	if _, err := pusher.Push(ctx, s.name+"/app-0:1.0.0", testserver.Image{Content: s.name}); err != nil {
		return err
	}
	for tag := 1; tag < tags; tag++ {
		if err := pusher.Tag(ctx, s.name+"/app-0:1.0.0", fmt.Sprintf("1.0.%d", tag)); err != nil {
			return err
		}
	}
	on := filepath.Join(s.dir, "registry/storage/docker/registry/v2/repositories", s.name)
	for app := 1; app < repositories; app++ {
		if err := os.CopyFS(filepath.Join(on, fmt.Sprintf("app-%d", app)), os.DirFS(filepath.Join(on, "app-0"))); err != nil {
			return err
		}
	}
	return nil
}

// scanned watches a controller at rest.
func (s *stage) scanned(ctx context.Context, b *bench, w watched) ([]figure, error) {
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
	of := fmt.Sprintf("scan, %d repositories of %d tags, interval %v", b.many, b.tags, b.interval)
	return s.watch(ctx, b, of, w, usage{cpu: 0.5, rss: 70})
}

// compared adds what the same lists cost when nothing is done with them: requests by Go's HTTP client, one connection,
// the answer read and dropped.
func (s *stage) compared(ctx context.Context, b *bench, figures []figure) ([]figure, error) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	before, err := ownCPU()
	if err != nil {
		return nil, err
	}
	for app := range b.many {
		if err := s.list(ctx, transport, app); err != nil {
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

// list asks for the tags of one repository.
func (s *stage) list(ctx context.Context, transport http.RoundTripper, app int) error {
	address := fmt.Sprintf("http://%s/v2/%s/app-%d/tags/list?n=1000", s.registry.Host(), s.name, app)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.SetBasicAuth(registryUser, registryPassword)
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
