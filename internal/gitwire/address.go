// SPDX-License-Identifier: Apache-2.0

package gitwire

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// parseAddress reads a URL of a repository: https://, or http:// when insecure is true. Everything else is refused,
// and so is a URL that holds a password: it would show where URLs are shown. Errors do not repeat the URL.
func parseAddress(raw string, insecure bool) (*url.URL, error) {
	refuse := func(why string) (*url.URL, error) {
		return nil, fault.Stall(reason.InvalidSpec, errors.New("reading git.url: "+why))
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" {
		return refuse("not a URL")
	}
	switch {
	case u.Scheme == "http" && !insecure:
		return refuse("http:// sends everything in the clear; use https://, or set git.insecure")
	case u.Scheme == "ssh" || u.Scheme == "" && strings.Contains(raw, "@"):
		return refuse("SSH is not available yet; use https://")
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse(fmt.Sprintf("scheme %.20q is not supported; use https://", u.Scheme))
	case u.User != nil:
		return refuse("it holds a user name or a password; put them into a Secret and name it in git.secretRef")
	case u.Hostname() == "":
		return refuse("it names no host")
	case strings.Trim(u.Path, "/") == "":
		return refuse("it names no repository")
	case u.RawQuery != "" || u.Fragment != "":
		return refuse("it has a query or a fragment")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}
