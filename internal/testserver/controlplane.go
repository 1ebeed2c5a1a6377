// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/fairlead-dev/fairlead/internal/tools/bindir"
)

// A ControlPlaneConfig says how a ControlPlane is set up. The zero value is an empty cluster.
type ControlPlaneConfig struct {
	Bin  string   // the folder of the programs; empty: as package bindir finds them
	CRDs []string // files and folders of CustomResourceDefinitions to install
}

// A ControlPlane is an etcd and a kube-apiserver with RBAC. It has no nodes and no controllers: Pods do not run,
// Namespaces do not finish being deleted, and ServiceAccounts are not made by themselves.
type ControlPlane struct {
	config      ControlPlaneConfig
	dir         string
	kubectl     string
	environment *envtest.Environment
	outputs     []*os.File
	admin       *rest.Config
	running     bool
}

// StartControlPlane starts a control plane in dir and returns when it answers and has the CRDs.
func StartControlPlane(dir string, config ControlPlaneConfig) (*ControlPlane, error) {
	c := &ControlPlane{config: config, dir: dir}
	if err := c.Restart(); err != nil {
		return nil, err
	}
	return c, nil
}

// Restart starts the control plane again after Stop: same address, same objects, same credentials.
func (c *ControlPlane) Restart() error {
	if c.environment == nil {
		if err := c.prepare(); err != nil {
			return err
		}
	}
	if err := c.openLogs(); err != nil {
		return err
	}
	admin, err := c.environment.Start()
	if err != nil {
		err = fmt.Errorf("starting a control plane: %w\n%s\n%s", err, tail(c.etcdLog()), tail(c.serverLog()))
		return errors.Join(err, c.environment.Stop(), c.closeLogs())
	}
	c.running, c.admin = true, admin
	if err := os.WriteFile(c.Kubeconfig(), c.environment.KubeConfig, 0o600); err != nil {
		return errors.Join(fmt.Errorf("writing a kubeconfig: %w", err), c.Stop())
	}
	return nil
}

// prepare finds the programs and makes the folders. A folder that is named is kept by envtest when it stops.
func (c *ControlPlane) prepare() error {
	paths := make(map[string]string)
	for _, name := range bindir.Kubernetes() {
		path, err := bindir.Path(c.config.Bin, name)
		if err != nil {
			return err
		}
		paths[name] = path
	}
	data, certificates := filepath.Join(c.dir, "etcd"), filepath.Join(c.dir, "certificates")
	for _, folder := range []string{data, certificates} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("making folders for a control plane: %w", err)
		}
	}
	c.kubectl = paths["kubectl"]
	c.environment = &envtest.Environment{
		ControlPlane: envtest.ControlPlane{
			Etcd:        &envtest.Etcd{Path: paths["etcd"], DataDir: data},
			APIServer:   &envtest.APIServer{Path: paths["kube-apiserver"], CertDir: certificates},
			KubectlPath: c.kubectl,
		},
		CRDDirectoryPaths:        c.config.CRDs,
		ErrorIfCRDPathMissing:    true,
		UseExistingCluster:       new(bool), // whatever the environment says: never a cluster somebody needs
		ControlPlaneStartTimeout: startTimeout,
		ControlPlaneStopTimeout:  stopTimeout,
	}
	return nil
}

// openLogs hands files, not writers, to the processes: then nothing has to copy, and nothing can block.
func (c *ControlPlane) openLogs() error {
	plane := &c.environment.ControlPlane
	for _, log := range c.Logs() {
		file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return errors.Join(fmt.Errorf("opening a log: %w", err), c.closeLogs())
		}
		c.outputs = append(c.outputs, file)
	}
	plane.Etcd.Out, plane.Etcd.Err = c.outputs[0], c.outputs[0]
	plane.APIServer.Out, plane.APIServer.Err = c.outputs[1], c.outputs[1]
	return nil
}

func (c *ControlPlane) closeLogs() error {
	var errs []error
	for _, file := range c.outputs {
		errs = append(errs, file.Close())
	}
	c.outputs = nil
	return errors.Join(errs...)
}

// Stop ends kube-apiserver and etcd. Their data stays on disk. It may be called again.
func (c *ControlPlane) Stop() error {
	if !c.running {
		return nil
	}
	c.running = false
	if err := c.environment.Stop(); err != nil {
		return errors.Join(fmt.Errorf("stopping a control plane: %w", err), c.closeLogs())
	}
	return c.closeLogs()
}

// Config returns a configuration for clients as the administrator, whom RBAC does not restrict. The caller owns it.
func (c *ControlPlane) Config() *rest.Config { return rest.CopyConfig(c.admin) }

// Kubeconfig returns the path of a kubeconfig of the administrator.
func (c *ControlPlane) Kubeconfig() string { return filepath.Join(c.dir, "admin.kubeconfig") }

// Kubectl returns the path of a kubectl of the same version.
func (c *ControlPlane) Kubectl() string { return c.kubectl }

// Logs returns the paths of the log files, etcd's first.
func (c *ControlPlane) Logs() []string { return []string{c.etcdLog(), c.serverLog()} }

func (c *ControlPlane) etcdLog() string   { return filepath.Join(c.dir, "etcd.log") }
func (c *ControlPlane) serverLog() string { return filepath.Join(c.dir, "kube-apiserver.log") }

// InstallCRDs installs or updates the CustomResourceDefinitions in files and folders, and returns when the API
// server serves them.
func (c *ControlPlane) InstallCRDs(paths ...string) error {
	_, err := envtest.InstallCRDs(c.Config(), envtest.CRDInstallOptions{Paths: paths, ErrorIfPathMissing: true})
	if err != nil {
		return fmt.Errorf("installing CRDs: %w", err)
	}
	return nil
}

// ServiceAccountConfig returns a configuration for clients as a ServiceAccount, which must exist. What they may do,
// RBAC says. The token is valid for an hour.
func (c *ControlPlane) ServiceAccountConfig(ctx context.Context, namespace, name string) (*rest.Config, error) {
	clients, err := kubernetes.NewForConfig(c.Config())
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	seconds := int64(3600)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	token, err := clients.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("requesting a token for ServiceAccount %s/%s: %w", namespace, name, err)
	}
	config := rest.AnonymousClientConfig(c.admin)
	config.BearerToken = token.Status.Token
	return config, nil
}

// WriteServiceAccountKubeconfig writes a kubeconfig of a ServiceAccount, which must exist, to path. Its default
// namespace is that of the ServiceAccount, and its token is valid for an hour.
func (c *ControlPlane) WriteServiceAccountKubeconfig(ctx context.Context, namespace, name, path string) error {
	config, err := c.ServiceAccountConfig(ctx, namespace, name)
	if err != nil {
		return err
	}
	const one = "tests"
	file := clientcmdapi.NewConfig()
	file.Clusters[one] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	file.AuthInfos[one] = &clientcmdapi.AuthInfo{Token: config.BearerToken}
	file.Contexts[one] = &clientcmdapi.Context{Cluster: one, AuthInfo: one, Namespace: namespace}
	file.CurrentContext = one
	if err := clientcmd.WriteToFile(*file, path); err != nil {
		return fmt.Errorf("writing a kubeconfig for ServiceAccount %s/%s: %w", namespace, name, err)
	}
	return nil
}
