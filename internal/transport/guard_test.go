// SPDX-License-Identifier: Apache-2.0

package transport_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/transport"
)

var (
	strict = transport.Guard{}
	home   = transport.Guard{AllowPrivate: true}
	demo   = transport.Guard{AllowPrivate: true, AllowLoopback: true}
)

func TestGuard_Check(t *testing.T) {
	t.Parallel()
	const (
		never    = iota // by no guard
		loopback        // by demo
		private         // by home and demo
		public          // by all
	)
	for address, want := range map[string]int{
		"8.8.8.8": public, "1.1.1.1": public, "172.32.0.1": public, "100.128.0.1": public, "192.0.1.1": public, "169.253.255.255": public,
		"2606:4700::1111": public, "2a00::1": public,

		"10.0.0.1": private, "172.16.0.1": private, "172.31.255.255": private, "192.168.1.1": private, "100.64.0.1": private,
		"100.127.255.255": private, "198.18.0.1": private, "240.0.0.1": private, "fc00::1": private, "fd12::1": private, "fec0::1": private,

		"127.0.0.1": loopback, "127.255.255.254": loopback, "::1": loopback,

		"0.0.0.0": never, "0.1.2.3": never, "::": never, "169.254.169.254": never, "169.254.0.1": never, "169.254.170.2": never, "169.254.170.23": never,
		"fe80::1": never, "fe80::1%eth0": never, "febf::1": never, "224.0.0.1": never, "239.255.255.255": never, "255.255.255.255": never,
		"ff02::1": never, "168.63.129.16": never, "100.100.100.200": never, "fd00:ec2::254": never, "fd00:ec2::23": never,
		"fd20:ce::254": never, "fd00:c1::a9fe:a9fe": never, "192.0.0.192": never,

		// The same in disguise.
		"::ffff:8.8.8.8": public, "::ffff:10.0.0.1": private, "::ffff:127.0.0.1": loopback, "::ffff:169.254.169.254": never,
		"::ffff:168.63.129.16": never, "::127.0.0.1": loopback, "::169.254.169.254": never, "::10.0.0.1": private,
		"::ffff:0:127.0.0.1": loopback, "::ffff:0:169.254.169.254": never,
		"2002:808:808::1": public, "2002:a00:1::1": private, "2002:7f00:1::": loopback, "2002:a9fe:a9fe::1": never, "2002:6464:64c8::": never,
		"64:ff9b::8.8.8.8": public, "64:ff9b::10.0.0.1": private, "64:ff9b::127.0.0.1": loopback, "64:ff9b::169.254.169.254": never,
		"64:ff9b::a83f:8110":         never,
		"64:ff9b:1:a9fe:a9:fe00::":   never, // prefix of 48 bits
		"64:ff9b:1:a9:fe:a9fe::":     never, // 56
		"64:ff9b:1:1:a9:fea9:fe00:0": never, // 64
		"64:ff9b:1::169.254.169.254": never, // 96
		"64:ff9b:1::10.0.0.1":        private, "64:ff9b:1::8.8.8.8": public, "64:ff9b:1::127.0.0.1": loopback, "64:ff9b:1::": never, "64:ff9b:1:808:8:800::": public,
		"2001:0:a9fe:a9fe::":           never, // Teredo server
		"2001:0:808:808:0:0:5601:5601": never, // Teredo client, inverted
		"2a00::5efe:169.254.169.254":   never, // ISATAP
		"2a00::200:5efe:10.0.0.1":      private,
	} {
		for guard, from := range map[*transport.Guard]int{&strict: public, &home: private, &demo: loopback} {
			err := guard.Check(netip.AddrPortFrom(netip.MustParseAddr(address), 443))
			if (err == nil) != (want >= from) {
				t.Errorf("%s with private=%v loopback=%v: %v", address, guard.AllowPrivate, guard.AllowLoopback, err)
			}
			if refusal := (*transport.Refusal)(nil); err != nil && !errors.As(err, &refusal) {
				t.Errorf("%s: the error is no Refusal: %v", address, err)
			}
		}
	}
}

func TestGuard_Check_deniesMore(t *testing.T) {
	t.Parallel()
	g := demo
	g.Deny = []netip.Prefix{netip.MustParsePrefix("10.96.0.0/12"), netip.MustParsePrefix("8.8.8.8/32")}
	g.DenyAddrPorts = []netip.AddrPort{netip.MustParseAddrPort("192.168.0.1:6443"), netip.MustParseAddrPort("[fd00::1]:443")}
	for address, ok := range map[string]bool{
		"10.96.0.1:443": false, "10.95.0.1:443": true, "8.8.8.8:53": false, "8.8.4.4:53": true, "[::ffff:8.8.8.8]:53": false, "[64:ff9b::8.8.8.8]:53": false,
		"192.168.0.1:6443": false, "192.168.0.1:443": true, "192.168.0.2:6443": true, "[::ffff:192.168.0.1]:6443": false,
		"[64:ff9b::192.168.0.1]:6443": false, "[2002:c0a8:1::]:6443": false, "[fd00::1]:443": false, "[fd00::1%eth0]:443": false, "[fd00::1]:444": true,
	} {
		if err := g.Check(netip.MustParseAddrPort(address)); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestGuard_CheckHost(t *testing.T) {
	t.Parallel()
	for host, ok := range map[string]bool{
		"ghcr.io": true, "ghcr.io:443": true, "h-1.example:5000": true, "a.1b": true, "8.8.8.8": true, "[2a00::1]:443": true, "2a00::1": true,
		"0xcafe.example": true,
		"":               false, ":443": false, "169.254.169.254": false, "169.254.169.254:80": false, "[::ffff:169.254.169.254]:80": false,
		"169.254.169.254.": false, "10.0.0.1:443": false, "[::1]": false, "localhost": false, "LOCALHOST:80": false, "a.localhost.": false,
		"metadata.google.internal": false, "Metadata.Google.Internal.": false, "127.1": false, "2130706433": false, "0x7f000001": false,
		"0x7f.1": false, "0177.0.0.01": false, "1.2.3.4.5": false, "99999999999999999999999": false, "h:port": false, "h:99999": false,
	} {
		if err := strict.CheckHost(host); (err == nil) != ok {
			t.Errorf("%q: %v", host, err)
		}
	}
	if err := demo.CheckHost("localhost:5000"); err != nil {
		t.Errorf("localhost with loopback allowed: %v", err)
	}
}

func TestGuard_DialContext_looksAtTheAddressThatIsDialed(t *testing.T) {
	t.Parallel()
	sentinel, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sentinel.Close()
	var seen atomic.Int32
	go func() {
		for {
			conn, err := sentinel.Accept()
			if err != nil {
				return
			}
			seen.Add(1)
			conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(sentinel.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1"} {
		_, err := home.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		if refusal := (*transport.Refusal)(nil); !errors.As(err, &refusal) || !strings.Contains(refusal.Error(), "this machine") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if seen.Load() != 0 {
		t.Errorf("the sentinel saw %d connections", seen.Load())
	}
	conn, err := demo.DialContext(t.Context(), "tcp", sentinel.Addr().String())
	if err != nil {
		t.Fatalf("an allowed address: %v", err)
	}
	conn.Close()
	if _, err := demo.DialContext(t.Context(), "udp", "127.0.0.1:53"); err == nil {
		t.Error("something else than TCP was dialed")
	}
}
