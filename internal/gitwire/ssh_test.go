// SPDX-License-Identifier: Apache-2.0

package gitwire_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/fixture/gitserver"
	"github.com/fairlead-dev/fairlead/internal/gitwire"
)

// hostsFile writes known hosts to a file.
func hostsFile(t testing.TB, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRemote_ssh(t *testing.T) {
	t.Parallel()
	for version, v2 := range map[string]bool{"v2": true, "v0": false} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			dir := bare(t)
			server := startSSH(t, dir, v2)
			r := open(t, gitwire.Config{URL: "ssh://git@" + server.Address + dir, Login: server.Login, KnownHosts: hostsFile(t, server.Hosts)})
			head, err := r.Head(t.Context(), "")
			if err != nil || head.Branch != "main" || head.Commit.String() != git(t, dir, "rev-parse", "main") {
				t.Fatalf("head %v, %v", head, err)
			}
			var pack bytes.Buffer
			take := func(in io.Reader) error { _, err := pack.ReadFrom(in); return err }
			if err := r.Fetch(t.Context(), gitwire.Ask{Want: head.Commit, Depth: 1}, take); err != nil {
				t.Fatal(err)
			}
			index(t, dir, pack.Bytes())
			second := write(t, dir, "main", "a.txt", "two\n", "second")
			pack.Reset()
			if err := r.Fetch(t.Context(), gitwire.Ask{Want: second, Depth: 1, Have: head.Commit}, take); err != nil {
				t.Fatal(err)
			}
			index(t, dir, pack.Bytes())
			err = r.Fetch(t.Context(), gitwire.Ask{Want: commit.ID{5}, Depth: 1}, take)
			if !errors.Is(err, gitwire.ErrNotThere) {
				t.Errorf("a commit that is nowhere: %v", err)
			}
			id, body := next(t, dir)
			u := gitwire.Update{Branch: "main", Old: head.Commit, New: id}
			err = r.Push(t.Context(), u, func(bool) ([]byte, error) { return body, nil })
			wantFault(t, err, fault.Transient, reason.PushRejected)
			u.Old = second
			if err := r.Push(t.Context(), u, func(bool) ([]byte, error) { return body, nil }); err != nil {
				t.Fatal(err)
			}
			if git(t, dir, "rev-parse", "main") != id.String() {
				t.Error("the branch was not moved")
			}
			_, err = r.Head(t.Context(), "nowhere")
			wantFault(t, err, fault.Stalled, reason.BranchNotFound)
		})
	}
}

func TestRemote_sshHostKeys(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	server := startSSH(t, dir, true)
	other, _ := gitserver.NewSigner(t)
	authority, _ := gitserver.NewSigner(t)
	host := knownhosts.Normalize(server.Address)
	line := strings.TrimSpace(server.Hosts)
	for _, tc := range []struct {
		name, why, hosts string
		ok               bool
		words            string
	}{
		{"believes a known key", "the plain way", server.Hosts, true, ""},
		{"believes a hashed name", "OpenSSH hashes them by default", strings.Replace(line, host, xknownhosts.HashHostname(host), 1), true, ""},
		{"believes a key among others", "a host may have several", knownhosts.Line([]string{"example.com"}, other.PublicKey()) + "\n" + line, true, ""},
		{"refuses another key", "someone sits in between", knownhosts.Line([]string{server.Address}, other.PublicKey()), false, ssh.FingerprintSHA256(other.PublicKey())},
		{"refuses an unknown host", "no trust on first use", knownhosts.Line([]string{"example.com"}, other.PublicKey()), false, "does not list it"},
		{"refuses a revoked key", "it was stolen", line + "\n@revoked * " + line[strings.IndexByte(line, ' ')+1:], false, "revokes"},
		{"refuses a key without its authority's word", "a plain key is no certificate",
			"@cert-authority " + knownhosts.Line([]string{server.Address}, authority.PublicKey()), false, "no key of a kind that known_hosts lists"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, gitwire.Config{URL: "ssh://git@" + server.Address + dir, Login: server.Login, KnownHosts: hostsFile(t, tc.hosts+"\n")})
			_, err := r.Head(t.Context(), "main")
			if tc.ok {
				if err != nil {
					t.Errorf("%s: %v", tc.why, err)
				}
				return
			}
			wantFault(t, err, fault.Waiting, reason.HostKeyMismatch)
			if !strings.Contains(err.Error(), tc.words) {
				t.Errorf("%s: %v, want %q in it", tc.why, err, tc.words)
			}
		})
	}
}

