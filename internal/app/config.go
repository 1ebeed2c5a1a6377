// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
)

// A Config is what the flags of "fairlead controller" say.
type Config struct {
	Kubeconfig              string
	MetricsAddr, HealthAddr string // "0" turns it off
	StoragePath             string // empty: a temporary folder
	LeaderElection          bool
	Concurrency             int
	WatchNamespace          string // separated by commas; empty: all
	WatchLabelSelector      string
	NoCrossNamespaceRefs    bool
	AllowPrivateNetworks    bool
	AllowLoopback           bool
	DenyCIDRs               []string
	ClusterName             string
	RegistryQPS             float64
	RegistryBurst           int
	LogLevel, LogEncoding   string
	// Failpoint is called between the steps of a write. Test binaries set it; it is no flag.
	Failpoint func(step string)
}

// DefaultConfig returns the defaults of the flags.
func DefaultConfig() Config {
	return Config{MetricsAddr: ":8080", HealthAddr: ":8081", Concurrency: 4, NoCrossNamespaceRefs: true,
		RegistryQPS: 10, RegistryBurst: 20, LogLevel: "info", LogEncoding: "json"}
}

// Validate returns an error that names the flag and the remedy.
func (c Config) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Concurrency < 1 {
		fail("--concurrency is %d; at least 1", c.Concurrency)
	}
	if !(c.RegistryQPS > 0) || c.RegistryBurst < 1 { // "NaN" is a number to the flag, too
		fail("--registry-qps and --registry-burst have to be positive")
	}
	if _, err := c.selector(); err != nil {
		errs = append(errs, err)
	}
	if c.ClusterName != "" && (len(c.ClusterName) > maxClusterName || !clusterGrammar.MatchString(c.ClusterName)) {
		fail("--cluster-name is %.80q; at most %d letters, digits, dots and dashes, with a letter or digit at both ends", c.ClusterName, maxClusterName)
	}
	if _, err := c.deny(); err != nil {
		errs = append(errs, err)
	}
	switch c.LogLevel {
	case "debug", "info", "error":
	default:
		fail("--log-level is %q; one of debug, info, error", c.LogLevel)
	}
	switch c.LogEncoding {
	case "json", "console":
	default:
		fail("--log-encoding is %q; json or console", c.LogEncoding)
	}
	return errors.Join(errs...)
}

// A cluster's name stands in trailers and branch names.
const maxClusterName = 63

var clusterGrammar = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// selector returns which objects are watched.
func (c Config) selector() (labels.Selector, error) {
	selector, err := labels.Parse(c.WatchLabelSelector)
	if err != nil {
		return nil, fmt.Errorf("--watch-label-selector is not a label selector: %w", err)
	}
	return selector, nil
}

// namespaces returns those that are watched; none means all.
func (c Config) namespaces() []string {
	return strings.FieldsFunc(c.WatchNamespace, func(r rune) bool { return r == ',' || r == ' ' })
}

// deny returns the address ranges that are never connected to.
func (c Config) deny() ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range c.DenyCIDRs {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("--deny-cidr %q is not an address range such as 10.0.0.0/8", text)
		}
		all = append(all, prefix)
	}
	return all, nil
}
