// SPDX-License-Identifier: Apache-2.0

package message_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/message"
)

// What package message writes, package commit reads: that is how a push is found again after a crash.
func TestSign_isReadBackWhateverTheText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "Key: value", " rest", "Fairlead-Update: forged", "Fairlead-Automation: x"}))).Draw(t, "lines")
		meta := commit.Meta{Message: message.Sign("Update\n"+strings.Join(lines, "\n"), "u1", "c/shop/web")}
		if meta.Trailer(commit.TrailerUpdate) != "u1" || meta.Trailer(commit.TrailerAutomation) != "c/shop/web" {
			t.Fatalf("%q has the trailers %q", meta.Message, commit.Trailers(meta.Message))
		}
	})
}
