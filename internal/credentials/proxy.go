// SPDX-License-Identifier: Apache-2.0

package credentials

import (
	"net/url"
	"strings"
)

// A Proxy is the HTTP proxy that requests go through. The zero Proxy is none.
type Proxy struct {
	Address  string // http://host:port or https://host:port, without user info
	Username Text
	Password Text
}

// Identity names the proxy and its login without giving it away: empty for the zero Proxy.
func (p Proxy) Identity() string {
	if p == (Proxy{}) {
		return ""
	}
	return identity("proxy", p.Address, p.Username.content, p.Password.content)
}

// URL returns the address with the login in it, to be sent and not to be printed; nil for the zero Proxy.
func (p Proxy) URL() *url.URL {
	u, err := url.Parse(p.Address)
	if p == (Proxy{}) || err != nil {
		return nil
	}
	if !p.Username.Empty() {
		u.User = url.UserPassword(p.Username.content, p.Password.content)
	}
	return u
}

// ProxyFrom reads address, username and password. An address that is no http or https URL of a host alone is a
// transient fault with reason SecretInvalid.
func ProxyFrom(s Secret) (Proxy, error) {
	if err := s.checkSizes(); err != nil {
		return Proxy{}, err
	}
	address, username, password := s.line("address"), s.line("username"), s.line("password")
	u, err := url.Parse(address)
	switch {
	case address == "":
		return Proxy{}, s.invalid("the key address is missing or empty")
	case err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return Proxy{}, s.invalid("the key address is not http://host:port or https://host:port")
	case u.User != nil:
		return Proxy{}, s.invalid("the key address has a login; put it into username and password")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return Proxy{}, s.invalid("the key address has more than a host and a port")
	case password != "" && username == "":
		return Proxy{}, s.invalid("password is given without username")
	}
	return Proxy{Address: u.Scheme + "://" + u.Host, Username: NewText(username), Password: NewText(password)}, nil
}
