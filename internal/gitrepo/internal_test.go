// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/site"
)

func TestDiff_isUndoneByPatch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "from")
		to := bytes.Clone(from)
		for range rapid.IntRange(0, 5).Draw(t, "edits") {
			at := rapid.IntRange(0, len(to)).Draw(t, "at")
			end := rapid.IntRange(at, len(to)).Draw(t, "end")
			to = append(to[:at:at], append(rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "text"), to[end:]...)...)
		}
		got, err := patch(from, diff(from, to), 1<<20)
		if err != nil || !bytes.Equal(got, to) {
			t.Fatalf("got %x, %v; want %x", got, err, to)
		}
	})
}

func TestDiff_isSmall(t *testing.T) {
	t.Parallel()
	line := "image: registry.example.com/shop/web:1.4.1 # a comment\n"
	long := strings.Repeat(line, 5000) // 275,000 bytes: longer than one copy reaches
	edited := long[:100_000] + "x" + long[100_001:200_000] + "yy" + long[200_002:]
	for _, tc := range []struct {
		name, from, to string
		most           int
	}{
		{"an edit in the middle", long, long[:150_000] + "longer" + long[150_001:], 80},
		{"two edits that keep the length", long, edited, 100},
		{"nothing", long, long, 60},
		{"an append", long, long + "x", 60},
		{"all of it", "", "abc", 10},
	} {
		d := diff([]byte(tc.from), []byte(tc.to))
		if got, err := patch([]byte(tc.from), d, 1<<20); err != nil || string(got) != tc.to {
			t.Errorf("%s: not the same, %v", tc.name, err)
		}
		if len(d) > tc.most {
			t.Errorf("%s: %d bytes, want at most %d", tc.name, len(d), tc.most)
		}
	}
}

