// SPDX-License-Identifier: Apache-2.0

package secrets_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/secrets"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

const canary = "secret-canary-0815"

// secret is one of namespace shop.
func secret(name string, kind corev1.SecretType, data map[string]string) *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}, Type: kind, Data: map[string][]byte{}}
	for key, value := range data {
		s.Data[key] = []byte(value)
	}
	return s
}

func dockerConfig(host string) map[string]string {
	auth := base64.StdEncoding.EncodeToString([]byte("ann:" + canary))
	return map[string]string{".dockerconfigjson": fmt.Sprintf(`{"auths": {%q: {"auth": %q}}}`, host, auth)}
}

func reader(objects ...client.Object) secrets.Reader {
	return secrets.Reader{API: fake.NewClientBuilder().WithObjects(objects...).Build()}
}

// check compares err with class Transient and "Reason: text"; nothing for no error. A trailing blank admits more text.
func check(t *testing.T, why, want string, err error) {
	t.Helper()
	got := ""
	if f := fault.Of(err); f != nil {
		got = string(f.Reason) + ": " + f.Error()
		if f.Class != fault.Transient {
			t.Errorf("%s: class %d; nothing tells when it is mended", why, f.Class)
		}
	}
	if got != want && (want == "" || !strings.HasSuffix(want, " ") || !strings.HasPrefix(got, want)) {
		t.Errorf("%s: got\n%q, want\n%q", why, got, want)
	}
	if strings.Contains(got, canary) || strings.Contains(got, base64.StdEncoding.EncodeToString([]byte(canary))) {
		t.Errorf("a secret shows: %s", got)
	}
}

func TestReader_Access(t *testing.T) {
	t.Parallel()
	const docker = corev1.SecretTypeDockerConfigJson
	for _, tc := range []struct {
		name, why string
		secret    *corev1.Secret
		asks      string // the name that spec gives
		login     bool
		want      string
	}{
		{"asks nobody without a name", "anonymous is a way to log in", nil, "", false, ""},
		{"reads a name and a password", "the simplest", secret("a", corev1.SecretTypeOpaque, map[string]string{"username": "ann", "password": canary}), "a", true, ""},
		{"reads an entry for the host", "what kubectl makes", secret("a", docker, dockerConfig("ghcr.io")), "a", true, ""},
		{"says that there is none", "it may be created at any time", nil, "a", false, "SecretNotFound: secret a does not exist in namespace shop"},
		{"does not look into other namespaces", "tenants are kept apart", &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "other", Name: "a"}}, "a", false,
			"SecretNotFound: secret a does not exist in namespace shop"},
		{"says that no entry is for the host", "asking as nobody would look like a wrong password", secret("a", docker, dockerConfig("quay.io")), "a", false, "SecretInvalid: secret a has no entry for ghcr.io"},
		{"names the key that is missing", "that is what to mend", secret("a", corev1.SecretTypeOpaque, map[string]string{"username": "ann"}), "a", false, "SecretInvalid: reading Secret a: the key password is missing or empty"},
		{"refuses a configuration that is none", "that is what to mend", secret("a", docker, map[string]string{".dockerconfigjson": canary}), "a", false, "SecretInvalid: reading Secret a: "},
		{"refuses a configuration that is not there", "the type says there is one", secret("a", docker, nil), "a", false, "SecretInvalid: reading Secret a: "},
		{"refuses a huge value", "it would be parsed", secret("a", docker, map[string]string{".dockerconfigjson": strings.Repeat(" ", 1<<20+1)}), "a", false, "SecretInvalid: reading Secret a: "},
		{"refuses a TLS key", "the wrong type of Secret", secret("a", corev1.SecretTypeTLS, map[string]string{"tls.key": canary}), "a", false, "SecretInvalid: reading Secret a: the key username is missing or empty"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var objects []client.Object
			if tc.secret != nil {
				objects = append(objects, tc.secret)
			}
			source := spec.Source{Namespace: "shop", Image: image.Name{Registry: "ghcr.io", Repository: "acme/web"}, Secret: tc.asks, Insecure: true}
			access, err := reader(objects...).Access(t.Context(), source)
			check(t, tc.why, tc.want, err)
			if access.Login.Anonymous() == tc.login || err == nil && !access.Insecure {
				t.Errorf("%s: access %+v", tc.why, access)
			}
			if tc.login && access.Login.Password.Reveal() != canary {
				t.Error("another password came out")
			}
		})
	}
}

func TestReader_Git(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		data      map[string]string
		asks      string
		want      string
	}{
		{"asks nobody without a name", "a public repository needs no login", nil, "", ""},
		{"reads a name and a password", "the simplest", map[string]string{"username": "ann", "password": canary}, "git", ""},
		{"says that there is none", "it may be created at any time", nil, "gti", "SecretNotFound: secret gti does not exist in namespace shop"},
		{"names what is missing", "that is what to mend", map[string]string{"username": "ann"}, "git", "SecretInvalid: reading Secret git: "},
		{"refuses two ways at once", "which of them?", map[string]string{"bearerToken": canary, "password": canary, "username": "a"}, "git", "SecretInvalid: reading Secret git: "},
		{"refuses a key without known hosts", "a server that is not known is never believed", map[string]string{"identity": "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"}, "git",
			"SecretInvalid: reading Secret git: known_hosts is missing; the key of an unknown server is never believed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := reader(secret("git", corev1.SecretTypeOpaque, tc.data)).Git(t.Context(), "shop", tc.asks)
			check(t, tc.why, tc.want, err)
		})
	}
}

func TestReader_readsEachTimeAnew(t *testing.T) {
	t.Parallel()
	stored := secret("git", corev1.SecretTypeOpaque, map[string]string{"username": "ann", "password": "old"})
	api := fake.NewClientBuilder().WithObjects(stored).Build()
	r := secrets.Reader{API: api}
	read := func() credentials.Git {
		t.Helper()
		login, err := r.Git(t.Context(), "shop", "git")
		if err != nil {
			t.Fatal(err)
		}
		return login
	}
	before := read()
	stored.Data["password"] = []byte("new")
	if err := api.Update(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	if after := read(); after.Password.Reveal() != "new" || after.Digest() == before.Digest() {
		t.Error("a rotated Secret needs a restart")
	}
}

func TestReader_anAPIServerThatFailsIsNotAMissingSecret(t *testing.T) {
	t.Parallel()
	api := interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
		return errors.New("connection refused")
	}})
	_, err := secrets.Reader{API: api}.Git(t.Context(), "shop", "git")
	if f := fault.Of(err); f == nil || f.Reason == reason.SecretNotFound || f.Class != fault.Transient || f.Error() != "reading secret git: connection refused" {
		t.Errorf("%v", err)
	}
}
