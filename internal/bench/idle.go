// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/testserver"
)

// appObjects are the objects of one application; %d is its number, %s the interval.
const appObjects = `---
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: app-%[1]d}, spec: {image: REGISTRY/NAMESPACE/app-%[1]d, interval: %[2]v, insecure: true, secretRef: {name: registry}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: app-%[1]d}, spec: {imageRepositoryRef: {name: app-%[1]d}, policy: {semver: {range: '*'}}}}
`

const fleetObject = `---
{apiVersion: fairlead.dev/v1alpha1, kind: UpdateAutomation, metadata: {name: fleet}, spec: {interval: %v, batchWindow: 0s, git: {url: GIT, branch: main, insecure: true, secretRef: {name: git}}}}
`

// idle watches a controller that has nothing to do: repositories with one tag and a password, policies that follow
// digests, and one automation.
func idle(ctx context.Context, b *bench) ([]figure, error) {
	r, err := b.servers(ctx)
	if err != nil {
		return nil, err
	}
	const name = "idle"
	w, err := r.watched(r.registry)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	s, err := r.newStage(ctx, name, w.images.Host(), w.git.URL()+"/"+r.user.Name+"/"+name+".git")
	if err != nil {
		return nil, err
	}
	if err := s.fleet(ctx, b.repositories, b.interval); err != nil {
		return nil, err
	}
	b.say("waiting until %d chains are at rest", b.repositories)
	if err := s.run(); err != nil {
		return nil, err
	}
	defer s.end()
	if err := s.await(ctx, 5*time.Minute, time.Second, "rest", func() (bool, error) { return s.atRest(ctx, b.repositories) }); err != nil {
		return nil, err
	}
	of := fmt.Sprintf("idle, %d repositories, interval %v", b.repositories, b.interval)
	return s.watch(ctx, b, of, w, usage{})
}

// fleet pushes images and a repository that names them, and applies a chain for each.
func (s *stage) fleet(ctx context.Context, apps int, interval time.Duration) error {
	var file, objects strings.Builder
	pusher := s.registry.Pusher(registryUser)
	for app := range apps {
		if _, err := pusher.Push(ctx, fmt.Sprintf("%s/app-%d:1.0.0", s.name, app), testserver.Image{Content: fmt.Sprint(app)}); err != nil {
			return err
		}
		fmt.Fprintf(&file, "a%[1]d: REGISTRY/NAMESPACE/app-%[1]d:0.9.0 # {\"$imagepolicy\": \"NAMESPACE:app-%[1]d\"}\n", app)
		fmt.Fprintf(&objects, appObjects, app, interval)
	}
	fmt.Fprintf(&objects, fleetObject, interval)
	if _, err := s.gitea.CreateRepository(ctx, s.user, s.name, map[string]string{"apps.yaml": s.expand(file.String())}); err != nil {
		return err
	}
	return s.apply(ctx, objects.String())
}

// atRest tells whether the automation has seen the commit that holds the image of every policy.
func (s *stage) atRest(ctx context.Context, apps int) (bool, error) {
	var policies v1alpha1.ImagePolicyList
	if err := s.api.List(ctx, &policies, client.InNamespace(s.name)); err != nil {
		return false, err
	}
	chosen := 0
	for i := range policies.Items {
		if policies.Items[i].Status.Latest != nil {
			chosen++
		}
	}
	var fleet v1alpha1.UpdateAutomation
	if err := s.api.Get(ctx, client.ObjectKey{Namespace: s.name, Name: "fleet"}, &fleet); err != nil {
		return false, err
	}
	if chosen < apps || fleet.Status.ObservedCommit == "" || fleet.Status.PendingPush != nil {
		return false, nil
	}
	bare := s.gitea.Folder(s.user.Name + "/" + s.name)
	content, err := gitOutput(ctx, bare, "show", fleet.Status.ObservedCommit+":apps.yaml")
	if err != nil {
		return false, err
	}
	head, err := gitOutput(ctx, bare, "rev-parse", "main")
	return strings.Count(content, ":1.0.0@sha256:") == apps && strings.TrimSpace(head) == fleet.Status.ObservedCommit, err
}

// A watched pair of recorders stands before the registry and Gitea.
type watched struct{ images, git *testserver.Recorder }

func (r *rig) watched(registry *testserver.Registry) (watched, error) {
	var w watched
	var err error
	if w.images, err = testserver.StartRecorder(testserver.RecorderConfig{Target: registry.Host()}); err != nil {
		return w, err
	}
	w.git, err = testserver.StartRecorder(testserver.RecorderConfig{Target: r.gitea.Host()})
	return w, err
}

func (w watched) stop() {
	_ = w.images.Stop() // nobody uses them any more
	_ = w.git.Stop()
}

// count returns how many lists of tags the registry was asked for, and how many other things.
func (w watched) count() (lists, others int) {
	for _, r := range w.images.Requests() {
		if strings.HasSuffix(r.Path, "/tags/list") {
			lists++
		} else {
			others++
		}
	}
	return lists, others
}

// quiet waits until the last events of the start are told, and returns the writes so far. An event that was refused is
// sent again after 10 to 12.5 seconds.
func (s *stage) quiet(ctx context.Context) (float64, error) {
	before := -1.0
	for {
		writes, err := s.writes(ctx)
		if err != nil || writes == before {
			return writes, err
		}
		before = writes
		if err := pause(ctx, 15*time.Second); err != nil {
			return 0, err
		}
	}
}

// whatPerScan is what the yardstick of bare requests is held against.
const whatPerScan = "CPU per scan, with all that hangs on it"

// watch looks at the controller for a window and says what it took, per minute and per scan.
func (s *stage) watch(ctx context.Context, b *bench, of string, w watched, most usage) ([]figure, error) {
	writes, err := s.quiet(ctx)
	if err != nil {
		return nil, err
	}
	w.images.Forget()
	w.git.Forget()
	pid := s.running.cmd.Process.Pid
	before, err := usageOf(pid)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	b.say("watching for %v", b.window)
	if err := pause(ctx, b.window); err != nil {
		return nil, err
	}
	after, err := usageOf(pid)
	if err != nil {
		return nil, err
	}
	minutes := time.Since(start).Minutes()
	lists, others := w.count()
	asked := len(w.git.Requests())
	written, err := s.writes(ctx)
	if err != nil {
		return nil, err
	}
	cpu := after.cpu - before.cpu
	figures := []figure{
		{Of: of, What: "CPU per minute", Value: cpu / minutes, Unit: "s", Target: most.cpu},
		{Of: of, What: whatPerScan, Value: 1000 * cpu / float64(max(lists, 1)), Unit: "ms"},
		{Of: of, What: "memory (RSS)", Value: after.rss, Unit: "MB", Target: most.rss},
		{Of: of, What: "memory at most (VmHWM)", Value: after.peak, Unit: "MB"},
		{Of: of, What: "scans in the window", Value: float64(lists)},
		{Of: of, What: "requests to the registry per scan", Value: float64(lists+others) / float64(max(lists, 1))},
		{Of: of, What: "requests to Git per minute", Value: float64(asked) / minutes},
		{Of: of, What: "writes to the API server in the window", Value: written - writes, Zero: true},
	}
	return figures, s.running.alive()
}
