// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	// systemNamespace and serviceAccount are those of config/rbac.
	systemNamespace = "fairlead-system"
	serviceAccount  = "fairlead-controller"
	// tokenLife is for a demo that is left running over a weekend and more.
	tokenLife = "168h"
	// readyWithin is for a busy machine.
	readyWithin = time.Minute
)

// startController installs the RBAC of config/ and starts the controller with it. The channel gets how it ended.
func (r *rack) startController(ctx context.Context, where place, program string) (<-chan error, error) {
	if _, err := made(where.folder("controller", "storage")); err != nil {
		return nil, err
	}
	k := kubectl{program: r.state.Kubectl, kubeconfig: where.kubeconfig()}
	for _, what := range [][]string{{"-f", where.config("manager", "namespace.yaml")}, {"-k", where.config("rbac")}} {
		if _, err := k.run(ctx, append([]string{"apply", "--server-side"}, what...)...); err != nil {
			return nil, err
		}
	}
	token, err := k.run(ctx, "create", "token", serviceAccount, "--namespace", systemNamespace, "--duration", tokenLife)
	if err != nil {
		return nil, err
	}
	as := rest.AnonymousClientConfig(r.kube.Config())
	as.BearerToken = token
	kubeconfig := where.folder("controller", "kubeconfig")
	if err := writeKubeconfig(as, systemNamespace, kubeconfig); err != nil {
		return nil, err
	}
	health, metrics, err := twoFreeAddresses()
	if err != nil {
		return nil, err
	}
	r.state.Metrics = "http://" + metrics + "/metrics"
	ended, err := r.runController(where, exec.Command(program, "controller",
		"--kubeconfig", kubeconfig, "--allow-loopback", "--cluster-name", "demo", "--log-encoding", "console",
		"--storage-path", where.folder("controller", "storage"), "--health-addr", health, "--metrics-addr", metrics))
	if err != nil {
		return nil, err
	}
	if err := awaitReady(ctx, "http://"+health+"/readyz", ended); err != nil {
		return nil, fmt.Errorf("starting the controller: %w\n%s", err, tail(where.controllerLog()))
	}
	return ended, nil
}

// runController starts cmd, and lets the rack stop it as Kubernetes would.
func (r *rack) runController(where place, cmd *exec.Cmd) (<-chan error, error) {
	log, err := os.OpenFile(where.controllerLog(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	defer log.Close() // the child has its own
	cmd.Env = append(os.Environ(), "POD_NAMESPACE="+systemNamespace)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the controller: %w", err)
	}
	ended, told := make(chan struct{}), make(chan error, 1)
	go func() {
		if err := cmd.Wait(); err != nil {
			told <- err
		} else {
			told <- errors.New("exit status 0")
		}
		close(ended)
	}()
	r.stops = append(r.stops, func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
		grace := time.NewTimer(30 * time.Second)
		defer grace.Stop()
		select {
		case <-ended:
			return nil
		case <-grace.C:
			_ = cmd.Process.Kill()
			<-ended
			return errors.New("stopping the controller: it did not end within 30 s and was killed")
		}
	})
	return told, nil
}

// awaitReady returns when url answers with 200.
func awaitReady(ctx context.Context, url string, ended <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		if ready(ctx, url) {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it ended early: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("it is not ready: %w", ctx.Err())
		case <-again.C:
		}
	}
}

func ready(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// twoFreeAddresses returns addresses at which nobody listens just now.
func twoFreeAddresses() (one, other string, err error) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer first.Close()
	second, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer second.Close()
	return first.Addr().String(), second.Addr().String(), nil
}

// writeKubeconfig writes a kubeconfig that says what config does, with a default namespace.
func writeKubeconfig(config *rest.Config, namespace, path string) error {
	const one = "demo"
	file := clientcmdapi.NewConfig()
	file.Clusters[one] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	file.AuthInfos[one] = &clientcmdapi.AuthInfo{Token: config.BearerToken,
		ClientCertificateData: config.CertData, ClientKeyData: config.KeyData}
	file.Contexts[one] = &clientcmdapi.Context{Cluster: one, AuthInfo: one, Namespace: namespace}
	file.CurrentContext = one
	if err := clientcmd.WriteToFile(*file, path); err != nil {
		return fmt.Errorf("writing a kubeconfig: %w", err)
	}
	return nil
}
