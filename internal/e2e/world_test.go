// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/testserver"
)

// serviceAccount is whose rights the controller has, as config/rbac names it.
const serviceNamespace, serviceAccount = "fairlead-system", "fairlead-controller"

// The one user of the registry.
const registryUser, registryPassword = "scanner", "registry-canary-4711"

// shared are the servers that all tests use.
var shared struct {
	dir        string
	controller string // the program
	kube       *testserver.ControlPlane
	client     client.Client
	registry   *testserver.Registry
	gitea      *testserver.Gitea
	user       testserver.GiteaUser
	kubeconfig string // of the ServiceAccount
}

func TestMain(m *testing.M) {
	code, err := runWithServers(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runWithServers(m *testing.M) (code int, err error) {
	if shared.dir, err = os.MkdirTemp("", "fairlead-e2e-"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(shared.dir)) }()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	shared.controller = filepath.Join(shared.dir, "controller")
	if out, err := exec.CommandContext(ctx, "go", "build", "-race", "-o", shared.controller, "./controller").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the controller: %w\n%s", err, out)
	}
	folder := func(name string) string {
		dir := filepath.Join(shared.dir, name)
		err = errors.Join(err, os.MkdirAll(dir, 0o700))
		return dir
	}
	if shared.kube, err = testserver.StartControlPlane(folder("kube"), testserver.ControlPlaneConfig{CRDs: []string{"../../config/crd/bases"}}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, shared.kube.Stop()) }()
	if shared.registry, err = testserver.StartRegistry(folder("registry"), testserver.RegistryConfig{Users: map[string]string{registryUser: registryPassword}}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, shared.registry.Stop()) }()
	if shared.gitea, err = testserver.StartGitea(folder("gitea"), testserver.GiteaConfig{}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, shared.gitea.Stop()) }()
	if shared.user, err = shared.gitea.CreateUser(ctx, "shop"); err != nil {
		return 0, err
	}
	if err := asServiceAccount(ctx); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// asServiceAccount installs config/rbac and makes a kubeconfig with exactly these rights.
func asServiceAccount(ctx context.Context) error {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	var err error
	if shared.client, err = client.New(shared.kube.Config(), client.Options{Scheme: scheme}); err != nil {
		return err
	}
	if _, err := kubectl(ctx, "", "create", "namespace", serviceNamespace); err != nil {
		return err
	}
	if _, err := kubectl(ctx, "", "apply", "-k", "../../config/rbac"); err != nil {
		return err
	}
	shared.kubeconfig = filepath.Join(shared.dir, "controller.kubeconfig")
	return shared.kube.WriteServiceAccountKubeconfig(ctx, serviceNamespace, serviceAccount, shared.kubeconfig)
}

