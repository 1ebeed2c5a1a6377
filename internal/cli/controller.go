// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/app"
)

func newController(p Program) *cobra.Command {
	c := app.DefaultConfig()
	c.Failpoint = p.Failpoint
	cmd := &cobra.Command{
		Use:   "controller",
		Short: "Run the controller",
		Long: "Runs the controller until it is told to stop. It reads ImageRepositories, ImagePolicies and\n" +
			"UpdateAutomations from the cluster and carries them out.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.Validate(); err != nil {
				return usageError{err}
			}
			return app.Run(cmd.Context(), c, cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Kubeconfig, "kubeconfig", c.Kubeconfig, "kubeconfig file (default: in-cluster, else $KUBECONFIG)")
	f.StringVar(&c.MetricsAddr, "metrics-addr", c.MetricsAddr, "address of the metrics; 0 turns them off")
	f.StringVar(&c.HealthAddr, "health-addr", c.HealthAddr, "address of /healthz and /readyz; 0 turns them off")
	f.StringVar(&c.StoragePath, "storage-path", c.StoragePath, "folder for scans and Git mirrors, which may be deleted at any time (default: a temporary one)")
	f.BoolVar(&c.LeaderElection, "leader-election", c.LeaderElection, "let only one of several replicas work")
	f.IntVar(&c.Concurrency, "concurrency", c.Concurrency, "how many objects of a kind are worked on at once")
	f.StringVar(&c.WatchNamespace, "watch-namespace", c.WatchNamespace, "namespaces to look at, separated by commas (default: all)")
	f.StringVar(&c.WatchLabelSelector, "watch-label-selector", c.WatchLabelSelector, "labels that an object must have to be looked at (default: none)")
	f.BoolVar(&c.NoCrossNamespaceRefs, "no-cross-namespace-refs", c.NoCrossNamespaceRefs, "refuse references to objects of other namespaces")
	f.BoolVar(&c.AllowPrivateNetworks, "allow-private-networks", c.AllowPrivateNetworks, "let registries and Git servers be on private networks")
	f.BoolVar(&c.AllowLoopback, "allow-loopback", c.AllowLoopback, "let registries and Git servers be on this machine")
	f.StringSliceVar(&c.DenyCIDRs, "deny-cidr", c.DenyCIDRs, "address ranges that are never connected to")
	f.StringVar(&c.ClusterName, "cluster-name", c.ClusterName, "name of this cluster in commit trailers (default: from the UID of namespace kube-system)")
	f.Float64Var(&c.RegistryQPS, "registry-qps", c.RegistryQPS, "requests per second to one registry host")
	f.IntVar(&c.RegistryBurst, "registry-burst", c.RegistryBurst, "requests to one registry host that may come at once")
	f.StringVar(&c.LogLevel, "log-level", c.LogLevel, "debug, info or error")
	f.StringVar(&c.LogEncoding, "log-encoding", c.LogEncoding, "json or console")
	return cmd
}
