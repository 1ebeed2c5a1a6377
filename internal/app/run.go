// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/zapr"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// leaseName is what replicas compete for.
const leaseName = "controller.fairlead.dev"

// stopWithin is how long a run that has begun may go on after the controller is told to stop.
const stopWithin = 30 * time.Second

// Run runs the controller until ctx ends. It logs to logs. An error names what could not be started or went wrong.
func Run(ctx context.Context, c Config, logs io.Writer) error {
	logger := newLogger(c, logs)
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
	api, err := connection(c)
	if err != nil {
		return err
	}
	mgr, err := newManager(c, api)
	if err != nil {
		return err
	}
	storage, remove, err := storageFolder(c)
	if err != nil {
		return err
	}
	defer remove()
	if err := addControllers(ctx, mgr, c, api, storage); err != nil {
		return err
	}
	logger.Info("starting", "version", ThisBuild().Version, "storage", storage)
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("running the controller: %w", err)
	}
	return nil
}

// newLogger writes logs as c says.
func newLogger(c Config, logs io.Writer) logr.Logger {
	level := map[string]zapcore.Level{"debug": zapcore.DebugLevel, "info": zapcore.InfoLevel, "error": zapcore.ErrorLevel}[c.LogLevel]
	style := zap.NewProductionEncoderConfig()
	style.EncodeTime = zapcore.RFC3339TimeEncoder
	style.TimeKey = "time"
	encoder := zapcore.NewJSONEncoder(style)
	if c.LogEncoding == "console" {
		encoder = zapcore.NewConsoleEncoder(style)
	}
	return zapr.NewLogger(zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(logs)), level)))
}

// connection returns how to reach the API server: by the flag, in the cluster, or by $KUBECONFIG.
func connection(c Config) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	if c.Kubeconfig != "" {
		rules.ExplicitPath = c.Kubeconfig
	} else if inside, err := rest.InClusterConfig(); err == nil {
		return unhindered(inside), nil
	}
	api, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the API server: %w; give --kubeconfig", err)
	}
	return unhindered(api), nil
}

// unhindered takes away client-go's own limit, five requests a second of each kind, below what the Secrets of some
// hundred repositories need. The API server shares itself out fairly.
func unhindered(api *rest.Config) *rest.Config {
	api.QPS = -1
	return api
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	return scheme, errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))
}

// newManager makes the manager with its caches, probes and metrics.
func newManager(c Config, api *rest.Config) (manager.Manager, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	selector, err := c.selector()
	if err != nil {
		return nil, err
	}
	grace := stopWithin
	mgr, err := ctrl.NewManager(api, manager.Options{
		Scheme:                        scheme,
		Metrics:                       metricsserver.Options{BindAddress: c.MetricsAddr},
		HealthProbeBindAddress:        c.HealthAddr,
		LeaderElection:                c.LeaderElection,
		LeaderElectionID:              leaseName,
		LeaderElectionNamespace:       os.Getenv("POD_NAMESPACE"),
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       &grace,
		Controller:                    config.Controller{MaxConcurrentReconciles: c.Concurrency},
		Cache:                         cacheOptions(c, selector),
		Client:                        client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.ServiceAccount{}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("setting up: %w", err)
	}
	return mgr, addProbes(mgr)
}

// cacheOptions say which objects are watched.
func cacheOptions(c Config, selector labels.Selector) cache.Options {
	options := cache.Options{DefaultTransform: cache.TransformStripManagedFields()}
	for _, namespace := range c.namespaces() {
		if options.DefaultNamespaces == nil {
			options.DefaultNamespaces = map[string]cache.Config{}
		}
		options.DefaultNamespaces[namespace] = cache.Config{}
	}
	if !selector.Empty() {
		options.ByObject = map[client.Object]cache.ByObject{
			&v1alpha1.ImageRepository{}:  {Label: selector},
			&v1alpha1.ImagePolicy{}:      {Label: selector},
			&v1alpha1.UpdateAutomation{}: {Label: selector},
		}
	}
	return options
}

// addProbes answers /healthz while the process runs, and /readyz once the caches are filled; a standby is ready too.
func addProbes(mgr manager.Manager) error {
	var synced atomic.Bool
	return errors.Join(
		mgr.AddHealthzCheck("ping", healthz.Ping),
		mgr.AddReadyzCheck("caches", func(*http.Request) error {
			if !synced.Load() {
				return errors.New("the caches are not filled yet")
			}
			return nil
		}),
		mgr.Add(anyReplica(func(ctx context.Context) error {
			synced.Store(true) // runnables of this kind are started after the caches
			<-ctx.Done()
			return nil
		})),
	)
}

// anyReplica is a runnable that does not wait to be the leader.
type anyReplica func(context.Context) error

// Start runs the function.
func (f anyReplica) Start(ctx context.Context) error { return f(ctx) }

// NeedLeaderElection says no.
func (anyReplica) NeedLeaderElection() bool { return false }

// storageFolder returns the folder for scans and mirrors, and how to remove it when it is a temporary one.
func storageFolder(c Config) (folder string, remove func(), err error) {
	if c.StoragePath != "" {
		if err := os.MkdirAll(c.StoragePath, 0o700); err != nil {
			return "", nil, fmt.Errorf("making --storage-path: %w", err)
		}
		return c.StoragePath, func() {}, nil
	}
	folder, err = os.MkdirTemp("", "fairlead-")
	if err != nil {
		return "", nil, fmt.Errorf("making a temporary folder: %w; give --storage-path", err)
	}
	return folder, func() { _ = os.RemoveAll(folder) }, nil // what is left is in the system's temporary folder
}
