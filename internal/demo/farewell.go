// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
)

// farewell says how to go on.
func farewell(where place, page page) error {
	s, err := where.load()
	if err != nil {
		return err
	}
	page.act("It keeps running. To poke at it:")
	page.print("\n")
	page.print(indent(pokes(where, s), "  "))
	return nil
}

// pokes lists what a reader may do, with the addresses of this run.
func pokes(where place, s state) string {
	kubectl := where.short(s.Kubectl)
	var out strings.Builder
	for _, line := range [][2]string{
		{"export KUBECONFIG=" + where.short(where.kubeconfig()), ""},
		{kubectl + " get fairlead -A", "all objects"},
		{kubectl + " events", "what happened to them"},
		{"go run ./internal/demo push 1.3.0", "another image"},
		{"git -C " + where.short(where.clone()) + " pull", "then log, show, revert, push: it is Ann's clone"},
		{"tail " + where.short(where.controllerLog()), "what the controller says"},
		{"make demo-down", "stop everything, remove .demo"},
	} {
		fmt.Fprintln(&out, strings.TrimRight(fmt.Sprintf("%-44s %s", line[0], line[1]), " "))
	}
	fmt.Fprintf(&out, "\nGitea      %s  user %s, password %s\n", strings.TrimSuffix(s.CloneURL, ".git"), s.Person.Name, s.Person.Password)
	fmt.Fprintf(&out, "Registry   http://%s  user %s, password %s\n", s.Registry, registryUser, registryPassword)
	fmt.Fprintf(&out, "Metrics    %s\n", s.Metrics)
	return out.String()
}

// pushOne pushes an image into the registry of the demo that runs.
func pushOne(ctx context.Context, where place, version string, page page) error {
	pid, err := serving(where)
	if err != nil {
		return err
	}
	if pid == 0 {
		return fmt.Errorf("no demo runs here; start one with \"make demo\"")
	}
	s, err := where.load()
	if err != nil {
		return err
	}
	digest, err := pushImage(ctx, s, version)
	if err != nil {
		return err
	}
	page.say("pushed %s/%s:%s  %s", s.Registry, imageName, version, shortDigest(digest))
	page.say("In a second or two: git -C %s pull && git -C %s show", where.short(where.clone()), where.short(where.clone()))
	return nil
}
