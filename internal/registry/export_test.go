// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"time"

	"github.com/fairlead-dev/fairlead/internal/image"
)

// SpeakPlain makes c know that host speaks http, as it would after having tried.
func SpeakPlain(c *Client, host string) { c.schemes.learn(host, "http") }

// SeenLongAgo makes the registry's word that it has a digest an old one.
func SeenLongAgo(c *Client, name image.Name, digest image.Digest) {
	c.verified.put(digestKey(name, digest), time.Time{})
}

// ReadPage is readPage for tests.
var ReadPage = readPage
