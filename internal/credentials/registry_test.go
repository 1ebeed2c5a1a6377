// SPDX-License-Identifier: Apache-2.0

package credentials_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// canary stands for every secret of these tests: it may show up in no error.
const canary = "canary-9b1e"

func dockerSecret(auths string) credentials.Secret {
	return credentials.Secret{Name: "regcred", Type: "kubernetes.io/dockerconfigjson",
		Data: map[string][]byte{".dockerconfigjson": []byte(`{"auths":` + auths + `}`)}}
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestRegistryFrom_findsTheEntryOfAnImage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why        string
		auths            string
		host, repository string
		want             string // user name; empty: none
	}{
		{"takes a host as it is", "the usual form", `{"ghcr.io":{"username":"ann","password":"p"}}`, "ghcr.io", "acme/web", "ann"},
		{"ignores scheme and slash", "docker login writes both forms", `{"https://GHCR.io/":{"username":"ann","password":"p"}}`, "ghcr.io", "acme/web", "ann"},
		{"ignores the version of the API", "kubectl writes it", `{"https://ghcr.io/v1/":{"username":"ann","password":"p"},"x":{}}`, "ghcr.io", "acme/web", "ann"},
		{"knows Docker Hub by its oldest name", "docker login writes it", `{"https://index.docker.io/v1/":{"username":"ann","password":"p"}}`, "docker.io", "library/nginx", "ann"},
		{"knows Docker Hub by the name of its API", "some tools write it", `{"registry-1.docker.io":{"username":"ann","password":"p"}}`, "docker.io", "library/nginx", "ann"},
		{"keeps ports apart", "two registries may live on one host", `{"h:5000":{"username":"ann","password":"p"}}`, "h:5001", "a", ""},
		{"treats the port of https as none", "both name one server", `{"h.io:443":{"username":"ann","password":"p"}}`, "h.io", "a", "ann"},
		{"prefers the longest path", "a login for one project is more exact", `{"h.io":{"username":"all","password":"p"},"h.io/acme":{"username":"acme","password":"p"},"https://h.io/v2/acme/web":{"username":"web","password":"p"}}`, "h.io", "acme/web", "web"},
		{"ends a path at a slash", "acme-labs is not acme", `{"h.io/acme":{"username":"acme","password":"p"}}`, "h.io", "acme-labs/web", ""},
		{"prefers a host to a pattern", "the exact one is meant", `{"*.h.io":{"username":"any","password":"p"},"a.h.io":{"username":"a","password":"p"}}`, "a.h.io", "x", "a"},
		{"matches a pattern label by label", "a star is not a dot", `{"*.h.io":{"username":"any","password":"p"}}`, "a.b.h.io", "x", ""},
		{"reads a pattern", "kubelet does", `{"*.dkr.ecr.*.amazonaws.com":{"username":"AWS","password":"p"}}`, "1.dkr.ecr.eu-west-1.amazonaws.com", "x", "AWS"},
		{"does not match the end of a host", "evil-ghcr.io is not ghcr.io", `{"ghcr.io":{"username":"ann","password":"p"}}`, "evil-ghcr.io", "x", ""},
		{"finds nothing in an empty file", "no login is no fault", `{}`, "ghcr.io", "x", ""},
		{"finds nothing in a null file", "no login is no fault", `null`, "ghcr.io", "x", ""},
		{"reads the auth field first", "it is what docker login writes", `{"h.io":{"auth":"` + encoded("bob:pa:ss") + `","username":"ann","password":"p"}}`, "h.io", "x", "bob"},
		{"reads an auth field without padding", "some tools leave it out", `{"h.io":{"auth":"` + strings.TrimRight(encoded("bob:passw"), "=") + `"}}`, "h.io", "x", "bob"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			login, found, err := credentials.RegistryFrom(dockerSecret(tc.auths), tc.host, tc.repository)
			if err != nil || found != (tc.want != "") || login.Username.Reveal() != tc.want {
				t.Errorf("%s: got %q, found %v, %v; want %q", tc.why, login.Username.Reveal(), found, err, tc.want)
			}
		})
	}
}

func TestRegistryFrom_keepsWhatAnEntryHolds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		secret    credentials.Secret
		want      credentials.Registry
	}{
		{"keeps colons of a password", "only the first one separates", dockerSecret(`{"h.io":{"auth":"` + encoded("bob:pa:ss") + `"}}`),
			credentials.Registry{Username: credentials.NewText("bob"), Password: credentials.NewText("pa:ss")}},
		{"prefers an identity token to a password", "docker does", dockerSecret(`{"h.io":{"auth":"` + encoded("bob:old") + `","identitytoken":"id"}}`),
			credentials.Registry{Username: credentials.NewText("bob"), IdentityToken: credentials.NewText("id")}},
		{"takes a registry token as it is", "it needs no exchange", dockerSecret(`{"h.io":{"registrytoken":"tok"}}`),
			credentials.Registry{Token: credentials.NewText("tok")}},
		{"reads the older file", "kubernetes.io/dockercfg still exists", credentials.Secret{Type: "kubernetes.io/dockercfg",
			Data: map[string][]byte{".dockercfg": []byte(`{"https://h.io":{"username":"ann","password":"p"}}`)}},
			credentials.Registry{Username: credentials.NewText("ann"), Password: credentials.NewText("p")}},
		{"reads a name and a password", "they are for any host", credentials.Secret{Type: "Opaque",
			Data: map[string][]byte{"username": []byte("ann\n"), "password": []byte("p w\n")}},
			credentials.Registry{Username: credentials.NewText("ann"), Password: credentials.NewText("p w")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			login, found, err := credentials.RegistryFrom(tc.secret, "h.io", "acme/web")
			if err != nil || !found || login != tc.want {
				t.Errorf("%s: found %v, %v, and another login than wanted", tc.why, found, err)
			}
		})
	}
}

