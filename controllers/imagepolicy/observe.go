// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

// errNoScan is why nothing can be chosen at the moment, though nothing is wrong with the policy.
var errNoScan = errors.New("no scan to choose from")

// observe reads the policy, its repository and the scan, and asks the registry for what the choice rests on. What it
// returns is everything the decision may know.
func (r *Reconciler) observe(ctx context.Context, pol *v1alpha1.ImagePolicy) (policy.Input, error) {
	rules, err := spec.NewPolicy(pol)
	if err != nil {
		return policy.Input{}, err
	}
	state, err := spec.State(pol.Status)
	if err != nil {
		return policy.Input{}, err
	}
	repo, err := r.repository(ctx, pol)
	if err != nil {
		return policy.Input{}, err
	}
	source, access, err := r.source(ctx, pol, repo)
	if err != nil {
		return policy.Input{}, err
	}
	scan, ok := r.Store.Last(spec.ScanKey(source, access))
	if !ok {
		return policy.Input{}, notReady(repo, errNoScan)
	}
	came := arrivals(pol, repo, scan)
	input := policy.Input{
		Ranking:     r.rankings.of(pol, rules, source.Exclude, scan.List),
		Name:        source.Image,
		State:       state,
		SpecChanged: pol.Generation > pol.Status.LatestGeneration,
		Added:       came.tags,
		Now:         r.Clock(),
	}
	ctx, cancel := context.WithTimeout(ctx, source.Timeout)
	defer cancel()
	input.Facts = r.facts(ctx, asking{input: input, came: came, platforms: pol.Spec.Platforms, access: access})
	return input, nil
}

// repository returns the ImageRepository that pol refers to.
func (r *Reconciler) repository(ctx context.Context, pol *v1alpha1.ImagePolicy) (*v1alpha1.ImageRepository, error) {
	ref := repositoryOf(pol)
	if ref.Namespace != pol.Namespace {
		return r.foreign(ctx, pol.Namespace, ref)
	}
	var repo v1alpha1.ImageRepository
	err := r.Client.Get(ctx, ref, &repo)
	switch {
	case apierrors.IsNotFound(err):
		return nil, fault.Stall(reason.RepositoryNotFound, fmt.Errorf("spec.imageRepositoryRef: ImageRepository %s does not exist", ref))
	case err != nil:
		return nil, fmt.Errorf("reading ImageRepository %s: %w", ref, err)
	}
	return &repo, nil
}

// source returns how the registry of repo is asked. While repo is suspended, it is not.
func (r *Reconciler) source(ctx context.Context, pol *v1alpha1.ImagePolicy, repo *v1alpha1.ImageRepository) (spec.Source, credentials.Access, error) {
	if repo.Suspended() {
		return spec.Source{}, credentials.Access{}, notReady(repo, errors.New("it is suspended"))
	}
	source, err := spec.NewSource(repo)
	if err != nil {
		return spec.Source{}, credentials.Access{}, notReady(repo, err)
	}
	access, err := r.Secrets.Access(ctx, source)
	if err != nil && repo.Namespace != pol.Namespace { // names of another namespace's Secrets are not for all to read
		err = fmt.Errorf("how to log in to its registry cannot be read (%s)", cmp.Or(fault.Of(err).Reason, reason.InternalError))
	}
	if err != nil {
		return spec.Source{}, credentials.Access{}, notReady(repo, err)
	}
	return source, access, nil
}

// notReady is the fault of a policy whose repository cannot be chosen from now.
func notReady(repo *v1alpha1.ImageRepository, err error) error {
	return fault.Wait(reason.RepositoryNotReady, fmt.Errorf("the ImageRepository %s/%s is not ready: %w", repo.Namespace, repo.Name, err))
}

// repositoryOf returns the name of the ImageRepository that pol refers to.
func repositoryOf(pol *v1alpha1.ImagePolicy) types.NamespacedName {
	ref := pol.Spec.ImageRepositoryRef
	if ref.Namespace == "" {
		ref.Namespace = pol.Namespace
	}
	return types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}
}
