// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/testserver"
	"github.com/fairlead-dev/fairlead/internal/tools/bindir"
)

// serviceNamespace and serviceAccount are whose rights the controller has, as config/rbac names it.
const serviceNamespace, serviceAccount = "fairlead-system", "fairlead-controller"

// A rig is the servers around a controller.
type rig struct {
	dir        string
	controller string // the program
	kube       *testserver.ControlPlane
	api        client.Client
	registry   *testserver.Registry
	gitea      *testserver.Gitea
	user       testserver.GiteaUser
	kubeconfig string // of the ServiceAccount
}

const registryUser, registryPassword = "scanner", "for-benchmarks-only"

// servers returns the rig, and starts it the first time.
func (b *bench) servers(ctx context.Context) (*rig, error) {
	if b.rig != nil {
		return b.rig, nil
	}
	b.say("starting the servers")
	r := &rig{dir: b.dir, controller: b.controller}
	b.rig = r // so that what was started is stopped
	return r, r.start(ctx)
}

func (r *rig) start(ctx context.Context) error {
	root, err := bindir.Root(".")
	if err != nil {
		return err
	}
	if r.controller == "" {
		if r.controller, err = bindir.Path(filepath.Join(root, "bin"), "fairlead"); err != nil {
			return err
		}
	}
	folder := func(name string) string {
		dir := filepath.Join(r.dir, name)
		err = errors.Join(err, os.MkdirAll(dir, 0o700))
		return dir
	}
	crds := filepath.Join(root, "config/crd/bases")
	if r.kube, err = testserver.StartControlPlane(folder("kube"), testserver.ControlPlaneConfig{CRDs: []string{crds}}); err != nil {
		return err
	}
	users := map[string]string{registryUser: registryPassword}
	if r.registry, err = testserver.StartRegistry(folder("registry"), testserver.RegistryConfig{Users: users}); err != nil {
		return err
	}
	if r.gitea, err = testserver.StartGitea(folder("gitea"), testserver.GiteaConfig{}); err != nil {
		return err
	}
	if r.user, err = r.gitea.CreateUser(ctx, "shop"); err != nil {
		return err
	}
	return r.asServiceAccount(ctx, filepath.Join(root, "config/rbac"))
}

// asServiceAccount gives the controller the rights it has in a cluster.
func (r *rig) asServiceAccount(ctx context.Context, rbac string) error {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	var err error
	if r.api, err = client.New(r.kube.Config(), client.Options{Scheme: scheme}); err != nil {
		return err
	}
	if _, err := r.kubectl(ctx, "", "create", "namespace", serviceNamespace); err != nil {
		return err
	}
	if _, err := r.kubectl(ctx, "", "apply", "-k", rbac); err != nil {
		return err
	}
	r.kubeconfig = filepath.Join(r.dir, "controller.kubeconfig")
	return r.kube.WriteServiceAccountKubeconfig(ctx, serviceNamespace, serviceAccount, r.kubeconfig)
}

// stop ends what was started.
func (r *rig) stop() error {
	var errs []error
	if r.gitea != nil {
		errs = append(errs, r.gitea.Stop())
	}
	if r.registry != nil {
		errs = append(errs, r.registry.Stop())
	}
	if r.kube != nil {
		errs = append(errs, r.kube.Stop())
	}
	return errors.Join(errs...)
}

// kubectl runs kubectl as an administrator.
func (r *rig) kubectl(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, r.kube.Kubectl(), append([]string{"--kubeconfig", r.kube.Kubeconfig()}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w\n%s", args[0], err, out)
	}
	return string(out), nil
}

// A stage is a namespace with a controller of its own.
type stage struct {
	*rig
	name    string // of the namespace, of the Git repository, and before the images
	images  string // host and port of the registry, as the controller knows it
	gitURL  string // as the controller knows it
	running *process
}

// newStage makes a namespace with the Secrets "registry" and "git".
func (r *rig) newStage(ctx context.Context, name, registryHost, gitURL string) (*stage, error) {
	s := &stage{rig: r, name: name, images: registryHost, gitURL: gitURL}
	for _, args := range [][]string{
		{"create", "namespace", name},
		{"-n", name, "create", "secret", "docker-registry", "registry", "--docker-server=" + registryHost,
			"--docker-username=" + registryUser, "--docker-password=" + registryPassword},
		{"-n", name, "create", "secret", "generic", "git", "--from-literal=username=" + r.user.Name, "--from-literal=password=" + r.user.Token},
	} {
		if _, err := r.kubectl(ctx, "", args...); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// apply applies objects; REGISTRY, GIT and NAMESPACE stand for what they are here.
func (s *stage) apply(ctx context.Context, objects string) error {
	_, err := s.kubectl(ctx, s.expand(objects), "-n", s.name, "apply", "-f", "-")
	return err
}

func (s *stage) expand(text string) string {
	return strings.NewReplacer("REGISTRY", s.images, "GIT", s.gitURL, "NAMESPACE", s.name).Replace(text)
}

// run starts the controller with the flags of a cluster, but for those that let it reach this machine.
func (s *stage) run() error {
	dir := filepath.Join(s.dir, s.name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var err error
	s.running, err = startProcess(filepath.Join(dir, "log"), s.controller, "controller", "--kubeconfig", s.kubeconfig,
		"--watch-namespace", s.name, "--allow-loopback", "--metrics-addr", "127.0.0.1:0", "--health-addr", "127.0.0.1:0",
		"--storage-path", filepath.Join(dir, "data"), "--cluster-name", "bench")
	return err
}

// end stops the controller.
func (s *stage) end() {
	if s.running != nil {
		s.running.stop()
	}
}

// await asks ready every step until it says yes.
func (s *stage) await(ctx context.Context, within, step time.Duration, what string, ready func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(step)
	defer tick.Stop()
	for {
		ok, err := ready()
		if ok || err != nil {
			return err
		}
		if err := s.running.alive(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
