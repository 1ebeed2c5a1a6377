// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/testserver"
)

func TestChain_writesOverSSH(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	server := testserver.GitSSHFor(t, testserver.GitSSHConfig{})
	if err := server.Repositories().Create(t.Context(), "fleet.git", w.expandAll(map[string]string{"clusters/prod/web.yaml": web})); err != nil {
		t.Fatal(err)
	}
	secret := func(name, knownHosts string) {
		dir := t.TempDir()
		for file, content := range map[string]string{"identity": string(server.ClientKey()), "known_hosts": knownHosts} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w.kubectl("", "-n", w.namespace, "create", "secret", "generic", name, "--from-file="+dir)
	}
	secret("ssh", server.KnownHosts())
	stranger := testserver.GitSSHFor(t, testserver.GitSSHConfig{})
	hostPort := strings.Fields(server.KnownHosts())[0]
	strangersKey := strings.SplitN(strings.TrimSpace(stranger.KnownHosts()), " ", 2)[1]
	secret("changed", hostPort+" "+strangersKey+"\n")

	objects := strings.Replace(chain, "git: {url: GIT, branch: main, insecure: true, secretRef: {name: git}}",
		"git: {url: '"+server.URL("fleet.git")+"', branch: main, secretRef: {name: changed}}", 1)
	w.apply(objects)
	digest := w.push("web:1.0.0")
	w.start()

	// another key than the one that is known is refused, and nothing is written
	w.eventually(30*time.Second, func() string {
		return unlessPrefix("False HostKeyMismatch", ready(&get(w, "fleet", &v1alpha1.UpdateAutomation{}).Status.ReconcileStatus))
	})
	w.kubectl("", "-n", w.namespace, "patch", "uauto", "fleet", "--type=merge", "-p", `{"spec":{"git":{"secretRef":{"name":"ssh"}}}}`)
	w.eventually(30*time.Second, func() string {
		content, err := server.Repositories().Git(t.Context(), "fleet.git", "show", "main:clusters/prod/web.yaml")
		if err != nil {
			return err.Error()
		}
		if !strings.Contains(content, "/web:1.0.0@"+digest) {
			return "Git does not hold the image yet"
		}
		return ""
	})
}
