// SPDX-License-Identifier: Apache-2.0

package gitwire

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// scp matches the short form of an SSH address: user@host:path.
var scp = regexp.MustCompile(`^([A-Za-z0-9_.-]+)@([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([^/].*|/.*)$`)

// parseAddress reads a URL of a repository: https://, http:// when insecure is true, ssh:// and user@host:path. All else
// is refused, and so is a URL that holds a password: it would show where URLs are shown. Errors do not repeat the URL.
func parseAddress(raw string, insecure bool) (*url.URL, error) {
	if parts := scp.FindStringSubmatch(raw); parts != nil && !strings.Contains(raw, "://") {
		return checkAddress(&url.URL{Scheme: "ssh", User: url.User(parts[1]), Host: parts[2], Path: parts[3]}, insecure)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" {
		return nil, badAddress("not a URL")
	}
	return checkAddress(u, insecure)
}

func badAddress(why string) error {
	return fault.Stall(reason.InvalidSpec, errors.New("reading git.url: "+why))
}

func checkAddress(u *url.URL, insecure bool) (*url.URL, error) {
	_, password := u.User.Password()
	switch {
	case u.Scheme == "http" && !insecure:
		return nil, badAddress("http:// sends everything in the clear; use https://, or set git.insecure")
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "ssh":
		return nil, badAddress(fmt.Sprintf("scheme %.20q is not supported; use https:// or ssh://", u.Scheme))
	case password, u.User != nil && u.Scheme != "ssh":
		return nil, badAddress("it holds a user name or a password; put them into a Secret and name it in git.secretRef")
	case u.Hostname() == "":
		return nil, badAddress("it names no host")
	case strings.HasPrefix(u.Hostname(), "-") || strings.HasPrefix(u.User.Username(), "-"):
		return nil, badAddress("a host or a user does not begin with a dash")
	case strings.Trim(u.Path, "/") == "":
		return nil, badAddress("it names no repository")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, badAddress("it has a query or a fragment")
	case strings.ContainsFunc(u.Path, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return nil, badAddress("its path holds a control character")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}
