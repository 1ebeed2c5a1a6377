// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// first: the samples are applied, and the first image is adopted.
func (s *story) first(ctx context.Context) (err error) {
	s.page.act("1. From the registry to Git")
	if s.head, err = s.bare.head(ctx); err != nil {
		return err
	}
	pushed, err := s.push(ctx, firstImage)
	if err != nil {
		return err
	}
	out, err := s.kubectl.run(ctx, "apply", "--server-side", "-k", s.where.overlay())
	if err != nil {
		return err
	}
	s.page.command(typed(s.where.short(s.kubectl.program), []string{"apply", "--server-side", "-k", s.where.short(s.where.overlay())}), out)
	s.page.print("\n")
	s.page.say("These are config/samples. The overlay changes the addresses, and for the sake of this demo\n" +
		"insecure: true (http), interval: 1s and batchWindow: 0s.")
	s.page.print("\n")
	if _, err = s.follow(ctx, firstImage, pushed); err != nil {
		return err
	}
	if err := s.show(ctx, "show"); err != nil {
		return err
	}
	return s.showKubectl(ctx, "get", "fairlead")
}

// second: another image, against the clock.
func (s *story) second(ctx context.Context) error {
	const version = "1.1.0"
	s.page.act("2. A second image, against the clock")
	pushed, err := s.push(ctx, version)
	if err != nil {
		return err
	}
	took, err := s.follow(ctx, version, pushed)
	if err != nil {
		return err
	}
	if err := s.show(ctx, "show", "--oneline", "-U0"); err != nil {
		return err
	}
	s.page.print("\n")
	s.page.say("From push to commit: %s.", seconds(took))
	return nil
}

// suspended: what a person suspends stays as it is.
func (s *story) suspended(ctx context.Context) error {
	const version = "1.2.0"
	s.page.act("3. Suspend, and resume")
	if err := s.suspend(ctx, true); err != nil {
		return err
	}
	pushed, err := s.push(ctx, version)
	if err != nil {
		return err
	}
	if err := s.chosen(ctx, version, pushed); err != nil {
		return err
	}
	if err := s.bare.rests(ctx, s.head, look); err != nil {
		return err
	}
	s.page.moment(time.Since(pushed), "UpdateAutomation fleet", fmt.Sprintf("nothing: %s is still at %.12s", branch, s.head))
	resumed := time.Now()
	if err := s.suspend(ctx, false); err != nil {
		return err
	}
	if s.head, err = s.bare.awaitCommit(ctx, s.head); err != nil {
		return err
	}
	s.page.print("\n")
	s.page.moment(time.Since(resumed), "UpdateAutomation fleet", fmt.Sprintf("commit %.12s on %s", s.head, branch))
	return s.settled(ctx)
}

// suspend sets spec.suspend as a person would, and returns when the controller has seen it.
func (s *story) suspend(ctx context.Context, yes bool) error {
	patch := fmt.Sprintf(`{"spec":{"suspend":%t}}`, yes)
	if err := s.showKubectl(ctx, "patch", "updateautomation", "fleet", "--type=merge", "-p", patch); err != nil {
		return err
	}
	_, err := until(ctx, s.cluster, &v1alpha1.UpdateAutomationList{}, "fleet", "the controller has seen the patch", func(a *v1alpha1.UpdateAutomation) bool {
		return a.Spec.Suspend == yes && a.Status.ObservedGeneration == a.Generation
	})
	return err
}

// reverted: what a person takes out is not put back.
func (s *story) reverted(ctx context.Context) error {
	s.page.act("4. A person's git revert counts")
	clone := "git -C " + s.where.short(s.where.clone())
	for _, args := range [][]string{{"pull", "--quiet"}, {"revert", "--no-edit", "HEAD"}, {"push", "--quiet"}} {
		out, err := s.clone.run(ctx, args...)
		if err != nil {
			return err
		}
		first, _, _ := strings.Cut(out, "\n")
		s.page.command(clone+" "+strings.Join(args, " "), first)
	}
	pushed := time.Now()
	var err error
	if s.head, err = s.bare.head(ctx); err != nil {
		return err
	}
	auto, err := until(ctx, s.cluster, &v1alpha1.UpdateAutomationList{}, "fleet", "the revert is held", func(a *v1alpha1.UpdateAutomation) bool {
		return len(a.Status.Held) > 0
	})
	if err != nil {
		return err
	}
	held := auto.Status.Held[0]
	s.page.print("\n")
	s.page.moment(time.Since(pushed), "UpdateAutomation fleet", fmt.Sprintf("holds %s, %s", held.Tag, shortDigest(held.Digest)))
	s.page.moment(time.Since(pushed), "", fmt.Sprintf("taken out of %s by %s, commit %.12s", held.File, held.By, held.Commit))
	if err := s.bare.rests(ctx, s.head, look); err != nil {
		return err
	}
	s.page.moment(time.Since(pushed), "", fmt.Sprintf("nothing is written: %s is still at %.12s", branch, s.head))
	if err := s.show(ctx, "log", "--format=%h %an: %s"); err != nil {
		return err
	}
	return s.showKubectl(ctx, "get", "imagepolicy,updateautomation")
}

// makeClone clones the repository as the person, who may then pull and push in it without a password being asked.
func (s *story) makeClone(ctx context.Context) error {
	passwords := s.where.folder("git-credentials")
	login := strings.Replace(s.state.Gitea, "://", "://"+s.state.Person.Name+":"+s.state.Person.Token+"@", 1)
	if err := os.WriteFile(passwords, []byte(login+"\n"), 0o600); err != nil {
		return fmt.Errorf("keeping the person's password: %w", err)
	}
	_, err := git{s.where.folder(), s.where.folder()}.run(ctx, "clone", "--quiet",
		"--config", "user.name=Ann", "--config", "user.email=ann@example.com", "--config", "commit.gpgSign=false",
		"--config", "credential.helper=", "--config", "credential.helper=store --file '"+passwords+"'",
		s.state.CloneURL, filepath.Base(s.where.clone()))
	return err
}
