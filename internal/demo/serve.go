// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/fairlead-dev/fairlead/internal/testserver"
)

// progressFile is the number of the file on which serve tells up how far it is.
const progressFile = 3

// serve owns the servers and the controller: it starts them, writes the state, closes progress and runs until ctx
// ends or the controller does. It stops them in every case. What it prints on progress is meant for the page; when
// nobody reads it, up is gone and serve ends too.
func serve(ctx context.Context, where place, controller string, progress io.WriteCloser) (err error) {
	lock, err := take(where)
	if err != nil {
		return err
	}
	defer lock.Close() // last of all: who waits for the lock waits for the servers
	var up rack
	defer func() { err = errors.Join(err, up.stop()) }()

	steps := starting{ctx: ctx, progress: progress}
	ended, err := up.start(steps, where, controller)
	if err != nil {
		_, _ = fmt.Fprintf(progress, "\n\n%v\n", err) // if up is gone, the log has it
		return err
	}
	if err := progress.Close(); err != nil {
		return fmt.Errorf("telling that all servers are there: %w", err)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return fmt.Errorf("running the controller: it ended early: %w", err)
	}
}

// starting is how far serve is.
type starting struct {
	ctx      context.Context //nolint:containedctx // of one call of serve
	progress io.Writer
}

// step does one thing and tells how long it took.
func (s starting) step(name string, do func() error) error {
	if err := s.ctx.Err(); err != nil {
		return errors.New("stopped while starting")
	}
	if _, err := fmt.Fprintf(s.progress, "  %-48s", name+" …"); err != nil {
		return fmt.Errorf("telling progress: %w", err)
	}
	start := time.Now()
	if err := do(); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.progress, "%7s\n", seconds(time.Since(start))); err != nil {
		return fmt.Errorf("telling progress: %w", err)
	}
	return nil
}

// A rack is what runs, in the order in which it was started.
type rack struct {
	kube     *testserver.ControlPlane
	registry *testserver.Registry
	gitea    *testserver.Gitea
	state    state
	stops    []func() error
}

// stop stops all of it, the last first.
func (r *rack) stop() error {
	var errs []error
	for len(r.stops) > 0 {
		last := len(r.stops) - 1
		errs = append(errs, r.stops[last]())
		r.stops = r.stops[:last]
	}
	return errors.Join(errs...)
}

// The one user of the registry.
const registryUser, registryPassword = "scanner", "for-tests-only"

// start starts everything, writes the state, and returns what tells of the end of the controller.
func (r *rack) start(s starting, where place, program string) (ended <-chan error, err error) {
	for _, one := range []struct {
		name string
		do   func() error
	}{
		{"control plane: etcd, kube-apiserver, the CRDs", func() error { return r.startControlPlane(where) }},
		{"registry, with a password", func() error { return r.startRegistry(where) }},
		{"Gitea, with the repository shop/fleet", func() error { return r.startGitea(s.ctx, where) }},
		{"Fairlead, with the rights of config/rbac", func() error {
			ended, err = r.startController(s.ctx, where, program)
			return err
		}},
	} {
		if err := s.step(one.name, one.do); err != nil {
			return nil, err
		}
	}
	r.state.Since = time.Now()
	return ended, where.save(r.state)
}

func (r *rack) startControlPlane(where place) (err error) {
	dir, err := made(where.folder("control-plane"))
	if err != nil {
		return err
	}
	r.kube, err = testserver.StartControlPlane(dir, testserver.ControlPlaneConfig{CRDs: []string{where.config("crd", "bases")}})
	if err != nil {
		return err
	}
	r.stops = append(r.stops, r.kube.Stop)
	r.state.Kubectl = r.kube.Kubectl()
	return writeKubeconfig(r.kube.Config(), namespace, where.kubeconfig())
}

func (r *rack) startRegistry(where place) (err error) {
	dir, err := made(where.folder("registry"))
	if err != nil {
		return err
	}
	r.registry, err = testserver.StartRegistry(dir, testserver.RegistryConfig{Users: map[string]string{registryUser: registryPassword}})
	if err != nil {
		return err
	}
	r.stops = append(r.stops, r.registry.Stop)
	r.state.Registry = r.registry.Host()
	return nil
}

// startGitea starts Gitea with a repository of user shop, to which a person called ann may push.
func (r *rack) startGitea(ctx context.Context, where place) (err error) {
	dir, err := made(where.folder("gitea"))
	if err != nil {
		return err
	}
	if r.gitea, err = testserver.StartGitea(dir, testserver.GiteaConfig{}); err != nil {
		return err
	}
	r.stops = append(r.stops, r.gitea.Stop)
	if r.state.Owner, err = r.gitea.CreateUser(ctx, namespace); err != nil {
		return err
	}
	if r.state.Person, err = r.gitea.CreateUser(ctx, "ann"); err != nil {
		return err
	}
	full, err := r.gitea.CreateRepository(ctx, r.state.Owner, repository, fleet(r.state.Registry))
	if err != nil {
		return err
	}
	r.state.Gitea, r.state.CloneURL, r.state.Bare = r.gitea.URL(), r.gitea.CloneURL(full), r.gitea.Folder(full)
	return r.gitea.Call(ctx, r.state.Owner, "PUT", "/api/v1/repos/"+full+"/collaborators/"+r.state.Person.Name,
		map[string]string{"permission": "write"}, nil)
}

func made(folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("making a folder of the demo: %w", err)
	}
	return folder, nil
}