func TestSecrets_thatCannotBeUsedSayWhichKey(t *testing.T) {
	t.Parallel()
	registry := func(s credentials.Secret) error { _, _, err := credentials.RegistryFrom(s, "h.io", "x"); return err }
	tls := func(s credentials.Secret) error { _, err := credentials.TLSFrom(s); return err }
	proxy := func(s credentials.Secret) error { _, err := credentials.ProxyFrom(s); return err }
	opaque := func(pairs ...string) credentials.Secret {
		s := credentials.Secret{Name: "s", Type: "Opaque", Data: map[string][]byte{}}
		for i := 0; i < len(pairs); i += 2 {
			s.Data[pairs[i]] = []byte(pairs[i+1])
		}
		return s
	}
	for _, tc := range []struct {
		name string
		read func(credentials.Secret) error
		from credentials.Secret
		want string
	}{
		{"no JSON", registry, dockerSecret(canary), ".dockerconfigjson"},
		{"a wrong type inside", registry, dockerSecret(`{"h.io":{"auth":["` + canary + `"]}}`), ".dockerconfigjson"},
		{"no file", registry, credentials.Secret{Type: "kubernetes.io/dockerconfigjson"}, ".dockerconfigjson is missing"},
		{"no base64", registry, dockerSecret(`{"h.io":{"auth":"!` + canary + `"}}`), "auth"},
		{"no colon", registry, dockerSecret(`{"h.io":{"auth":"` + encoded(canary) + `"}}`), "auth"},
		{"an empty entry", registry, dockerSecret(`{"h.io":{}}`), "neither a user name nor a token"},
		{"no name", registry, opaque("password", canary), "username"},
		{"no password", registry, opaque("username", canary), "password"},
		{"a colon in the name", registry, opaque("username", "a:"+canary, "password", canary), "colon"},
		{"nothing for TLS", tls, opaque("x", canary), "ca.crt"},
		{"no authority", tls, opaque("ca.crt", canary), "ca.crt"},
		{"a key alone", tls, opaque("tls.key", canary), "without tls.crt"},
		{"a certificate alone", tls, opaque("tls.crt", canary), "without tls.key"},
		{"no pair", tls, opaque("tls.crt", canary, "tls.key", canary), "private key"},
		{"no address", proxy, opaque("username", canary), "address"},
		{"another scheme", proxy, opaque("address", "socks5://"+canary), "address"},
		{"a login in the address", proxy, opaque("address", "http://a:"+canary+"@proxy:3128"), "username and password"},
		{"a path in the address", proxy, opaque("address", "http://proxy:3128/"+canary), "host and a port"},
		{"a password alone", proxy, opaque("address", "http://proxy:3128", "password", canary), "without username"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := tc.read(tc.from)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want a text about %q", err, tc.want)
			}
			if f := fault.Of(err); f.Reason != reason.SecretInvalid || f.Class != fault.Transient {
				t.Errorf("got %v %v, want a transient SecretInvalid", f.Class, f.Reason)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("a secret shows in %q", err)
			}
		})
	}
}

func TestSecrets_haveALimit(t *testing.T) {
	t.Parallel()
	for size, ok := range map[int]bool{1<<20 - 1: true, 1 << 20: true, 1<<20 + 1: false} {
		value := []byte(strings.Repeat("p", size))
		_, _, err := credentials.RegistryFrom(credentials.Secret{Data: map[string][]byte{"username": []byte("ann"), "password": value}}, "h.io", "x")
		if (err == nil) != ok {
			t.Errorf("a password of %d bytes: %v", size, err)
		}
	}
}

func TestProxyFrom(t *testing.T) {
	t.Parallel()
	p, err := credentials.ProxyFrom(credentials.Secret{Data: map[string][]byte{
		"address": []byte("http://proxy:3128/\n"), "username": []byte("ann"), "password": []byte(canary)}})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.URL().String(); got != "http://ann:"+canary+"@proxy:3128" {
		t.Errorf("the URL that is sent is %q", got)
	}
	if text := fmt.Sprintf("%v %+v %#v", p, p, p); strings.Contains(text, canary) || strings.Contains(text, "ann") {
		t.Errorf("a secret shows in %q", text)
	}
	if (credentials.Proxy{}).URL() != nil {
		t.Error("no proxy has a URL")
	}
}

func TestIdentity_isEqualForEqualLoginsAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"", "a", "b", "ab", "a\x00b"})
		draw := func() credentials.Registry {
			return credentials.Registry{Username: credentials.NewText(part.Draw(t, "user")), Password: credentials.NewText(part.Draw(t, "password")),
				IdentityToken: credentials.NewText(part.Draw(t, "identity")), Token: credentials.NewText(part.Draw(t, "token"))}
		}
		one, two := draw(), draw()
		if (one == two) != (one.Identity() == two.Identity()) {
			t.Fatal("two logins are confused")
		}
	})
}

func FuzzRegistryFrom(f *testing.F) {
	f.Add(`{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"}}}`, "docker.io", "library/nginx")
	f.Add(`{"auths":{"*.h.io/a":{"identitytoken":"x"}}}`, "a.h.io", "a/b")
	f.Fuzz(func(t *testing.T, file, host, repository string) {
		s := credentials.Secret{Type: "kubernetes.io/dockerconfigjson", Data: map[string][]byte{".dockerconfigjson": []byte(file)}}
		login, found, err := credentials.RegistryFrom(s, host, repository)
		if (err != nil || !found) && !login.Anonymous() {
			t.Error("a login came without being found")
		}
		if found && login.Anonymous() {
			t.Error("found nothing, and says it did")
		}
	})
}
