// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/testserver"
)

const (
	idleRepositories = 100
	idleNever        = 10 // each of so many policies follows no digest
	idleInterval     = 10 * time.Second
	idleScans        = 3
)

// idleChain are the objects of one application; %d is its number, %s its digestPolicy.
const idleChain = `---
apiVersion: fairlead.dev/v1alpha1
kind: ImageRepository
metadata: {name: app-%[1]d}
spec: {image: REGISTRY/NAMESPACE/app-%[1]d, interval: %[3]v, insecure: true, secretRef: {name: recorded}}
---
apiVersion: fairlead.dev/v1alpha1
kind: ImagePolicy
metadata: {name: app-%[1]d}
spec: {imageRepositoryRef: {name: app-%[1]d}, digestPolicy: %[2]s, policy: {semver: {range: '>=1.0.0'}}}
`

const idleAutomation = `---
apiVersion: fairlead.dev/v1alpha1
kind: UpdateAutomation
metadata: {name: fleet}
spec: {interval: %v, batchWindow: 0s, git: {url: GIT, branch: main, insecure: true, secretRef: {name: git}}, update: [{path: clusters/prod}]}
`

// idleDigests returns the digestPolicy of an application.
func idleDigests(app int) string {
	if app%idleNever == 0 {
		return "Never"
	}
	return "Always"
}

// A hundred repositories and policies and an automation that have nothing to do write nothing to the API server, and
// send one list per repository and scan, one HEAD per policy that follows a digest, and one request to Git.
func TestIdle_writesNothingAndAsksOnce(t *testing.T) {
	t.Parallel()
	images := testserver.RecorderFor(t, testserver.RecorderConfig{Target: shared.registry.Host()})
	git := testserver.RecorderFor(t, testserver.RecorderConfig{Target: shared.gitea.Host()})
	w, kube := newIdleWorld(t, images, git)
	w.start()
	w.awaitIdle()
	w.awaitLooks(images, git, time.Now(), 1)
	w.awaitQuiet(kube)

	before, since := w.versions(), time.Now()
	w.awaitLooks(images, git, since, idleScans+1) // the last one closes the interval before it

	if diff := gocmp.Diff(before, w.versions()); diff != "" {
		t.Errorf("objects and events (-before +after):\n%s", diff)
	}
	for _, r := range after(kube.Requests(), since) {
		if r.Method != http.MethodGet {
			t.Errorf("the API server was sent %s %s", r.Method, r.Path)
		}
	}
	w.checkScans(images, since)
	checkGit(t, after(git.Requests(), since), w)
}

// newIdleWorld is a world with a hundred chains, seen through recorders; that of the API server is returned.
func newIdleWorld(t *testing.T, images, git *testserver.Recorder) (*world, *testserver.Recorder) {
	t.Helper()
	recorded := strings.NewReplacer("REGISTRY", images.Host(), "GIT", git.URL()+"/shop/NAMESPACE.git")
	var file, objects strings.Builder
	for app := range idleRepositories {
		fmt.Fprintf(&file, "a%[1]d: REGISTRY/NAMESPACE/app-%[1]d:0.9.0 # {\"$imagepolicy\": \"NAMESPACE:app-%[1]d\"}\n", app)
		fmt.Fprintf(&objects, idleChain, app, idleDigests(app), idleInterval)
	}
	fmt.Fprintf(&objects, idleAutomation, idleInterval)
	w := newWorld(t, map[string]string{"clusters/prod/apps.yaml": recorded.Replace(file.String())})
	kube := w.recordAPI()
	for app := range idleRepositories {
		w.push(fmt.Sprintf("app-%d:1.0.0", app))
	}
	w.kubectl("", "-n", w.namespace, "create", "secret", "docker-registry", "recorded", "--docker-server="+images.Host(),
		"--docker-username="+registryUser, "--docker-password="+registryPassword)
	w.apply(recorded.Replace(objects.String()))
	w.flags = append(w.flags, "--registry-qps", "1000", "--registry-burst", "1000")
	return w, kube
}

