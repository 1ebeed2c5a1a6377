// SPDX-License-Identifier: Apache-2.0

package credentials

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"strings"
)

// Git is how to log in to a Git server, and whom to trust there. The zero value logs in as nobody and trusts the
// authorities of the system. At most one way of logging in is set.
type Git struct {
	Username string // over HTTP: with Password
	Password Text
	Bearer   Text // over HTTP: a token sent as it is

	Identity   Text   // over SSH: a private key, PEM
	Passphrase Text   // of Identity; empty: it has none
	KnownHosts string // the server keys that are believed, as in a known_hosts file; never empty with Identity

	Authorities string // certificates that are believed beside the system's, PEM
}

// ParseGit reads a Secret with username and password, or bearerToken, or identity and known_hosts (and password, its
// passphrase); each with an optional ca.crt. Other keys are passed over.
//
// A Secret that mixes them, lacks a part or holds a value that cannot be used is a transient fault, SecretInvalid,
// that names the key. So is the key of a GitHub App, which is not available yet. Whether Identity can be decrypted is
// found out by who uses it.
func ParseGit(s Secret) (Git, error) {
	value := func(key string) string { return string(s.Data[key]) }
	for _, key := range []string{"username", "password", "bearerToken", "identity", "known_hosts", "ca.crt"} {
		if len(s.Data[key]) > maxValue {
			return Git{}, s.invalid("%s has %d bytes, at most %d are read", key, len(s.Data[key]), maxValue)
		}
	}
	for _, key := range []string{"githubAppID", "githubAppInstallationID", "githubAppPrivateKey"} {
		if len(s.Data[key]) > 0 {
			return Git{}, s.invalid("%s: logging in as a GitHub App is not available yet; use username and password, bearerToken, or identity", key)
		}
	}
	g := Git{Authorities: value("ca.crt")}
	if g.Authorities != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(g.Authorities)) {
		return Git{}, s.invalid("ca.crt holds no certificate in PEM")
	}
	var err error
	switch {
	case value("identity") != "":
		err = g.withIdentity(value("identity"), value("password"), value("known_hosts"), value("bearerToken"))
	case value("bearerToken") != "":
		err = g.withBearer(trimLine(value("bearerToken")), value("username"), value("password"))
	default:
		err = g.withPassword(trimLine(value("username")), trimLine(value("password")))
	}
	if err != nil {
		return Git{}, s.invalid("%w", err)
	}
	return g, nil
}

func (g *Git) withIdentity(identity, passphrase, knownHosts, bearer string) error {
	if bearer != "" {
		return errors.New("it holds both identity and bearerToken; keep one")
	}
	if block, _ := pem.Decode([]byte(identity)); block == nil {
		return errors.New("identity is not a private key in PEM")
	}
	if strings.TrimSpace(knownHosts) == "" {
		return errors.New("known_hosts is missing; the key of an unknown server is never believed")
	}
	g.Identity, g.Passphrase, g.KnownHosts = NewText(identity), NewText(trimLine(passphrase)), knownHosts
	return nil
}

func (g *Git) withBearer(token, username, password string) error {
	if username != "" || password != "" {
		return errors.New("it holds both bearerToken and username or password; keep one")
	}
	if !printable(token) {
		return errors.New("bearerToken holds a character that cannot be sent")
	}
	g.Bearer = NewText(token)
	return nil
}

func (g *Git) withPassword(username, password string) error {
	switch {
	case username == "" && password == "" && g.Authorities != "":
		return nil // a private authority and nobody to log in as
	case password == "":
		return errors.New("it holds none of password, bearerToken and identity")
	case username == "":
		return errors.New("username is missing; with a token as password any name will often do, git for example")
	case strings.Contains(username, ":") || !printable(username):
		return errors.New("username holds a character that cannot be sent")
	}
	g.Username, g.Password = username, NewText(password)
	return nil
}

// trimLine takes off the line end that editors and echo add.
func trimLine(s string) string { return strings.TrimRight(s, "\r\n") }

// printable tells whether s can stand in a header.
func printable(s string) bool {
	for _, r := range s {
		if r <= ' ' || r == 0x7f {
			return false
		}
	}
	return true
}

// Digest tells logins apart: two are equal only if everything in them is. It is made of secrets, so it must be
// keyed before it is written anywhere.
func (g Git) Digest() [32]byte {
	h := sha256.New()
	for _, part := range []string{g.Username, g.Password.Reveal(), g.Bearer.Reveal(), g.Identity.Reveal(), g.Passphrase.Reveal(), g.KnownHosts, g.Authorities} {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return [32]byte(h.Sum(nil))
}

// Secrets returns what must not show in any text: the contents of g's secrets, none of them empty.
// It is for those who clean the words of a server.
func (g Git) Secrets() []Text {
	var all []Text
	for _, t := range []Text{g.Identity, g.Password, g.Bearer, g.Passphrase} {
		if !t.Empty() {
			all = append(all, t)
		}
	}
	return all
}
