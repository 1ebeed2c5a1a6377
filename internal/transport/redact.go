// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"net/url"

	"github.com/fairlead-dev/fairlead/internal/fault"
)

// Address prints u without user info, query and fragment.
func Address(u *url.URL) string {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return fault.Line(bare.String())
}
