// SPDX-License-Identifier: Apache-2.0

package credentials

import "strconv"

// An Access is a way of asking a registry: as whom, through what, and how safely.
type Access struct {
	Login    Registry
	TLS      TLS
	Proxy    Proxy
	Insecure bool // allow http
}

// Identity names the way of asking without giving a secret away. What one object was told may be shown to another
// that asks in the same way, and to no other.
func (a Access) Identity() string {
	return identity("access", a.Login.Identity(), a.TLS.Identity(), a.Proxy.Identity(), strconv.FormatBool(a.Insecure))
}
