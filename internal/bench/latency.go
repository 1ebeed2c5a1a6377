// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/testserver"
)

const latencyFile = `image: REGISTRY/NAMESPACE/web:0.1.0 # {"$imagepolicy": "NAMESPACE:web"}
`

const latencyObjects = `
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: web}, spec: {image: REGISTRY/NAMESPACE/web, interval: 1s, insecure: true, secretRef: {name: registry}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: web}, spec: {imageRepositoryRef: {name: web}, policy: {semver: {range: '*'}}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: UpdateAutomation, metadata: {name: fleet}, spec: {interval: 1m, batchWindow: 0s, git: {url: GIT, branch: main, insecure: true, secretRef: {name: git}}}}
`

// latency pushes images and looks when the branch moves, on the disk of the Git server: from just before the first
// byte of the push to the file of the branch holding another commit.
func latency(ctx context.Context, b *bench) ([]figure, error) {
	r, err := b.servers(ctx)
	if err != nil {
		return nil, err
	}
	const name = "latency"
	repository := r.user.Name + "/" + name
	s, err := r.newStage(ctx, name, r.registry.Host(), r.gitea.CloneURL(repository))
	if err != nil {
		return nil, err
	}
	if _, err := r.gitea.CreateRepository(ctx, r.user, name, map[string]string{"web.yaml": s.expand(latencyFile)}); err != nil {
		return nil, err
	}
	if err := s.apply(ctx, latencyObjects); err != nil {
		return nil, err
	}
	if err := s.run(); err != nil {
		return nil, err
	}
	defer s.end()
	var took []time.Duration
	for i := range b.pushes + 1 {
		one, err := s.pushToCommit(ctx, filepath.Join(r.gitea.Folder(repository), "refs/heads/main"), fmt.Sprintf("1.0.%d", i))
		if err != nil {
			return nil, err
		}
		if i > 0 { // the first one meets a controller that clones
			took = append(took, one)
		}
		// Pushes must not keep step with scans.
		if err := pause(ctx, time.Second+rand.N(time.Second)); err != nil {
			return nil, err
		}
	}
	slices.Sort(took)
	at := func(share float64) float64 { return took[int(share*float64(len(took)-1)+0.5)].Seconds() }
	of := fmt.Sprintf("latency, %d pushes, interval 1s", len(took))
	return []figure{
		{Of: of, What: "push of an image → commit in Git, median", Value: at(0.5), Unit: "s", Target: 3},
		{Of: of, What: "push of an image → commit in Git, p95", Value: at(0.95), Unit: "s", Target: 3},
		{Of: of, What: "push of an image → commit in Git, max", Value: at(1), Unit: "s", Target: 3},
	}, nil
}

// pushToCommit pushes web at tag and returns how long it takes until the branch moves.
func (s *stage) pushToCommit(ctx context.Context, branch, tag string) (time.Duration, error) {
	before, err := os.ReadFile(branch)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	pusher := s.registry.Pusher(registryUser)
	if _, err := pusher.Push(ctx, s.name+"/web:"+tag, testserver.Image{Content: tag}); err != nil {
		return 0, err
	}
	err = s.await(ctx, time.Minute, 2*time.Millisecond, "a commit for "+tag, func() (bool, error) {
		now, err := os.ReadFile(branch)
		return err == nil && strings.TrimSpace(string(now)) != strings.TrimSpace(string(before)), nil
	})
	return time.Since(start), err
}