func TestPatch_refuses(t *testing.T) {
	t.Parallel()
	base := []byte("0123456789")
	for _, tc := range []struct {
		name string
		diff []byte
	}{
		{"nothing", nil},
		{"another base", []byte{9, 1, 1, 'x'}},
		{"a copy from behind the end", []byte{10, 1, 0x91, 10, 1}},
		{"a copy over the end", []byte{10, 4, 0x91, 8, 4}},
		{"a copy without operands", []byte{10, 4, 0x91, 8}},
		{"an insert over the end", []byte{10, 4, 4, 'a'}},
		{"the reserved instruction", []byte{10, 1, 0}},
		{"less than it says", []byte{10, 2, 1, 'a'}},
		{"more than it says", []byte{10, 1, 2, 'a', 'b'}},
		{"more than is allowed", []byte{10, 0x80, 0x80, 0x80, 0x80, 0x10}},
		{"an absurd length", []byte{10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	} {
		if got, err := patch(base, tc.diff, 1<<20); !errors.Is(err, errDelta) {
			t.Errorf("%s: %x %v", tc.name, got, err)
		}
	}
}

func FuzzPatch(f *testing.F) {
	f.Add([]byte("0123456789"), []byte("01x3456789"))
	f.Add([]byte(strings.Repeat("abc", 100)), []byte(""))
	f.Fuzz(func(t *testing.T, from, to []byte) {
		got, err := patch(from, diff(from, to), 1<<20)
		if err != nil || !bytes.Equal(got, to) {
			t.Errorf("got %x, %v; want %x", got, err, to)
		}
		if out, err := patch(from, to, 1<<16); err == nil && len(out) > 1<<16 { // to as a difference: any bytes
			t.Errorf("%d bytes, over the limit", len(out))
		}
	})
}

func FuzzParseTree(f *testing.F) {
	f.Add([]byte("100644 a\x0012345678901234567890" + "40000 b\x0012345678901234567890"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		children, err := parseTree(raw)
		if err != nil {
			return
		}
		var again []byte
		for _, c := range children {
			if !bytes.Equal(raw[c.at:c.at+20], c.id[:]) {
				t.Errorf("the id of %q does not stand at %d", c.name, c.at)
			}
			again = append(again, c.mode+" "+c.name+"\x00"+string(c.id[:])...)
		}
		if !bytes.Equal(again, raw) {
			t.Errorf("read as %q, want %q", again, raw)
		}
	})
}

func TestCheckTree_emptyName(t *testing.T) {
	t.Parallel()
	if err := checkTree([]child{{mode: "100644", id: commit.ID{1}}}); err == nil {
		t.Error("an entry without a name passes")
	}
	if err := checkTree([]child{{mode: "100644", name: "a"}}); err == nil {
		t.Error("an entry without an object passes")
	}
	if err := checkTree([]child{{mode: "100644", name: "a-", id: commit.ID{1}}, {mode: "40000", kind: site.Folder, name: "a", id: commit.ID{1}},
		{mode: "100644", name: "a0", id: commit.ID{1}}}); err != nil {
		t.Errorf("git's own order is refused: %v", err)
	}
}

func TestIsDotGit(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{".git": true, ".GIT": true, ".git ": true, ".git...": true, "git~1": true, ".git:x": true, `.git\x`: true,
		".g\u200dit": true, ".gitignore": false, "git": false, ".github": false, "git~2": false, "a.git": false, ".gitmodules": false} {
		if isDotGit(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

// packOf makes a pack of blobs that build on each other and on base.
func packOf(base []byte, contents ...[]byte) []byte {
	was, objects := base, []object(nil)
	for _, c := range contents {
		objects = append(objects, object{kind: blobKind, id: idOf(blobKind, c), content: c, was: idOf(blobKind, was)})
		was = c
	}
	known := map[commit.ID][]byte{idOf(blobKind, base): base}
	for _, c := range contents {
		known[idOf(blobKind, c)] = c
	}
	pack, err := encodePack(objects, func(_ kind, id commit.ID) ([]byte, error) { return known[id], nil })
	if err != nil {
		panic(err)
	}
	return pack
}

func FuzzIntake(f *testing.F) {
	base := []byte(strings.Repeat("0123456789", 20))
	one, two := append(bytes.Clone(base), 'x'), append(bytes.Clone(base), 'y')
	for _, pack := range [][]byte{packOf(base, one, two), packOf(base)} {
		f.Add(pack[:len(pack)-sha1.Size])
	}
	f.Fuzz(func(t *testing.T, pack []byte) {
		sum := sha1.Sum(pack) // or hardly anything would get past it
		pack = append(bytes.Clone(pack), sum[:]...)
		m, err := createMirror(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer m.close()
		if err := m.take(t.Context(), bytes.NewReader(packOf(nil, base)), nil); err != nil {
			t.Fatal(err)
		}
		err = m.take(t.Context(), bytes.NewReader(pack), nil)
		if k, content, again := m.any(idOf(blobKind, base)); again != nil || k != blobKind || !bytes.Equal(content, base) {
			t.Errorf("after %v what was there is %s %q, %v", err, k, content, again)
		}
	})
}

// A chain as long as no server makes is resolved without deep recursion and without holding it in memory.
func TestIntake_longChain(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), 2000)
	base, contents := bytes.Clone(content), [][]byte(nil)
	for i := range 3000 {
		content = bytes.Clone(content)
		copy(content[i*6:], fmt.Sprintf("%04d", i))
		contents = append(contents, content)
	}
	m, err := createMirror(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	if err := m.take(t.Context(), bytes.NewReader(packOf(nil, base)), nil); err != nil {
		t.Fatal(err)
	}
	if err := m.take(t.Context(), bytes.NewReader(packOf(base, contents...)), nil); err != nil {
		t.Fatal(err)
	}
	got, err := m.read(blobKind, idOf(blobKind, content))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("the last of the chain: %v", err)
	}
	if err := m.take(t.Context(), bytes.NewReader(packOf([]byte("nowhere to be found"), []byte("nowhere to be found!"))), nil); !errors.Is(err, errBroken) {
		t.Errorf("a pack with a missing base: %v", err)
	}
}

// A server that has nothing to send sends a pack without objects.
func TestIntake_emptyPack(t *testing.T) {
	t.Parallel()
	m, err := createMirror(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	head := []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00")
	sum := sha1.Sum(head)
	if err := m.take(t.Context(), bytes.NewReader(append(head, sum[:]...)), nil); err != nil {
		t.Errorf("an empty pack: %v", err)
	}
}
