// SPDX-License-Identifier: Apache-2.0

package registry

// SpeakPlain makes c know that host speaks http, as it would after having tried.
func SpeakPlain(c *Client, host string) { c.schemes.learn(host, "http") }

// ReadPage is readPage for tests.
var ReadPage = readPage
