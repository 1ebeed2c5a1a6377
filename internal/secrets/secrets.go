// SPDX-License-Identifier: Apache-2.0

// Package secrets reads the Secrets that an object names, in the object's own namespace.
//
//	namespace, name ──GET──▶ Secret ──▶ package credentials ──▶ a value to log in with
//
// Secrets are read when they are needed and by name: they are neither watched nor cached, so a rotated one works at
// once and nothing is kept that need not be. What a Secret means is package credentials' to say.
package secrets

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

// A Reader reads Secrets. It is safe for concurrent use.
type Reader struct {
	// API asks the API server, not a cache.
	API client.Reader
}

// +kubebuilder:rbac:groups="",resources=secrets,verbs=get

// Secret returns the Secret of that name. One that does not exist is a transient fault with reason SecretNotFound,
// because it may be created at any time and nothing tells us when.
func (r Reader) Secret(ctx context.Context, namespace, name string) (credentials.Secret, error) {
	var secret corev1.Secret
	err := r.API.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &secret)
	switch {
	case apierrors.IsNotFound(err):
		return credentials.Secret{}, fault.Retry(reason.SecretNotFound, fmt.Errorf("secret %s does not exist in namespace %s", name, namespace))
	case err != nil:
		return credentials.Secret{}, fmt.Errorf("reading secret %s: %w", name, err)
	}
	return credentials.Secret{Name: name, Type: string(secret.Type), Data: secret.Data}, nil
}

// Access returns the way to ask the registry of source.
func (r Reader) Access(ctx context.Context, source spec.Source) (credentials.Access, error) {
	access := credentials.Access{Insecure: source.Insecure}
	if source.Secret == "" {
		return access, nil
	}
	secret, err := r.Secret(ctx, source.Namespace, source.Secret)
	if err != nil {
		return credentials.Access{}, err
	}
	login, found, err := credentials.RegistryFrom(secret, source.Image.Registry, source.Image.Repository)
	switch {
	case err != nil:
		return credentials.Access{}, err
	case !found:
		return credentials.Access{}, fault.Retry(reason.SecretInvalid, fmt.Errorf("secret %s has no entry for %s", source.Secret, source.Image.Registry))
	}
	access.Login = login
	return access, nil
}

// Git returns how to log in to a Git server with the Secret of that name; without a name, as nobody.
func (r Reader) Git(ctx context.Context, namespace, name string) (credentials.Git, error) {
	if name == "" {
		return credentials.Git{}, nil
	}
	secret, err := r.Secret(ctx, namespace, name)
	if err != nil {
		return credentials.Git{}, err
	}
	return credentials.ParseGit(secret)
}
