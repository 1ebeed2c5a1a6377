// SPDX-License-Identifier: Apache-2.0

package credentials

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// A Registry is a login to one registry. The zero Registry is anonymous.
type Registry struct {
	Username      Text
	Password      Text
	IdentityToken Text // exchanged for short-lived tokens instead of a password
	Token         Text // sent as it is, in place of one the registry would issue
}

// Anonymous tells whether there is nothing to show.
func (r Registry) Anonymous() bool { return r == Registry{} }

// Identity names the login without giving it away: equal for equal logins, a SHA-256 over all of it.
func (r Registry) Identity() string {
	if r.Anonymous() {
		return ""
	}
	return identity("registry", r.Username.content, r.Password.content, r.IdentityToken.content, r.Token.content)
}

// The types of Secrets that hold a Docker configuration.
const (
	typeDockerConfigJSON = "kubernetes.io/dockerconfigjson"
	typeDockerConfig     = "kubernetes.io/dockercfg"
)

// RegistryFrom reads the login that s holds for the image repository at host ("ghcr.io", "docker.io", "h:5000").
//
// A Secret with username and password is for every host. In one of type kubernetes.io/dockerconfigjson or
// kubernetes.io/dockercfg the entry that says most about the image wins: an exact host before a pattern like
// "*.example.com", then the longest path. Scheme, "/v1/", trailing slashes and case of an entry do not matter, nor
// does the way Docker Hub is spelled. found is false when no entry is for the image: that is no fault, because a
// ServiceAccount may name many Secrets.
//
// A Secret that cannot be read is a transient fault with reason SecretInvalid.
func RegistryFrom(s Secret, host, repository string) (login Registry, found bool, err error) {
	if err := s.checkSizes(); err != nil {
		return Registry{}, false, err
	}
	entries, err := dockerEntries(s)
	switch {
	case err != nil:
		return Registry{}, false, err
	case entries == nil:
		login, err := plainLogin(s)
		return login, err == nil, err
	}
	key, ok := bestEntry(entries, host, repository)
	if !ok {
		return Registry{}, false, nil
	}
	login, err = entries[key].login(s)
	return login, err == nil, err
}

// plainLogin reads username and password.
func plainLogin(s Secret) (Registry, error) {
	username, password := s.line("username"), s.line("password")
	switch {
	case username == "":
		return Registry{}, s.invalid("the key username is missing or empty")
	case password == "":
		return Registry{}, s.invalid("the key password is missing or empty")
	case strings.Contains(username, ":"):
		return Registry{}, s.invalid("the key username has a colon, which no login can send")
	}
	return Registry{Username: NewText(username), Password: NewText(password)}, nil
}

// A dockerEntry is what a Docker configuration says for one registry.
type dockerEntry struct {
	Username      string `json:"username"`
	Password      string `json:"password"`
	Auth          string `json:"auth"` // base64 of username:password; wins over both
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
}

// dockerEntries returns the entries of a Docker configuration, nil when s is of another type.
func dockerEntries(s Secret) (map[string]dockerEntry, error) {
	file := struct {
		Auths map[string]dockerEntry `json:"auths"`
	}{}
	key, into := "", any(nil)
	switch {
	case s.Type == typeDockerConfigJSON || s.has(".dockerconfigjson"):
		key, into = ".dockerconfigjson", &file
	case s.Type == typeDockerConfig || s.has(".dockercfg"):
		key, into = ".dockercfg", &file.Auths
	default:
		return nil, nil
	}
	data, ok := s.Data[key]
	if !ok {
		return nil, s.invalid("the key %s is missing", key)
	}
	if json.Unmarshal(data, into) != nil { // its text may quote the value
		return nil, s.invalid("the key %s is not the JSON of a Docker configuration", key)
	}
	if file.Auths == nil {
		return map[string]dockerEntry{}, nil
	}
	return file.Auths, nil
}

// login reads an entry. Passwords may hold colons, user names may not.
func (e dockerEntry) login(s Secret) (Registry, error) {
	if e.Auth != "" {
		text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(e.Auth), "="))
		username, password, ok := strings.Cut(string(text), ":")
		if err != nil || !ok {
			return Registry{}, s.invalid("an auth field is not the base64 of username:password")
		}
		e.Username, e.Password = username, strings.Trim(password, "\x00")
	}
	login := Registry{Username: NewText(e.Username), Password: NewText(e.Password),
		IdentityToken: NewText(e.IdentityToken), Token: NewText(e.RegistryToken)}
	switch {
	case !login.Token.Empty():
		return Registry{Token: login.Token}, nil
	case !login.IdentityToken.Empty():
		return Registry{Username: login.Username, IdentityToken: login.IdentityToken}, nil
	case login.Username.Empty():
		return Registry{}, s.invalid("the entry for the registry has neither a user name nor a token")
	}
	return login, nil
}

// bestEntry returns the key of the entry that says most about the image.
func bestEntry(entries map[string]dockerEntry, host, repository string) (string, bool) {
	type match struct {
		key     string
		pattern int // 1 when the host is one
		length  int // of the path
	}
	var matches []match
	want := canonicalHost(host)
	for key := range entries {
		entryHost, entryPath := splitEntry(key)
		pattern := 0
		if entryHost != want {
			if pattern = 1; !matchHost(entryHost, want) {
				continue
			}
		}
		if entryPath != "" && entryPath != repository && !strings.HasPrefix(repository, entryPath+"/") {
			continue
		}
		matches = append(matches, match{key, pattern, len(entryPath)})
	}
	if len(matches) == 0 {
		return "", false
	}
	best := slices.MinFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.pattern, b.pattern), cmp.Compare(b.length, a.length), cmp.Compare(a.key, b.key))
	})
	return best.key, true
}

// splitEntry cuts a key of a Docker configuration into host and path: "https://Index.docker.io/v1/" is docker.io
// and no path, since /v1 and /v2 belong to the API.
func splitEntry(key string) (host, repository string) {
	_, rest, ok := strings.Cut(key, "://")
	if !ok {
		rest = key
	}
	host, repository, _ = strings.Cut(rest, "/")
	repository = strings.Trim(repository, "/")
	for _, api := range []string{"v1", "v2"} {
		if repository == api {
			repository = ""
		}
		repository = strings.TrimPrefix(repository, api+"/")
	}
	return canonicalHost(host), repository
}

// canonicalHost folds the spellings of one host: case, the port of https, the names of Docker Hub.
func canonicalHost(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ":443")
	switch host {
	case "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com":
		return "docker.io"
	}
	return host
}

// matchHost tells whether pattern, "*.example.com" label by label, matches host.
func matchHost(pattern, host string) bool {
	labels, parts := strings.Split(host, "."), strings.Split(pattern, ".")
	if !strings.Contains(pattern, "*") || len(labels) != len(parts) {
		return false
	}
	for i := range parts {
		if ok, err := path.Match(parts[i], labels[i]); err != nil || !ok {
			return false
		}
	}
	return true
}
