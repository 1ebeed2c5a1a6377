// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/app"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which build this is",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			build := app.ThisBuild()
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "fairlead %s\ncommit   %s\ngo       %s\n", build.Version, build.Commit, build.Go)
			return err
		},
	}
}
