// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fairlead-dev/fairlead/internal/fault"
)

// A Guard says which addresses may be dialed. The zero Guard allows public ones alone.
//
// Link-local, multicast and unspecified addresses and the metadata addresses of clouds are never dialed, whatever
// the fields say, and in no disguise: IPv4-mapped, 6to4, NAT64, Teredo, ISATAP. A Guard is safe for concurrent use.
type Guard struct {
	AllowPrivate  bool             // RFC 1918, carrier-grade NAT, unique local addresses
	AllowLoopback bool             // 127.0.0.0/8 and ::1
	Deny          []netip.Prefix   // refused all the same
	DenyAddrPorts []netip.AddrPort // the addresses of the API server
	Resolver      *net.Resolver    // nil: the system's
}

// A Refusal is a request that was not made: its address, scheme, redirect or target is not allowed.
type Refusal struct{ text string }

// Error says what was refused and which setting would allow it.
func (r *Refusal) Error() string { return r.text }

func refuse(format string, args ...any) error {
	return &Refusal{text: fault.Line(fmt.Sprintf(format, args...))}
}

// Check returns nil when to may be dialed, else a *Refusal.
func (g Guard) Check(to netip.AddrPort) error {
	addr := to.Addr()
	if !addr.IsValid() {
		return refuse("an address that is no IP address is refused")
	}
	for _, form := range forms(addr) {
		if within(form, g.Deny) {
			return refuse("the address %s is denied (--deny-cidr)", addr)
		}
		for _, denied := range g.DenyAddrPorts {
			if denied.Port() == to.Port() && denied.Addr().Unmap().WithZone("") == form {
				return refuse("the address %s is the API server's", to)
			}
		}
	}
	switch reachOf(addr) {
	case never:
		return refuse("the address %s is link-local, multicast, unspecified or a metadata service, and never asked", addr)
	case loopback:
		if !g.AllowLoopback {
			return refuse("the address %s is this machine's own (--allow-loopback is off)", addr)
		}
	case private:
		if !g.AllowPrivate {
			return refuse("the address %s is private, which is not allowed here", addr)
		}
	case public:
	}
	return nil
}

// CheckHost judges a host by what is written, "host" or "host:port", before any name is resolved. It is all that
// can be checked of a target behind a proxy. A name that is no disguised address passes.
func (g Guard) CheckHost(hostport string) error {
	host, port := hostport, uint64(0)
	if h, p, err := net.SplitHostPort(hostport); err == nil {
		host = h
		if port, err = strconv.ParseUint(p, 10, 16); err != nil {
			return refuse("%q has no port that is a number", hostport)
		}
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.Check(netip.AddrPortFrom(addr, uint16(port)))
	}
	switch last := host[strings.LastIndexByte(host, '.')+1:]; {
	case host == "":
		return refuse("an address without a host is refused")
	case host == "metadata.google.internal":
		return refuse("%s is a metadata service, and never asked", host)
	case last == "localhost" && !g.AllowLoopback:
		return refuse("%s is this machine itself (--allow-loopback is off)", host)
	case isNumber(last):
		// "127.1", "2130706433", "0x7f.1": some resolvers and proxies take these for addresses.
		return refuse("the address %s is not written as four numbers", host)
	}
	return nil
}

// isNumber tells whether a lenient resolver would read label as part of an IPv4 address.
func isNumber(label string) bool {
	_, err := strconv.ParseUint(label, 0, 64)
	return err == nil || (label != "" && strings.Trim(label, "0123456789") == "")
}

// DialContext dials like a net.Dialer, and looks at each address after names are resolved and before the first
// packet is sent. A refused address is a *Refusal in the chain of the error.
func (g Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, Resolver: g.Resolver, Control: g.control}
	return d.DialContext(ctx, network, address)
}

func (g Guard) control(network, address string, _ syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return refuse("the network %s is not TCP", network)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return refuse("an address that is no IP address is refused")
	}
	return g.Check(to)
}

// outward is g for hosts that a public host sent us to.
func (g Guard) outward() Guard {
	g.AllowPrivate, g.AllowLoopback = false, false
	return g
}
