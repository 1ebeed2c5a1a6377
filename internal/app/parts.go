// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/controllers/imagepolicy"
	"github.com/fairlead-dev/fairlead/controllers/imagerepository"
	"github.com/fairlead-dev/fairlead/controllers/updateautomation"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/gitrepo"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/registry"
	"github.com/fairlead-dev/fairlead/internal/secrets"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/tagstore"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

const (
	// memoBytes bounds what is remembered of the content of repositories.
	memoBytes = 64 << 20
	// waitingScans is how many scans may wait for the policies to be told.
	waitingScans = 1024
)

// addControllers makes the parts and hands them to the controllers.
func addControllers(ctx context.Context, mgr manager.Manager, c Config, api *rest.Config, storage string) error {
	guard, err := newGuard(c, api)
	if err != nil {
		return err
	}
	watched, err := c.selector()
	if err != nil {
		return err
	}
	cluster, err := clusterName(ctx, mgr, c)
	if err != nil {
		return err
	}
	mirrors, err := gitrepo.Open(gitrepo.Config{Dir: filepath.Join(storage, "mirrors"), DialContext: guard.DialContext})
	if err != nil {
		return err
	}
	log := mgr.GetLogger()
	store := tagstore.New(filepath.Join(storage, "scans"), func(err error) { log.Error(err, "keeping a scan") })
	asker := registry.New(
		transport.NewPool(transport.Config{Guard: guard, Budget: transport.Budget{PerSecond: c.RegistryQPS, Burst: c.RegistryBurst}}),
		registry.Config{Metrics: registry.NewMetrics(metrics.Registry)})
	logins := secrets.Reader{API: mgr.GetAPIReader()}
	parts := loop.Parts{Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Recorder: mgr.GetEventRecorder("fairlead"),
		Metrics: loop.NewMetrics(metrics.Registry), Clock: time.Now}

	scanned := make(chan event.GenericEvent, waitingScans)
	repositories := &imagerepository.Reconciler{Registry: asker, Store: store, Secrets: logins, Clock: time.Now,
		Metrics: imagerepository.NewMetrics(metrics.Registry), Scanned: tell(ctx, scanned)}
	policies := &imagepolicy.Reconciler{Client: mgr.GetClient(), Registry: asker, Store: store, Secrets: logins, Clock: time.Now,
		Metrics: imagepolicy.NewMetrics(metrics.Registry), SameNamespaceOnly: c.NoCrossNamespaceRefs, Namespaces: c.namespaces()}
	automations := &updateautomation.Reconciler{Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Lanes: lanes{mirrors}, Secrets: logins,
		Memo: site.NewMemo(memoBytes), Cluster: cluster, Watched: watched, Clock: time.Now, Pause: pause,
		Metrics: updateautomation.NewMetrics(metrics.Registry), Failpoint: c.Failpoint}
	return errors.Join(
		metrics.Registry.Register(loop.NewInventory(ctx, mgr.GetClient(), kinds())),
		mgr.Add(newSweeper(mirrors, log)),
		repositories.Setup(mgr, parts),
		policies.Setup(ctx, mgr, parts, scanned),
		automations.Setup(mgr, parts),
	)
}

// tell returns how to tell of a scan through scanned, for as long as somebody takes what is told.
func tell(ctx context.Context, scanned chan<- event.GenericEvent) func(types.NamespacedName) {
	return func(name types.NamespacedName) {
		select {
		case scanned <- event.GenericEvent{Object: named(name)}:
		case <-ctx.Done():
		}
	}
}

// named returns an ImageRepository that has a name and nothing else.
func named(name types.NamespacedName) *v1alpha1.ImageRepository {
	return &v1alpha1.ImageRepository{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}}
}

// newGuard says which addresses registries and Git servers may have. The API server's is never one of them.
func newGuard(c Config, api *rest.Config) (transport.Guard, error) {
	deny, err := c.deny()
	if err != nil {
		return transport.Guard{}, err
	}
	guard := transport.Guard{AllowPrivate: c.AllowPrivateNetworks, AllowLoopback: c.AllowLoopback, Deny: deny}
	guard.DenyAddrPorts, err = addressesOf(api.Host)
	return guard, err
}

// addressesOf returns where the API server listens.
func addressesOf(host string) ([]netip.AddrPort, error) {
	u, err := url.Parse(host)
	if err != nil || u.Host == "" {
		if u, err = url.Parse("https://" + host); err != nil {
			return nil, errors.New("the address of the API server cannot be read")
		}
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	ips, err := net.LookupHost(u.Hostname())
	if err != nil {
		return nil, fmt.Errorf("looking up the API server: %w", err)
	}
	var all []netip.AddrPort
	for _, ip := range ips {
		at, err := netip.ParseAddrPort(net.JoinHostPort(ip, port))
		if err != nil { // it could not be kept from being asked
			return nil, fmt.Errorf("reading the address of the API server: %w", err)
		}
		all = append(all, at)
	}
	return all, nil
}

// clusterName returns what names this cluster in trailers: the flag, or the first digits of the UID of kube-system.
func clusterName(ctx context.Context, mgr manager.Manager, c Config) (string, error) {
	if c.ClusterName != "" {
		return c.ClusterName, nil
	}
	var system corev1.Namespace
	if err := mgr.GetAPIReader().Get(ctx, types.NamespacedName{Name: metav1.NamespaceSystem}, &system); err != nil {
		return "", fmt.Errorf("reading the namespace kube-system to name the cluster: %w; or give --cluster-name", err)
	}
	const digits = 8
	return string(system.UID)[:min(digits, len(system.UID))], nil
}

// pause waits between two attempts to push: longer each time, and never as long as others do.
func pause(ctx context.Context, attempt int) {
	const first, longest = 200 * time.Millisecond, 5 * time.Second
	timer := time.NewTimer(rand.N(min(first<<attempt, longest))) // #nosec G404 -- spreads load, guards nothing
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// lanes makes the lanes of gitrepo fit what the controller asks for.
type lanes struct{ mirrors *gitrepo.Mirrors }

// Lane returns a lane of the mirrors.
func (l lanes) Lane(ctx context.Context, remote updateautomation.Remote) (updateautomation.Lane, func(), error) {
	found, release, err := l.mirrors.Lane(ctx, gitrepo.Remote(remote))
	if err != nil {
		return nil, nil, err
	}
	return lane{found}, release, nil
}

// A lane is one of gitrepo whose trees are any tree.
type lane struct{ *gitrepo.Lane }

// Tree returns the files of a commit.
func (l lane) Tree(id commit.ID) (site.Tree, error) { return l.Lane.Tree(id) }