func TestRemote_sshFaults(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	server := startSSH(t, dir, true)
	_, stranger := gitserver.NewSigner(t)
	url := "ssh://git@" + server.Address + dir
	hosts := hostsFile(t, server.Hosts)

	r := open(t, gitwire.Config{URL: url, Login: identity(t, stranger, "", ""), KnownHosts: hosts})
	_, err := r.Head(t.Context(), "main")
	wantFault(t, err, fault.Waiting, reason.GitAuthenticationFailed)

	r = open(t, gitwire.Config{URL: url + "x", Login: server.Login, KnownHosts: hosts})
	_, err = r.Head(t.Context(), "main")
	wantFault(t, err, fault.Waiting, reason.GitFailed)
	if !strings.Contains(err.Error(), "does not appear to be a git repository") {
		t.Errorf("the server's words are lost: %v", err)
	}

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = open(t, gitwire.Config{URL: "ssh://git@" + silent.Addr().String() + dir, Login: server.Login, KnownHosts: hosts}).Head(ctx, "main")
	wantFault(t, err, fault.Transient, reason.GitFailed)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// identity returns a login with a key, encrypted if passphrase says so, and the password that is given for it.
func identity(t testing.TB, key any, passphrase, given string) credentials.Git {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return credentials.Git{Identity: credentials.NewText(string(pem.EncodeToMemory(block))), Passphrase: credentials.NewText(given), KnownHosts: "x"}
}

func TestNew_sshLogins(t *testing.T) {
	t.Parallel()
	_, key := gitserver.NewSigner(t)
	garbage := credentials.Git{Identity: credentials.NewText("-----BEGIN OPENSSH PRIVATE KEY-----\n" + canary + "\n-----END OPENSSH PRIVATE KEY-----\n"), KnownHosts: "x"}
	for _, tc := range []struct {
		name, why, url string
		login          credentials.Git
		class          fault.Class
		reason         reason.Reason // empty: it can be used
	}{
		{"takes a key", "the plain way", "ssh://h/x", identity(t, key, "", ""), 0, ""},
		{"takes the short form", "it is what people paste", "git@h:x/y.git", identity(t, key, "", ""), 0, ""},
		{"takes an encrypted key", "with its passphrase", "ssh://h/x", identity(t, key, canary, canary), 0, ""},
		{"says that a passphrase is missing", "the key is encrypted", "ssh://h/x", identity(t, key, canary, ""), fault.Transient, reason.SecretInvalid},
		{"says that a passphrase is wrong", "the key is encrypted", "ssh://h/x", identity(t, key, canary, "no"), fault.Transient, reason.SecretInvalid},
		{"says that a key is none", "it was cut off", "ssh://h/x", garbage, fault.Transient, reason.SecretInvalid},
		{"wants a key", "a password is for HTTP", "ssh://h/x", credentials.Git{Username: "a", Password: credentials.NewText(canary)}, fault.Transient, reason.SecretInvalid},
		{"wants a login", "SSH has no anonymous one", "ssh://h/x", credentials.Git{}, fault.Stalled, reason.InvalidSpec},
		{"refuses a key over HTTP", "it would log in as nobody", "https://h/x", identity(t, key, "", ""), fault.Transient, reason.SecretInvalid},
		{"refuses an option as a host", "it is none", "ssh://-oProxyCommand=x/y", identity(t, key, "", ""), fault.Stalled, reason.InvalidSpec},
		{"refuses a password in the URL", "it would show", "ssh://git:" + canary + "@h/x", identity(t, key, "", ""), fault.Stalled, reason.InvalidSpec},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := gitwire.New(gitwire.Config{URL: tc.url, Login: tc.login, KnownHosts: "unread"})
			if tc.reason == "" {
				if err != nil {
					t.Errorf("%s: %v", tc.why, err)
				}
				return
			}
			wantFault(t, err, tc.class, tc.reason)
		})
	}
}
