// SPDX-License-Identifier: Apache-2.0

package credentials_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// pemKey is framed like a key; whether it is one is not looked at here.
const pemKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"

func TestParseGit(t *testing.T) {
	t.Parallel()
	const canary = "canary-51c2"
	for _, tc := range []struct {
		name, why string
		data      map[string]string
		want      string // part of the error; empty: none
	}{
		{"takes a name and a password", "the plain way", map[string]string{"username": "git", "password": canary + "\n"}, ""},
		{"takes a bearer token", "Azure DevOps and Bitbucket", map[string]string{"bearerToken": canary}, ""},
		{"takes a key", "SSH", map[string]string{"identity": pemKey, "known_hosts": "h ssh-ed25519 AAAA", "password": canary}, ""},
		{"wants a login", "an empty Secret is a mistake, not an anonymous login", nil, "none of password"},
		{"wants a name", "an empty one is refused by most servers", map[string]string{"password": canary}, "username is missing"},
		{"wants a password", "a name alone is a typing mistake", map[string]string{"username": canary}, "none of password"},
		{"refuses two ways", "which one was meant?", map[string]string{"username": "git", "password": canary, "bearerToken": canary}, "keep one"},
		{"refuses two ways with a key", "which one was meant?", map[string]string{"identity": pemKey, "known_hosts": "h", "bearerToken": canary}, "keep one"},
		{"wants known hosts", "no trust on first use", map[string]string{"identity": pemKey}, "known_hosts is missing"},
		{"wants a key in PEM", "the public half was pasted", map[string]string{"identity": "ssh-ed25519 " + canary, "known_hosts": "h"}, "identity is not"},
		{"refuses a GitHub App", "it is not built yet, and must not be taken for no login", map[string]string{"githubAppID": "7"}, "not available yet"},
		{"wants certificates in ca.crt", "a wrong file would be no CA at all", map[string]string{"username": "git", "password": canary, "ca.crt": canary}, "ca.crt holds no"},
		{"refuses a line end inside a token", "it would become a header", map[string]string{"bearerToken": canary + "\nX: y"}, "cannot be sent"},
		{"refuses a colon in a name", "it would become part of the password", map[string]string{"username": "a:b", "password": canary}, "cannot be sent"},
		{"refuses a huge value", "it is parsed", map[string]string{"identity": strings.Repeat(canary, 100_000)}, "at most 1048576"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			secret := credentials.Secret{Name: "git", Data: map[string][]byte{}}
			for key, value := range tc.data {
				secret.Data[key] = []byte(value)
			}
			got, err := credentials.ParseGit(secret)
			if tc.want == "" {
				if err != nil {
					t.Fatalf("%s: %v", tc.why, err)
				}
				if text := fmt.Sprintf("%v %+v %#v", got, got, got); strings.Contains(text, canary) {
					t.Errorf("a secret shows in %s", text)
				}
				if len(got.Secrets()) == 0 {
					t.Error("nothing to keep out of texts")
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), canary) {
				t.Fatalf("%s: error %v, want %q", tc.why, err, tc.want)
			}
			if f := fault.Of(err); f.Reason != reason.SecretInvalid || f.Class != fault.Transient {
				t.Errorf("fault %v %v", f.Class, f.Reason)
			}
		})
	}
}

func TestGit_Digest(t *testing.T) {
	t.Parallel()
	a := credentials.Git{Username: "a", Password: credentials.NewText("bc")}
	b := credentials.Git{Username: "ab", Password: credentials.NewText("c")}
	if a.Digest() == b.Digest() || a.Digest() == (credentials.Git{}).Digest() {
		t.Error("different logins share a digest")
	}
	if a.Digest() != (credentials.Git{Username: "a", Password: credentials.NewText("bc")}).Digest() {
		t.Error("equal logins differ")
	}
}
