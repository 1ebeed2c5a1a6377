// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// patience is how long one thing may take before the story ends.
const patience = 30 * time.Second

// newCluster returns a client of the cluster that kubeconfig names.
func newCluster(kubeconfig string) (client.WithWatch, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", kubeconfig, err)
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("naming the kinds: %w", err)
	}
	cluster, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return cluster, nil
}

// An object is one of our kinds.
type object interface {
	client.Object
	Reconciled() *v1alpha1.ReconcileStatus
}

// until watches the object called name and returns it as soon as it is as wanted. It gives up after patience, and
// says then how the object was.
func until[T object](ctx context.Context, cluster client.WithWatch, list client.ObjectList, name, wanted string, is func(T) bool) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var last T
	// Without a resource version a watch begins with what is there.
	watch, err := cluster.Watch(ctx, list, client.InNamespace(namespace), client.MatchingFields{"metadata.name": name})
	if err != nil {
		return last, fmt.Errorf("watching %s: %w", name, err)
	}
	defer watch.Stop()
	seen := "it is not there"
	for {
		select {
		case event, open := <-watch.ResultChan():
			if !open {
				return last, errors.Join(fmt.Errorf("watching %s: the API server ended the watch", name), context.Cause(ctx))
			}
			one, ok := event.Object.(T)
			if !ok {
				return last, fmt.Errorf("watching %s: the API server sent %T", name, event.Object)
			}
			if is(one) {
				return one, nil
			}
			last, seen = one, readiness(one)
		case <-ctx.Done():
			return last, fmt.Errorf("waiting until %s: %w; %s", wanted, ctx.Err(), seen)
		}
	}
}

// readiness returns status, reason and message of Ready.
func readiness(o object) string {
	for _, c := range o.Reconciled().Conditions {
		if c.Type == v1alpha1.ReadyCondition {
			return fmt.Sprintf("%s: Ready=%s, %s: %s", o.GetName(), c.Status, c.Reason, c.Message)
		}
	}
	return o.GetName() + " has no Ready condition"
}