// kubectl runs kubectl as an administrator.
func kubectl(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, shared.kube.Kubectl(), append([]string{"--kubeconfig", shared.kube.Kubeconfig()}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// A world is what one test has for itself.
type world struct {
	t          *testing.T
	namespace  string
	registry   string // host and port by which the controller knows the registry
	repository string // "shop/<namespace>" in Gitea
	pusher     testserver.Pusher
	flags      []string // more flags of the controller; of two that are the same the last counts
	controller *process
}

var worlds atomic.Int64

// newWorld makes a namespace with the Secrets "registry" and "git", and a repository with files. The controller is
// not started.
func newWorld(t *testing.T, files map[string]string) *world {
	t.Helper()
	return newWorldAt(t, shared.registry.Host(), files)
}

// newWorldAt is newWorld with a server that stands before the registry, for the controller alone.
func newWorldAt(t *testing.T, registry string, files map[string]string) *world {
	t.Helper()
	w := &world{t: t, namespace: fmt.Sprintf("w%d", worlds.Add(1)), registry: registry, pusher: shared.registry.Pusher(registryUser)}
	var err error
	if w.repository, err = shared.gitea.CreateRepository(t.Context(), shared.user, w.namespace, w.expandAll(files)); err != nil {
		t.Fatal(err)
	}
	w.kubectl("", "create", "namespace", w.namespace)
	w.kubectl("", "-n", w.namespace, "create", "secret", "docker-registry", "registry", "--docker-server="+w.registry,
		"--docker-username="+registryUser, "--docker-password="+registryPassword)
	w.kubectl("", "-n", w.namespace, "create", "secret", "generic", "git", "--from-literal=username="+shared.user.Name, "--from-literal=password="+shared.user.Token)
	return w
}

// expand fills in what differs from test to test: NAMESPACE, REGISTRY (host and port) and GIT (the URL).
func (w *world) expand(text string) string {
	return strings.NewReplacer("NAMESPACE", w.namespace, "REGISTRY", w.registry, "GIT", shared.gitea.CloneURL("shop/"+w.namespace)).Replace(text)
}

func (w *world) expandAll(files map[string]string) map[string]string {
	out := map[string]string{}
	for path, content := range files {
		out[path] = w.expand(content)
	}
	return out
}

func (w *world) kubectl(input string, args ...string) string {
	w.t.Helper()
	out, err := kubectl(w.t.Context(), input, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// apply applies YAML as a user would.
func (w *world) apply(yaml string) {
	w.t.Helper()
	w.kubectl(w.expand(yaml), "-n", w.namespace, "apply", "-f", "-")
}

// push puts an image into the registry, below the world's own name, and returns its digest.
func (w *world) push(ref string) string {
	w.t.Helper()
	digest, err := w.pusher.Push(w.t.Context(), w.namespace+"/"+ref, testserver.Image{Content: ref})
	if err != nil {
		w.t.Fatal(err)
	}
	return digest
}

// git runs git on the bare repository on Gitea's disk.
func (w *world) git(args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "git", append([]string{"-C", shared.gitea.Folder(w.repository), "-c", "safe.directory=*"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimRight(string(out), "\n")
}

// commits returns the subjects on main, newest first.
func (w *world) commits() []string {
	w.t.Helper()
	return strings.Split(w.git("log", "--format=%s", "main"), "\n")
}

// commit pushes files as a person would, with the git command line and a clone.
func (w *world) commit(message string, files map[string]string) {
	w.t.Helper()
	clone := w.clone()
	for path, content := range w.expandAll(files) {
		if err := os.WriteFile(filepath.Join(clone, path), []byte(content), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	w.inClone(clone, "commit", "-q", "-a", "-m", message)
	w.inClone(clone, "push", "-q", "origin", "main")
}

// revert reverts the newest commit, as a person would.
func (w *world) revert() {
	w.t.Helper()
	clone := w.clone()
	w.inClone(clone, "revert", "--no-edit", "HEAD")
	w.inClone(clone, "push", "-q", "origin", "main")
}

func (w *world) clone() string {
	w.t.Helper()
	dir := w.t.TempDir()
	url := strings.Replace(shared.gitea.CloneURL(w.repository), "://", "://"+shared.user.Name+":"+shared.user.Token+"@", 1)
	w.inClone(dir, "clone", "-q", url, ".")
	return dir
}

func (w *world) inClone(dir string, args ...string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "git", append([]string{"-c", "user.name=Ann", "-c", "user.email=ann@example.com"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+shared.dir, "GIT_TERMINAL_PROMPT=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
}

// eventually waits until condition returns an empty text, which says what is still missing.
func (w *world) eventually(within time.Duration, condition func() string) {
	w.t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		missing := condition()
		if missing == "" {
			return
		}
		select {
		case <-deadline.C:
			w.t.Fatalf("after %v: %s\n%s\n%s", within, missing, w.objects(), w.controller.log())
		case <-tick.C:
		}
	}
}

// objects shows what the namespace holds, for a test that failed.
func (w *world) objects() string {
	out, err := kubectl(context.WithoutCancel(w.t.Context()), "", "-n", w.namespace, "get", "fairlead", "-o", "yaml")
	if err != nil {
		return err.Error()
	}
	return out
}

// get reads an object.
func get[T client.Object](w *world, name string, into T) T {
	w.t.Helper()
	if err := shared.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, into); err != nil {
		w.t.Fatal(err)
	}
	return into
}

// ready returns status, reason and message of Ready as one text.
func ready(status *v1alpha1.ReconcileStatus) string {
	for _, c := range status.Conditions {
		if c.Type == v1alpha1.ReadyCondition {
			return fmt.Sprintf("%s %s: %s", c.Status, c.Reason, c.Message)
		}
	}
	return "no Ready condition"
}

// newImage is an image whose digest depends on content alone.
func newImage(content string) testserver.Image { return testserver.Image{Content: content} }
