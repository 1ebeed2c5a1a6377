// SPDX-License-Identifier: Apache-2.0

package commit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/commit"
)

func id(t *testing.T, digit string) commit.ID {
	t.Helper()
	id, err := commit.ParseID(strings.Repeat(digit, 40))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func meta(message string) commit.Meta {
	at := time.Unix(1900000000, 0).UTC()
	return commit.Meta{
		Author:    commit.Signature{Name: "Ann", Email: "ann@example.com", When: at},
		Committer: commit.Signature{Name: "Fairlead", Email: "f@example.com", When: at.Add(time.Minute)},
		Message:   message,
	}
}

func TestEncode_isReadBack(t *testing.T) {
	t.Parallel()
	want := commit.Commit{ID: id(t, "c"), Tree: id(t, "a"), Parents: []commit.ID{id(t, "b"), id(t, "d")},
		Meta: meta("Update web\n\nBody.\n")}
	raw, err := want.Encode(want.Tree, want.Parents...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := commit.Parse(want.ID, raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	local := want
	local.Author.When = want.Author.When.In(time.FixedZone("", 7200))
	if again, err := local.Encode(want.Tree, want.Parents...); err != nil || string(again) != string(raw) {
		t.Errorf("the same moment elsewhere gave other bytes (%v):\n%s", err, again)
	}
}

func TestEncode_refusesWhatGitWould(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		edit      func(*commit.Meta)
		want      string // part of the error; empty: none
		line      string // a line of the object
	}{
		{"leaves out what would end the line", "a name must not become a header",
			func(m *commit.Meta) { m.Author.Name = "A\nparent x <b>\x00" }, "", "author Aparent x b <ann@example.com> 1900000000 +0000"},
		{"wants a name", "fsck refuses a line without one", func(m *commit.Meta) { m.Author.Name = " <>\n" }, "no name", ""},
		{"wants a message", "nobody could tell what it is", func(m *commit.Meta) { m.Message = " \n" }, "empty", ""},
		{"refuses NUL", "fsck refuses it", func(m *commit.Meta) { m.Message = "a\x00b" }, "NUL", ""},
		{"refuses a time before 1970", "Git has no sign there", func(m *commit.Meta) { m.Author.When = time.Time{} }, "before 1970", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := meta("x")
			tc.edit(&m)
			raw, err := m.Encode(id(t, "a"))
			if tc.want == "" && (err != nil || !strings.Contains(string(raw), tc.line+"\n")) {
				t.Errorf("%s: %v\n%s", tc.why, err, raw)
			}
			if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%s: %v, want %q", tc.why, err, tc.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	tree := strings.Repeat("a", 40)
	for _, tc := range []struct {
		name, why, raw string
		ok             bool
		subject, email string
	}{
		{"passes over a signature", "its lines are a header's, not the message's",
			"tree " + tree + "\nauthor A <a@x> 1 +0100\ncommitter C <c@x> 2 -0230\ngpgsig -----BEGIN\n \n tree b\n -----END\n\nSubject\n", true, "Subject", "a@x"},
		{"reads a commit without a message", "Git makes them with --allow-empty-message",
			"tree " + tree + "\nauthor A <a@x> 1 +0100\ncommitter C <c@x> 2 +0000\n", true, "", "a@x"},
		{"reads odd times", "old repositories hold them",
			"tree " + tree + "\nauthor A <a@x> -1 +99999999\ncommitter C <c@x> huge\n\nS", true, "S", "a@x"},
		{"wants a tree", "without one nothing can be read", "author A <a@x> 1 +0000\ncommitter C <c@x> 2 +0000\n\nS", false, "", ""},
		{"wants hexadecimal ids", "another object format", "tree xyz\ncommitter C <c@x> 2 +0000\n\nS", false, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, err := commit.Parse(id(t, "c"), []byte(tc.raw))
			if (err == nil) != tc.ok || c.Subject() != tc.subject || c.Author.Email != tc.email {
				t.Errorf("%s: %v, subject %q, author %q", tc.why, err, c.Subject(), c.Author.Email)
			}
		})
	}
}

func TestTrailers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, message string
		want               []commit.Trailer
	}{
		{"reads the last paragraph", "that is where Git puts them", "S\n\nBody: no\n\nA: 1\nB-2:2\n",
			[]commit.Trailer{{"A", "1"}, {"B-2", "2"}}},
		{"is not fooled by a subject", "a message of one line has none", "fix: this\n", nil},
		{"is not fooled by prose", "a person quotes our commit", "Revert\n\nThis takes out\nFairlead-Update: x\n", nil},
		{"reads past a cherry-pick note", "git cherry-pick -x adds it to the block",
			"S\n\nA: 1\n(cherry picked from commit 123)\n", []commit.Trailer{{"A", "1"}}},
		{"joins continued lines", "Git folds them", "S\n\nA: 1\n  2\n", []commit.Trailer{{"A", "1 2"}}},
		{"reads CRLF", "some editors write it", "S\r\n\r\nA: 1\r\n", []commit.Trailer{{"A", "1"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, commit.Trailers(tc.message)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestWithTrailers(t *testing.T) {
	t.Parallel()
	once := commit.WithTrailers("S\n\nBody\n\n\n", commit.Trailer{Key: "A", Value: "1\nEvil: 2"})
	if once != "S\n\nBody\n\nA: 1 Evil: 2\n" {
		t.Errorf("got %q", once)
	}
	if twice := commit.WithTrailers(once, commit.Trailer{Key: "B", Value: "2"}); !strings.HasSuffix(twice, "\nA: 1 Evil: 2\nB: 2\n") {
		t.Errorf("got %q", twice)
	}
}

func TestIntent_In(t *testing.T) {
	t.Parallel()
	ours := commit.Commit{ID: id(t, "1"), Meta: meta(commit.WithTrailers("Update", commit.Trailer{Key: commit.TrailerUpdate, Value: "u1"},
		commit.Trailer{Key: commit.TrailerAutomation, Value: "c/ns/n"}))}
	human := commit.Commit{ID: id(t, "2"), Meta: meta("Revert \"Update\"\n\nThis reverts commit 1.\n")}
	all := []commit.Commit{human, ours}
	for _, tc := range []struct {
		name, why string
		intent    commit.Intent
		want      bool
	}{
		{"knows the very commit", "the id is a shortcut", commit.Intent{Commit: ours.ID}, true},
		{"knows the update", "a signed commit made again has another id", commit.Intent{UpdateID: "u1", Commit: id(t, "9")}, true},
		{"does not know another update", "it must be planned again", commit.Intent{UpdateID: "u2", Commit: id(t, "9")}, false},
		{"is not fooled by an empty id", "a human's commit has no trailer either", commit.Intent{Commit: id(t, "9")}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := tc.intent.In(all); ok != tc.want || ok && got.ID != ours.ID {
				t.Errorf("%s: %v %v", tc.why, got.ID, ok)
			}
		})
	}
	if !ours.Ours() || human.Ours() {
		t.Error("the trailer says whose it is")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("tree " + strings.Repeat("a", 40) + "\nauthor A <a@x> 1 +0100\ncommitter C <c@x> 2 +0000\n\nS\n\nA: b\n")
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := commit.Parse(commit.ID{1}, []byte(raw))
		if err != nil {
			return
		}
		again, err := c.Encode(c.Tree, c.Parents...)
		if err != nil {
			return // what Git took long ago need not be something we write
		}
		d, err := commit.Parse(c.ID, again)
		if err != nil || d.Tree != c.Tree || len(d.Parents) != len(c.Parents) {
			t.Errorf("what was written is not what is read: %v\n%q", err, again)
		}
	})
}

func ExampleMeta_Trailer() {
	m := commit.Meta{Message: "Update web to 1.4.2\n\nFairlead-Update: 5d41\nFairlead-Automation: prod/shop/web\n"}
	fmt.Println(m.Trailer(commit.TrailerAutomation))
	// Output: prod/shop/web
}