// recordAPI puts a recorder between the controller, which is not started yet, and the API server. It speaks plain
// HTTP, and as the ServiceAccount to the API server.
func (w *world) recordAPI() *testserver.Recorder {
	w.t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", shared.kubeconfig)
	if err != nil {
		w.t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		w.t.Fatal(err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		w.t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Transport: transport, FlushInterval: -1, // watches talk while they last
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	recorder := testserver.RecorderFor(w.t, testserver.RecorderConfig{Wrap: func(http.Handler) http.Handler { return forward }})

	file, err := clientcmd.LoadFromFile(shared.kubeconfig)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, cluster := range file.Clusters {
		cluster.Server, cluster.CertificateAuthorityData = recorder.URL(), nil
	}
	kubeconfig := filepath.Join(w.t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*file, kubeconfig); err != nil {
		w.t.Fatal(err)
	}
	w.flags = append(w.flags, "--kubeconfig", kubeconfig)
	return recorder
}

// awaitIdle waits until Git holds every image and the automation has seen that.
func (w *world) awaitIdle() {
	w.t.Helper()
	w.eventually(3*time.Minute, func() string {
		content := w.git("show", "main:clusters/prod/apps.yaml")
		digests := idleRepositories - idleRepositories/idleNever
		if all, pinned := strings.Count(content, ":1.0.0"), strings.Count(content, ":1.0.0@sha256:"); all != idleRepositories || pinned != digests {
			return fmt.Sprintf("Git holds %d images, %d of them with a digest", all, pinned)
		}
		return ""
	})
	w.awaitRest()
}

// awaitLooks waits until each repository was listed n times since then, and Git asked as often.
func (w *world) awaitLooks(images, git *testserver.Recorder, since time.Time, n int) {
	w.t.Helper()
	w.eventually(3*time.Minute, func() string {
		scans := map[string]int{}
		for _, r := range after(images.Requests(), since) {
			if path, ok := strings.CutSuffix(r.Path, "/tags/list"); ok {
				scans[path]++
			}
		}
		for app := range idleRepositories {
			if path := w.imagePath(app); scans[path] < n {
				return fmt.Sprintf("%s was listed %d times, want %d", path, scans[path], n)
			}
		}
		if asked := len(after(git.Requests(), since)); asked < n {
			return fmt.Sprintf("Git was asked %d times, want %d", asked, n)
		}
		return ""
	})
}

// awaitQuiet waits until the controller has written nothing for so long that no event is on its way any more: one that
// was refused is sent again after 10 to 12.5 seconds.
func (w *world) awaitQuiet(kube *testserver.Recorder) {
	w.t.Helper()
	const quiet = 15 * time.Second
	w.eventually(3*time.Minute, func() string {
		for _, r := range after(kube.Requests(), time.Now().Add(-quiet)) {
			if r.Method != http.MethodGet {
				return fmt.Sprintf("the API server was sent %s %s %v ago", r.Method, r.Path, time.Since(r.At))
			}
		}
		return ""
	})
}

func (w *world) imagePath(app int) string { return fmt.Sprintf("/v2/%s/app-%d", w.namespace, app) }

// versions returns the resourceVersion of each of our objects, and of each event.
func (w *world) versions() string {
	w.t.Helper()
	return w.kubectl("", "-n", w.namespace, "get", "irepo,ipol,uauto,events.events.k8s.io",
		"-o", `jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}`)
}

// checkScans looks at the requests of each repository from its first list to just before list number idleScans+1.
func (w *world) checkScans(images *testserver.Recorder, since time.Time) {
	w.t.Helper()
	asked := map[string][]testserver.Request{} // by image
	for _, r := range after(images.Requests(), since) {
		path := r.Path
		for _, what := range []string{"/tags/", "/manifests/"} {
			path, _, _ = strings.Cut(path, what)
		}
		asked[path] = append(asked[path], r)
	}
	for app := range idleRepositories {
		path := w.imagePath(app)
		each := []string{"200 GET " + path + "/tags/list"}
		if idleDigests(app) == "Always" {
			each = append(each, "200 HEAD "+path+"/manifests/1.0.0")
		}
		got, lists := scansOf(asked[path])
		if diff := gocmp.Diff(slices.Repeat(each, idleScans), got); diff != "" {
			w.t.Errorf("requests of %s (-want +got):\n%s", path, diff)
		}
		checkApart(w.t, lists, idleInterval*9/10) // a tenth of the interval is jitter
		delete(asked, path)
	}
	if len(asked) > 0 {
		w.t.Errorf("the registry was asked for more: %v", asked)
	}
}

// scansOf returns the requests of idleScans whole scans as text, and their lists.
func scansOf(requests []testserver.Request) (text []string, lists []testserver.Request) {
	for _, r := range requests {
		if strings.HasSuffix(r.Path, "/tags/list") {
			lists = append(lists, r)
		}
		switch {
		case len(lists) > idleScans:
			return text, lists
		case len(lists) > 0: // what comes before the first belongs to the scan before
			text = append(text, fmt.Sprintf("%d %s %s", r.Status, r.Method, r.Path))
		}
	}
	return text, lists
}

// checkApart checks that requests of one kind are no closer than an interval, which a busy machine only lengthens.
func checkApart(t *testing.T, requests []testserver.Request, interval time.Duration) {
	t.Helper()
	for i := 1; i < len(requests); i++ {
		if apart := requests[i].At.Sub(requests[i-1].At); apart < interval {
			t.Errorf("%s was asked for again after %v, want %v", requests[i].Path, apart, interval)
		}
	}
}

// checkGit checks that each look at Git was one request.
func checkGit(t *testing.T, requests []testserver.Request, w *world) {
	t.Helper()
	want := fmt.Sprintf("200 POST /%s.git/git-upload-pack", w.repository)
	for _, r := range requests {
		if got := fmt.Sprintf("%d %s %s", r.Status, r.Method, r.Path); got != want {
			t.Errorf("Git was asked %s, want %s", got, want)
		}
	}
	checkApart(t, requests, idleInterval)
	if status := get(w, "fleet", &v1alpha1.UpdateAutomation{}).Status; status.ObservedCommit != w.git("rev-parse", "main") {
		t.Errorf("the automation is at %s", status.ObservedCommit)
	}
}

// after returns the requests that came after a time, in that order.
func after(requests []testserver.Request, since time.Time) []testserver.Request {
	late := slices.DeleteFunc(requests, func(r testserver.Request) bool { return !r.At.After(since) })
	slices.SortStableFunc(late, func(a, b testserver.Request) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	return late
}
