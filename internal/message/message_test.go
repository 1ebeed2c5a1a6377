// SPDX-License-Identifier: Apache-2.0

package message_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/message"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// move makes a move of ghcr.io/acme/NAME; versions are "tag" or "tag@digest".
func move(name, from, to string, files ...string) plan.Move {
	ref := func(version string) image.Ref {
		tag, digest, _ := strings.Cut(version, "@")
		return image.Ref{Name: image.Name{Registry: "ghcr.io", Repository: "acme/" + name}, Tag: tag, Digest: image.Digest(digest)}
	}
	return plan.Move{Policy: site.Policy{Namespace: "shop", Name: name}, From: ref(from), To: ref(to), Files: files}
}

func input(moves ...plan.Move) message.Input {
	return message.Input{Automation: site.Policy{Namespace: "shop", Name: "fleet"}, Moves: moves}
}

const digest = "sha256:ea566e8a6c55786ac83053e941bf0c1c46d9ad8d9d307ebf64b79307982b656b"

func TestCommit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		in        message.Input
		template  string
		want      string
	}{
		{"says which image goes where", "the subject is what people read", input(move("web", "1.4.1", "1.4.2", "a.yaml")), "",
			"Update ghcr.io/acme/web to 1.4.2\n\n- ghcr.io/acme/web: 1.4.1 -> 1.4.2 (a.yaml)"},
		{"says so when it comes from several versions", "it is one image and one goal",
			input(move("web", "1.4.0", "1.4.2", "a.yaml"), move("web", "1.4.1", "1.4.2", "b.yaml", "c.yaml", "d.yaml", "e.yaml")), "",
			"Update ghcr.io/acme/web to 1.4.2\n\n- ghcr.io/acme/web: 1.4.0 -> 1.4.2 (a.yaml)\n- ghcr.io/acme/web: 1.4.1 -> 1.4.2 (b.yaml, c.yaml, d.yaml and 1 more)"},
		{"counts several images", "a list does not fit a subject", input(move("api", "2.0", "2.1", "a.yaml"), move("web", "1.4.1", "1.4.2", "a.yaml")), "",
			"Update 2 images in 1 file\n\n- ghcr.io/acme/api: 2.0 -> 2.1 (a.yaml)\n- ghcr.io/acme/web: 1.4.1 -> 1.4.2 (a.yaml)"},
		{"cuts digests short", "the diff has them whole", input(move("web", "1.4.1", "1.4.2@"+digest, "a.yaml")), "",
			"Update ghcr.io/acme/web to 1.4.2\n\n- ghcr.io/acme/web: 1.4.1 -> 1.4.2@sha256:ea566e8a6c55 (a.yaml)"},
		{"does without a tag", "a digest is enough", input(move("web", "", "@"+digest, "a.yaml")), "",
			"Update ghcr.io/acme/web to sha256:ea566e8a6c55\n\n- ghcr.io/acme/web: sha256:ea566e8a6c55 (a.yaml)"},
		{"makes text of strangers one line", "a tag in a file can be anything",
			input(move("web", "1\r\nFairlead-Update: x\n\x1b[31m", "1.4.2", "a\nb.yaml")), "",
			"Update ghcr.io/acme/web to 1.4.2\n\n- ghcr.io/acme/web: 1 Fairlead-Update: x [31m -> 1.4.2 (a b.yaml)"},
		{"runs a template", "a house has its own style",
			message.Input{Automation: site.Policy{Namespace: "shop", Name: "fleet"}, Values: map[string]string{"team": "web"},
				Moves: []plan.Move{move("web", "1.4.1", "1.4.2@"+digest, "a.yaml", "b.yaml")}},
			`chore({{.Values.team}}): {{range .Changes}}{{.Policy}} {{.Image}} {{.From}} {{.To.Tag}} {{short .To.Digest}} {{join ", " .Files}}{{end}} by {{.Automation.Name}}{{.Values.none}}`,
			"chore(web): shop/web ghcr.io/acme/web 1.4.1 1.4.2 sha256:ea566e8a6c55 a.yaml, b.yaml by fleet"},
		{"cleans what a template makes", "Git takes LF and no control characters", input(), "\n\n  one \t\r\ntwo\x07\x1b[2J\rthree\n\n\n", "  one\ntwo[2J\nthree"},
		{"takes away what could be read as our trailers", "they tell whether an update happened", input(),
			"Subject\n\nFairlead-Update: 1\n  FAIRLEAD-automation : x\nnote Fairlead-Update: 2\n",
			"Subject\n\n- Fairlead-Update: 1\n- FAIRLEAD-automation : x\nnote Fairlead-Update: 2"},
		{"falls back when a template makes nothing", "a commit has a subject", input(move("web", "1.4.1", "1.4.2", "a.yaml")), "{{if false}}x{{end}}\n",
			"Update ghcr.io/acme/web to 1.4.2\n\n- ghcr.io/acme/web: 1.4.1 -> 1.4.2 (a.yaml)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.in.Template = tc.template
			got, err := message.Commit(tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestCommit_manyChanges(t *testing.T) {
	t.Parallel()
	var moves []plan.Move
	for i := range 5000 {
		moves = append(moves, move(fmt.Sprintf("app%d", i), "1.4.1", "1.4.2", "a.yaml", fmt.Sprintf("%d.yaml", i)))
	}
	text, err := message.Commit(input(moves...))
	if err != nil || len(text) > message.MaxBytes || !strings.HasPrefix(text, "Update 5000 images in 5001 files\n\n") || !strings.Contains(text, " more") {
		t.Errorf("%d bytes, %v: %s … %s", len(text), err, text[:60], text[len(text)-60:])
	}
}

// TestCommit_limits runs templates that would take all memory or never end.
func TestCommit_limits(t *testing.T) {
	t.Parallel()
	files := make([]string, 1000)
	for i := range files {
		files[i] = fmt.Sprintf("clusters/prod/%d.yaml", i)
	}
	in := input(move("web", "1.4.1", "1.4.2", files...), move("api", "1", "2", files...))
	for _, tc := range []struct{ name, template, want string }{
		{"output", "{{range 100000}}a line of text\n{{end}}", "more than 65536 bytes"},
		{"output of all at once", "{{range 100}}{{$.Changes}}{{end}}", "more than 65536 bytes"},
		{"a loop without output", "{{range 1000000000}}{{end}}", "runs too long"},
		{"loops in loops", "{{range 100000}}{{range 100000}}{{end}}{{end}}", "runs too long"},
		{"loops in a branch", "{{if true}}{{with 1}}{{range 1000000000}}{{end}}{{end}}{{end}}", "runs too long"},
		{"loops that earn", "{{range 1000000000}}{{spend -1000}}{{end}}", "runs too long"},
		{"a template that calls itself", `{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`, "runs too long"},
		{"text that doubles", `{{$x := "0123456789"}}{{range 100}}{{$x = print $x $x}}{{end}}`, "more than 65536 bytes"},
		{"text that is replaced", `{{$x := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}{{range 9}}{{$x = replace "a" $x $x}}{{end}}`, "more than 65536 bytes"},
		{"text that is made again and again", `{{$x := "0123456789"}}{{range 12}}{{$x = print $x $x}}{{end}}{{range 100000}}{{$y := upper $x}}{{end}}`, "runs too long"},
		{"a wide number", `{{$x := printf "%999999d" 1}}`, "more than 65536 bytes"},
		{"a width by argument", `{{$x := printf "%*d" 999999 1}}`, "more than 65536 bytes"},
		{"a large thing printed", `{{$x := print .Changes}}`, "cannot be printed"},
		{"a large thing escaped", `{{$x := html .Changes}}`, "not available"},
		{"its own length", strings.Repeat("x", message.MaxTemplate+1), "longer than 4096"},
		{"what is not there", "{{.Secret}}", "can't evaluate field Secret"},
		{"what cannot be parsed", "{{range}}", "missing value for range"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in := in
			in.Template = tc.template
			if text, err := message.Commit(in); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %d bytes and %v, want %q", len(text), err, tc.want)
			}
		})
	}
	in.Template = `{{range .Changes}}{{range .Files}}{{.}}` + "\n" + `{{end}}{{end}}`
	if _, err := message.Commit(in); err != nil {
		t.Errorf("two thousand lines are fine: %v", err)
	}
	in.Template = strings.Repeat("ü", message.MaxTemplate)
	if err := message.Check(in.Template); err != nil {
		t.Errorf("at the limit of characters: %v", err)
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, why, text, want string }{
		{"starts a block of its own", "Git reads the last paragraph", "Subject\n\nBody", "Subject\n\nBody\n\nFairlead-Update: id\nFairlead-Automation: prod/shop/web\n"},
		{"follows a subject after a blank line", "the subject is no trailer", "fix: it", "fix: it\n\nFairlead-Update: id\nFairlead-Automation: prod/shop/web\n"},
		{"joins a block that is there", "else Git would not read that one", "Subject\n\nSigned-off-by: A <a@b>\n folded\nRefs: 1\n",
			"Subject\n\nSigned-off-by: A <a@b>\n folded\nRefs: 1\nFairlead-Update: id\nFairlead-Automation: prod/shop/web\n"},
		{"does not join a text", "one line of it is no trailer", "Subject\n\nNote: x\nmore", "Subject\n\nNote: x\nmore\n\nFairlead-Update: id\nFairlead-Automation: prod/shop/web\n"},
		{"stays apart from what only looks like trailers", "package commit would find none in such a block", "Subject\n\nKey: value\n\tmore", "Subject\n\nKey: value\n\tmore\n\nFairlead-Update: id\nFairlead-Automation: prod/shop/web\n"},
		{"takes forged trailers away", "ours are the only ones", "Subject\n\nFairlead-Update: other", "Subject\n\n- Fairlead-Update: other\n\nFairlead-Update: id\nFairlead-Automation: prod/shop/web\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, message.Sign(tc.text, "id", "prod/shop/web")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
	if got := message.Sign("S", "id", "prod\nFairlead-Update: x/shop/web"); strings.Count(got, "\n") != 4 {
		t.Errorf("a name with a line end makes lines: %q", got)
	}
}

// FuzzCommit checks that whatever strangers write, a commit has exactly our two trailers, each once and last, and no
// control characters.
func FuzzCommit(f *testing.F) {
	f.Add("1.4.1", "a.yaml", "{{range .Changes}}{{.From}}\n\n{{.Files}}{{end}}{{.Values.v}}", "Fairlead-Update: x")
	f.Add("1\nFairlead-Automation: x", "\u2028Fairlead-Update: y", "", "")
	f.Add("x", "x", "{{.Values.v}}\n\n{{.Values.v}}", "fairlead-update:\r\x0bFairlead-Update\u0085: z")
	f.Fuzz(func(t *testing.T, tag, file, template, value string) {
		in := input(move("web", tag, "1.4.2", file))
		in.Template, in.Values = template, map[string]string{"v": value}
		text, err := message.Commit(in)
		if err != nil {
			return
		}
		signed := message.Sign(text, "id", "prod/shop/web")
		const ours = "\nFairlead-Update: id\nFairlead-Automation: prod/shop/web\n"
		if !strings.HasSuffix(signed, ours) || !utf8.ValidString(signed) {
			t.Fatalf("%q does not end with our trailers", signed)
		}
		meta, count := commit.Meta{Message: signed}, 0
		for _, trailer := range commit.Trailers(signed) {
			if strings.HasPrefix(strings.ToLower(trailer.Key), "fairlead-") {
				count++
			}
		}
		if count != 2 || meta.Trailer(commit.TrailerUpdate) != "id" || meta.Trailer(commit.TrailerAutomation) != "prod/shop/web" {
			t.Errorf("%q has the trailers %v", signed, commit.Trailers(signed))
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(signed, ours), "\n") {
			if key, _, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && strings.HasPrefix(strings.ToLower(strings.TrimSpace(key)), "fairlead-") {
				t.Errorf("%q could be read as a trailer of ours", line)
			}
		}
		if strings.ContainsFunc(signed, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			t.Errorf("%q has control characters", signed)
		}
	})
}
