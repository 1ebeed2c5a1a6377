// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/testserver"
)

// look is for how long a branch is watched on which nothing should happen: twice the interval of the automation.
const look = 2 * time.Second

// A story is told to a page while it happens.
type story struct {
	where   place
	state   state
	page    page
	cluster client.WithWatch
	kubectl kubectl
	bare    bare
	clone   git    // of the person
	head    string // of the branch, as the story has seen it last
	images  int64  // how many were pushed
}

func newStory(where place, s state, page page) (*story, error) {
	cluster, err := newCluster(where.kubeconfig())
	if err != nil {
		return nil, err
	}
	home := where.folder()
	return &story{where: where, state: s, page: page, cluster: cluster, kubectl: kubectl{s.Kubectl, where.kubeconfig()},
		bare: bare{git{home, s.Bare}}, clone: git{home, where.clone()}}, nil
}

// tell tells all of it.
func (s *story) tell(ctx context.Context) error {
	for _, act := range []func(context.Context) error{s.prepare, s.first, s.second, s.suspended, s.reverted} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the person's clone and the Secrets, as the comment in config/samples says.
func (s *story) prepare(ctx context.Context) error {
	s.page.print("\n")
	s.page.say("To type along in another terminal: export KUBECONFIG=%s", s.where.short(s.where.kubeconfig()))
	if err := s.makeClone(ctx); err != nil {
		return err
	}
	if err := writeOverlay(s.where, s.state); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"apply", "--server-side", "-f", s.where.config("samples", "namespace.yaml")},
		{"-n", namespace, "create", "secret", "generic", "registry", "--from-literal=username=" + registryUser, "--from-literal=password=" + registryPassword},
		{"-n", namespace, "create", "secret", "generic", "git", "--from-literal=username=" + s.state.Owner.Name, "--from-literal=password=" + s.state.Owner.Token},
	} {
		if _, err := s.kubectl.run(ctx, args...); err != nil {
			return fmt.Errorf("preparing namespace %s: %w", namespace, err)
		}
	}
	return nil
}

// push puts an image into the registry, tells so, and returns when that was.
func (s *story) push(ctx context.Context, version string) (time.Time, error) {
	digest, err := pushImage(ctx, s.state, version)
	if err != nil {
		return time.Time{}, err
	}
	s.images++
	s.page.print("\n")
	s.page.say("pushed %s/%s:%s  %s", s.state.Registry, imageName, version, shortDigest(digest))
	return time.Now(), nil
}

// pushImage puts a small image into the registry, without Docker, and returns its digest.
func pushImage(ctx context.Context, s state, version string) (string, error) {
	pusher := testserver.Pusher{Host: s.Registry, Username: registryUser, Password: registryPassword}
	return pusher.Push(ctx, imageName+":"+version, testserver.Image{Content: "web " + version})
}

// follow tells of version on its way from the registry to Git, and returns how long that took.
func (s *story) follow(ctx context.Context, version string, pushed time.Time) (time.Duration, error) {
	repo, err := until(ctx, s.cluster, &v1alpha1.ImageRepositoryList{}, "web", "the tag "+version+" is seen", func(r *v1alpha1.ImageRepository) bool {
		return r.Status.LastScan != nil && r.Status.LastScan.TagCount >= s.images && readyNow(r)
	})
	if err != nil {
		return 0, err
	}
	s.page.moment(time.Since(pushed), "ImageRepository web", message(repo))
	if err := s.chosen(ctx, version, pushed); err != nil {
		return 0, err
	}
	head, err := s.bare.awaitCommit(ctx, s.head)
	if err != nil {
		return 0, err
	}
	took := time.Since(pushed)
	s.page.moment(took, "UpdateAutomation fleet", fmt.Sprintf("commit %.12s on %s", head, branch))
	s.head = head
	return took, s.settled(ctx)
}

// chosen tells what the policy chose.
func (s *story) chosen(ctx context.Context, version string, pushed time.Time) error {
	pol, err := until(ctx, s.cluster, &v1alpha1.ImagePolicyList{}, "web", version+" is chosen", func(p *v1alpha1.ImagePolicy) bool {
		return p.Status.Latest != nil && p.Status.Latest.Tag == version
	})
	if err != nil {
		return err
	}
	s.page.moment(time.Since(pushed), "ImagePolicy web", fmt.Sprintf("chooses %s, %s", pol.Status.Latest.Tag, shortDigest(pol.Status.Latest.Digest)))
	return nil
}

// settled returns when the automation has reported the commit at the head.
func (s *story) settled(ctx context.Context) error {
	_, err := until(ctx, s.cluster, &v1alpha1.UpdateAutomationList{}, "fleet", "the commit is in the status", func(a *v1alpha1.UpdateAutomation) bool {
		return a.Status.ObservedCommit == s.head && readyNow(a)
	})
	return err
}

// show runs git in the person's clone, once that is up to date, and shows what it printed.
func (s *story) show(ctx context.Context, command string, options ...string) error {
	if _, err := s.clone.run(ctx, "pull", "--quiet"); err != nil {
		return err
	}
	color := "--color=never"
	if s.page.color {
		color = "--color=always"
	}
	out, err := s.clone.run(ctx, slices.Concat([]string{"--no-pager", command, color}, options)...)
	if err != nil {
		return err
	}
	s.page.command(typed("git", slices.Concat([]string{"-C", s.where.short(s.where.clone()), command}, options)), out)
	return nil
}

// showKubectl runs kubectl and shows it as the reader can type it.
func (s *story) showKubectl(ctx context.Context, args ...string) error {
	out, err := s.kubectl.run(ctx, args...)
	if err != nil {
		return err
	}
	s.page.command(typed(s.where.short(s.kubectl.program), args), out)
	return nil
}

// typed returns a command as it is typed into a shell.
func typed(program string, args []string) string {
	words := []string{program}
	for _, arg := range args {
		if strings.ContainsAny(arg, `{}"* %`) {
			arg = "'" + arg + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

// readyNow tells whether the object is ready and its conditions are about its present spec.
func readyNow(o object) bool {
	for _, c := range o.Reconciled().Conditions {
		if c.Type == v1alpha1.ReadyCondition {
			return c.Status == "True" && c.ObservedGeneration == o.GetGeneration()
		}
	}
	return false
}

// message returns what the object says of itself.
func message(o object) string {
	for _, c := range o.Reconciled().Conditions {
		if c.Type == v1alpha1.ReadyCondition {
			return c.Message
		}
	}
	return ""
}

// shortDigest is as much of a digest as people compare.
func shortDigest(digest string) string { return digest[:min(len(digest), len("sha256:")+12)] }
