// SPDX-License-Identifier: Apache-2.0

package transport

import "net/netip"

// A reach is how far an address goes, from the most guarded up.
type reach uint8

const (
	never    reach = iota // no registry, forge or Git server lives there: metadata services, link-local, multicast
	loopback              // this machine
	private               // this network
	public
)

// neverPrefixes are dialed under no setting. The single addresses are where clouds keep the credentials of the
// machine itself.
var neverPrefixes = prefixes(
	"0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/4", "255.255.255.255/32",
	"168.63.129.16/32", "100.100.100.200/32",
	"::/128", "fe80::/10", "ff00::/8",
	"fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128", "fd00:c1::a9fe:a9fe/128",
)

var loopbackPrefixes = prefixes("127.0.0.0/8", "::1/128")

// privatePrefixes also hold the ranges for carriers, benchmarks and "future use", which people route at home.
var privatePrefixes = prefixes(
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "240.0.0.0/4",
	"fc00::/7", "fec0::/10",
)

// The ranges of IPv6 that lead to an IPv4 address written inside them.
var (
	compatible = netip.MustParsePrefix("::/96")                    // a.b.c.d in the last 32 bits, long deprecated
	translated = netip.MustParsePrefix("::ffff:0:0:0/96")          // stateless translation
	sixToFour  = netip.MustParsePrefix("2002::/16")                // in bits 16 to 47
	nat64      = netip.MustParsePrefix("64:ff9b::/96")             // in the last 32 bits
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")           // wherever the network's own prefix length puts it
	teredo     = netip.MustParsePrefix("2001::/32")                // server in bits 32 to 63, client inverted at the end
	isatap     = [][4]byte{{0, 0, 0x5e, 0xfe}, {2, 0, 0x5e, 0xfe}} // before the last 32 bits, in any network
)

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// reachOf returns the least reach of addr and of every IPv4 address inside it.
func reachOf(addr netip.Addr) reach {
	least := public
	for _, a := range forms(addr) {
		least = min(least, plainReach(a))
	}
	return least
}

// plainReach looks at addr as it is written.
func plainReach(addr netip.Addr) reach {
	switch {
	case within(addr, neverPrefixes):
		return never
	case within(addr, loopbackPrefixes):
		return loopback
	case within(addr, privatePrefixes):
		return private
	default:
		return public
	}
}

// forms returns addr without its zone, and the IPv4 addresses it may stand for. An IPv4-mapped one is returned
// as IPv4 alone: it is nothing else.
func forms(addr netip.Addr) []netip.Addr {
	addr = addr.Unmap().WithZone("")
	list := []netip.Addr{addr}
	if addr.Is4() {
		return list
	}
	b := addr.As16()
	at := func(i, j, k, l int) { list = append(list, netip.AddrFrom4([4]byte{b[i], b[j], b[k], b[l]})) }
	switch {
	case compatible.Contains(addr) && b[12]|b[13] != 0: // ::1 and its neighbors are not written-out IPv4
		at(12, 13, 14, 15)
	case translated.Contains(addr), nat64.Contains(addr):
		at(12, 13, 14, 15)
	case sixToFour.Contains(addr):
		at(2, 3, 4, 5)
	case localNAT64.Contains(addr):
		list = append(list, localForms(b)...)
	case teredo.Contains(addr):
		at(4, 5, 6, 7)
		list = append(list, netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}))
	}
	for _, mark := range isatap {
		if [4]byte(b[8:12]) == mark {
			at(12, 13, 14, 15)
		}
	}
	return list
}

// localForms returns the IPv4 addresses that b stands for under prefixes of 48, 56, 64 and 96 bits, byte 8 left out:
// which one the network uses is not known. Where a reading begins with 0 the prefix is another one; when all do, it
// is 0.0.0.0.
func localForms(b [16]byte) []netip.Addr {
	var list []netip.Addr
	for _, at := range [][4]int{{6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}, {12, 13, 14, 15}} {
		if b[at[0]] != 0 {
			list = append(list, netip.AddrFrom4([4]byte{b[at[0]], b[at[1]], b[at[2]], b[at[3]]}))
		}
	}
	if list == nil {
		list = append(list, netip.IPv4Unspecified())
	}
	return list
}

func within(addr netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
