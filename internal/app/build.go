// SPDX-License-Identifier: Apache-2.0

package app

import (
	"runtime"
	"runtime/debug"
)

// version is set when a release is built: -ldflags "-X …/internal/app.version=v0.1.0".
var version = "dev"

// A Build says which one this is.
type Build struct{ Version, Commit, Go string }

// ThisBuild returns the version, the commit it was built from, and Go's own version.
func ThisBuild() Build {
	b := Build{Version: version, Commit: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Commit = s.Value
		}
	}
	return b
}
