// SPDX-License-Identifier: Apache-2.0

package message_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/message"
)

func TestSign(t *testing.T) {
	t.Parallel()
	const trailers = "Fairlead-Update: u1\nFairlead-Automation: c/shop/web\n"
	for _, tc := range []struct{ name, why, text, want string }{
		{"follows a subject after a blank line", "the subject is no trailer", "Update web", "Update web\n\n" + trailers},
		{"follows a body after a blank line", "the body is none either", "Update web\n\n- a change", "Update web\n\n- a change\n\n" + trailers},
		{"joins the trailers of a template", "Git reads the last paragraph alone", "Update web\n\nSigned-off-by: Ann <a@b.c>", "Update web\n\nSigned-off-by: Ann <a@b.c>\n" + trailers},
		{"stays apart from what only looks like trailers", "package commit would find none in such a block", "Update web\n\nKey: value\n\tmore", "Update web\n\nKey: value\n\tmore\n\n" + trailers},
		{"takes the force of a forged trailer", "a template is not who recognizes an update", "Update web\n\nfairlead-update: x", "Update web\n\n- fairlead-update: x\n\n" + trailers},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, message.Sign(tc.text, "u1", "c/shop/web")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

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
