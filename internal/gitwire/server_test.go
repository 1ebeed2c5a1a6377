// SPDX-License-Identifier: Apache-2.0

package gitwire_test

import (
	"github.com/fairlead-dev/fairlead/internal/fixture/gitserver"
)

// The servers of these tests, under short names.
var (
	git      = gitserver.Git
	gitWith  = gitserver.GitWith
	bare     = gitserver.Bare
	write    = gitserver.Write
	parse    = gitserver.Parse
	backend  = gitserver.Backend
	version0 = gitserver.Version0
	locked   = gitserver.Locked
	start    = gitserver.Start
	startSSH = gitserver.StartSSH
)

type journal = gitserver.Journal
