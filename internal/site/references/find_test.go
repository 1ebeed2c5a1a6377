// SPDX-License-Identifier: Apache-2.0

package references_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/references"
)

// show writes the references of src as "line text", or "line reason note".
func show(src string) []string {
	var out []string
	for _, s := range references.Find([]byte(src)) {
		switch {
		case s.Note != "":
			out = append(out, fmt.Sprintf("%d %s %s", s.Line, s.Why, s.Note))
		case s.Why != "":
			out = append(out, fmt.Sprintf("%d %s %s", s.Line, s.Why, s.Text))
		default:
			out = append(out, fmt.Sprintf("%d %s", s.Line, s.Text))
		}
	}
	return out
}

var digest = "sha256:" + strings.Repeat("0123456789abcdef", 4)

func TestFind(t *testing.T) {
	t.Parallel()
	const ref = "acme/web:1.4"
	one := []string{"1 " + ref}
	for _, tc := range []struct {
		name, why, src string
		want           []string
	}{
		// what is a reference
		{"a tag", "the common case", "r.io/acme/web:1.4", []string{"1 r.io/acme/web:1.4"}},
		{"a digest", "it names one image", "web@" + digest, []string{"1 web@" + digest}},
		{"both", "tag and digest move together", "web:1@" + digest, []string{"1 web:1@" + digest}},
		{"sha512", "registries have it", "web@sha512:" + strings.Repeat("a", 128), []string{"1 web@sha512:" + strings.Repeat("a", 128)}},
		{"no other digest", "nothing can be known of it", "web@md5:aaaa web@sha256:abc web:1@sha256:ABC", nil},
		{"no name alone", "every word would be one", "acme/web r.io/acme/web r.io:5000/web FROM web", nil},
		{"a host with a port", "the port is no tag", "r:5000/a/web:1 localhost:5000/web:2 r.io:443/web@" + digest, []string{"1 r:5000/a/web:1", "1 localhost:5000/web:2", "1 r.io:443/web@" + digest}},
		{"a host with a port alone is none", "it has no tag", "docker pull r:5000/web", nil},
		{"an IPv6 host", "the brackets belong to it", "[::1]:5000/web:1 [2001:db8::1]/web:2 [web:3x]", []string{"1 [::1]:5000/web:1", "1 [2001:db8::1]/web:2", "1 web:3x"}},
		{"tags in capitals", "the grammar has them", "acme/web:RC_1.x-Y", []string{"1 acme/web:RC_1.x-Y"}},
		{"no names in capitals", "the grammar has none", "Acme/web:1 acme/Web:1 WEB:1", nil},
		{"a host in capitals", "hosts have no case", "GHCR.io/acme/web:1", []string{"1 GHCR.io/acme/web:1"}},
		{"the longest tag", "128 bytes", "acme/web:" + strings.Repeat("a", 128) + " acme/web:" + strings.Repeat("a", 129), []string{"1 acme/web:" + strings.Repeat("a", 128)}},
		{"no path, no time, no user", "they have colons as well", "/acme/web:1 ./web:1 12:30 a:1:2 git@r.io:acme/web ~/web:1 web:1/x a//b:1 -web:1", nil},

		// what separates
		{"quotes", "of every kind", "'acme/web:1.4'", one}, {"double quotes", "", `"acme/web:1.4"`, one}, {"backticks", "", "`acme/web:1.4`", one},
		{"escaped quotes", "JSON in a string", `\"acme/web:1.4\"`, one}, {"brackets", "", "[acme/web:1.4]", one}, {"parentheses", "", "(acme/web:1.4)", one},
		{"braces", "", "{acme/web:1.4}", one}, {"XML", "", "<i>acme/web:1.4</i>", one}, {"commas", "", "x,acme/web:1.4,y", one}, {"semicolons", "", "x;acme/web:1.4;y", one},
		{"pipes", "", "x|acme/web:1.4|y", one}, {"ampersands", "", "x&acme/web:1.4&&y", one}, {"an equals sign", "", "IMG=acme/web:1.4", one}, {"one behind", "mirrors are listed like this", ref + "=x", one},
		{"tabs", "", "\tacme/web:1.4\t", one}, {"carriage returns", "old files end lines with one", "\racme/web:1.4\r", []string{"2 " + ref}}, {"CRLF", "it is one line end", "\r\nacme/web:1.4\r\n", []string{"2 " + ref}},
		{"a byte order mark", "it is no letter", "\uFEFFacme/web:1.4", one}, {"typographic quotes", "people write prose", "“acme/web:1.4”", one}, {"an ellipsis", "", "acme/web:1.4…", one},
		{"bold text", "Markdown", "**acme/web:1.4**", one}, {"a line's end in a string", "the n belongs to the backslash", `"a\nacme/web:1.4\nb"`, one},
		{"a comment sign", "", "#acme/web:1.4", one}, {"a key without a blank", "INI and the like", "image:acme/web:1.4", one}, {"the transport of a daemon", "skopeo writes it so", "docker-daemon:acme/web:1.4", one},
		{"the end of a sentence", "the dot is not of the tag", "Use acme/web:1.4.\nOr acme/web:1.4: it\nacme/web:1.4...", []string{"1 " + ref, "2 " + ref, "3 " + ref}},
		{"a question", "", "acme/web:1.4? acme/web:1.4!", []string{"1 " + ref, "1 " + ref}},

		// what continues
		{"a letter of any script", "it is another word", "äacme/web:1.4 acme/web:1.4ä \xe4acme/web:1.4", nil},
		{"a glob, a range, a build", "they are no tags", "acme/web:1.* acme/web:1.4+x acme/web:~1 acme/web:^1 acme/web:>1", nil},
		{"a variable in front", "nobody knows the registry", "$R/acme/web:1.4 ${R}/acme/web:1.4 $(R)/acme/web:1.4 {{ .R }}/acme/web:1.4 ${R}acme/web:1.4 %R%acme/web:1.4 $acme/web:1.4 ${acme/web:1.4} {{acme/web:1.4}}", nil},
		{"a variable behind", "it would be filled in", "acme/web:$T acme/web:1-${T} acme/web:1$(T) acme/web:{{ .T }} acme/web:%s acme/web:#{t} acme/web:{t} acme/web@${D} x",
			[]string{"1 Templated acme/web:$T", "1 Templated acme/web:1-${T}", "1 Templated acme/web:1$(T)", "1 Templated acme/web:{{ .T }}", "1 Templated acme/web:%s", "1 Templated acme/web:#{t}", "1 Templated acme/web:{t}", "1 Templated acme/web@${D}"}},
		{"an interpolation of CUE", "likewise", `"acme/web:\(tag)"`, []string{`1 Templated acme/web:\(tag)`}},
		{"one of a workflow", "likewise", `acme/web:${{ inputs.tag }} x`, []string{`1 Templated acme/web:${{ inputs.tag }}`}},
		{"a variable behind the quotes", "a shell drops them", `"acme/web:1.4"$X`, []string{"1 Templated acme/web:1.4\"$X"}},
		{"a port that is filled in", "no tag is", "r:${PORT}/acme/web:1.4 r:$PORT/acme/web", nil},
		{"a variable beside", "it is another word", "$OPTS acme/web:1.4 $MORE", one},
		{"a dollar that is none", "a regular expression ends with it", "acme/web:1.4$", nil},

		// defaults
		{"a default", "it is a whole reference", "${X:-acme/web:1.4}", one}, {"one for unset alone", "", "${X-acme/web:1.4}", one}, {"one that is assigned", "", "${X:=acme/web:1.4}", one},
		{"another value", "", "${X:+acme/web:1.4} ${X+acme/web:1.4}", []string{"1 " + ref, "1 " + ref}}, {"a default in a default", "", "${X:-${Y:-acme/web:1.4}}", one},
		{"a default behind a scheme", "", "docker://${X:-acme/web:1.4}", one}, {"a default in a template", "Helm", `{{ default "acme/web:1.4" .x }}`, one},
		{"a default before a full stop", "prose", "${X:-acme/web:1.4}.", one},
		{"a default with more behind", "the whole is filled in", "${X:-acme/web:1.4}-alpine", []string{"1 Templated acme/web:1.4}-alpine"}},
		{"one in another with more behind", "likewise", "${X:-${Y:-acme/web:1.4}}-alpine ${X:-acme/web:1.4}$Z ${X:-acme/web:1.4}.1", []string{"1 Templated acme/web:1.4}}-alpine", "1 Templated acme/web:1.4}$Z", "1 Templated acme/web:1.4}.1"}},
		{"a default with more in front", "the name goes on to the left", "r.io/${X:-acme/web:1.4} $R${X:-acme/web:1.4} a-${X:=acme/web:1.4} http://${X:-acme/web:1.4}", nil},
		{"a default nested too deep", "nobody reads that", strings.Repeat("${X:-", 30) + ref + strings.Repeat("}", 30), nil},

		// addresses
		{"no address", "the host of a URL is no image", "http://web:8080/a https://web:1 ftp://r.io/acme/web:1.4 redis://cache:6379/1", nil},
		{"nothing in the query of an address", "it belongs to it", "http://r.io/?image=acme/web:1.4&x=acme/web:1.4", nil},
		{"what comes after an address", "it ended", "http://x,acme/web:1.4 (http://y) 'http://z' acme/web:1.4", []string{"1 " + ref, "1 " + ref}},
		{"the schemes of images", "that is how they are written", "docker://acme/web:1.4 oci://acme/web:1.4 docker-image://acme/web:1.4 DOCKER://acme/web:1.4 x:docker://acme/web:1.4", []string{"1 " + ref, "1 " + ref, "1 " + ref, "1 " + ref, "1 " + ref}},
		{"a bare name with a port", "it may be a service", "redis:6379 redis:0 redis:65535 tcp redis:7", []string{"1 LooksLikeAddress redis:6379", "1 LooksLikeAddress redis:0", "1 LooksLikeAddress redis:65535", "1 LooksLikeAddress redis:7"}},
		{"a bare name with a larger number", "no port is", "redis:65536 redis:20261120 redis:007007", []string{"1 redis:65536", "1 redis:20261120", "1 redis:007007"}},
		{"a bare name with any other tag", "no port has letters or dots", "redis:7.4 redis:7-alpine redis:v7", []string{"1 redis:7.4", "1 redis:7-alpine", "1 redis:v7"}},
		{"a number with a digest", "no address has one", "redis:7@" + digest, []string{"1 redis:7@" + digest}},
		{"a number behind a path", "no address has one", "library/redis:7", []string{"1 library/redis:7"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, show(tc.src), cmp.Transformer("none", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", tc.why, tc.src, diff)
			}
		})
	}
}

// TestFind_position: "redis:7" is an image where only an image can stand.
func TestFind_position(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"FROM redis:7", "from redis:7 as x", "  FROM --platform=$P --x=y\tredis:7", "# FROM redis:7", "#FROM redis:7", "\uFEFFFROM redis:7", "a\nFROM redis:7",
		"COPY --from=redis:7 /a /b", "RUN --mount=type=bind,from=redis:7,target=/t x", "# syntax=redis:7", "#syntax = redis:7",
		"image: redis:7", "  - image:   'redis:7'", `{"image": "redis:7"}`, `{"image":"redis:7"}`, `"{\"image\":\"redis:7\"}"`, "{image: redis:7}", "image:redis:7",
		"initImage: redis:7", "IMG ?= redis:7", "IMAGE := redis:7", "REDIS_IMAGE=redis:7", "export IMAGE=\"redis:7\"", "image = \"redis:7\"", "image => 'redis:7'",
		"${REDIS_IMAGE:-redis:7}", "${IMAGE-redis:7}", "${IMAGE:=redis:7}", "image(\"redis:7\")", "--image redis:7", "--image=redis:7", "-base-image 'redis:7'",
		"ARG BASE=redis:7", "arg GO_BASE='redis:7'", "container: redis:7", "uses: docker://redis:7", "services:\n- redis:7", "services:\r\n  - db\r\n\r\n  - 'redis:7'", "docker pull redis:7", "podman run redis:7", "docker image inspect redis:7", "a && docker push redis:7",
	} {
		if got := show(line); len(got) != 1 || !strings.HasSuffix(got[0], "redis:7") || strings.Contains(got[0], "Looks") {
			t.Errorf("%q: %v", line, got)
		}
	}
	for _, line := range []string{
		"redis:7", "addr: redis:7", "# from redis:7 we read", "read from redis:7", "from: redis:7", "image redis:7", "images: redis:7", "git pull redis:7",
		"pull redis:7", "container=redis:7", "docker run -d redis:7", "ARG CACHE=redis:7", "imagehost redis:7", "SELECT * FROM redis:7", "hosts:\n- redis:7", "- redis:7", "services:\n- x\nhosts:\n- redis:7", "image:\nredis:7",
	} {
		if got := show(line); len(got) != 1 || !strings.Contains(got[0], "LooksLikeAddress") {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func wide(text string, bigEndian bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune("\uFEFF" + text)) {
		if bigEndian {
			b.WriteByte(byte(u >> 8))
		}
		b.WriteByte(byte(u))
		if !bigEndian {
			b.WriteByte(byte(u >> 8))
		}
	}
	return b.String()
}

func TestFind_files(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, src string
		want           []string
	}{
		{"nothing in a binary file", "it is no text", "\x00 acme/web:1.4 ", nil},
		{"nothing in UTF-16 without its mark", "it is a binary file then", wide("acme/web:1.4", true)[2:], nil},
		{"what it would be in UTF-16", "someone keeps an image there", wide("x\nFROM acme/web:1.4 ü 😀", false), []string{"2 UnsupportedEncoding acme/web:1.4"}},
		{"the other way round", "likewise", wide("acme/web:1.4", true), []string{"1 UnsupportedEncoding acme/web:1.4"}},
		{"half a character", "it was cut off", wide("acme/web:1.4", false) + "x", []string{"1 UnsupportedEncoding acme/web:1.4"}},
		{"encrypted YAML", "an edit would break its checksum", "image: acme/web:1.4\nkey: ENC[AES256_GCM,data:x]\nsops:\n  lastmodified: x\n  mac: y\n", []string{"1 Encrypted acme/web:1.4", "2 Encrypted data:x"}},
		{"encrypted dotenv", "likewise", "IMAGE=acme/web:1.4\nKEY=ENC[AES256_GCM,data:x]\nsops_lastmodified=x\nsops_mac=y\n", []string{"1 Encrypted acme/web:1.4", "2 Encrypted data:x"}},
		{"what only speaks of SOPS", "it has no checksum", "# sops: ENC[AES256_GCM,…]\nimage: acme/web:1.4\n", []string{"2 acme/web:1.4"}},
		{"invalid UTF-8 around", "only the reference counts", "\xff\xfd acme/web:1.4 \xe4\n", []string{"1 acme/web:1.4"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, show(tc.src)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestFind_limit(t *testing.T) {
	t.Parallel()
	if n := len(references.Find([]byte(strings.Repeat("web:1 ", references.MaxSites)))); n != references.MaxSites {
		t.Errorf("at the limit %d references are found", n)
	}
	over := references.Find([]byte(strings.Repeat("web:1 ", references.MaxSites+1)))
	if len(over) != 1 || over[0].Why != "TooLarge" {
		t.Errorf("over the limit %d are found", len(over))
	}
}

func TestFind_site(t *testing.T) {
	t.Parallel()
	got := references.Find([]byte("x\nFROM nginx:1.27 AS web\n"))
	want := []site.Site{{Part: site.Full, Image: image.Name{Registry: "docker.io", Repository: "library/nginx"}, Text: "nginx:1.27",
		Line: 2, Start: 7, End: 17, Object: -1, Raw: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	const old = "web:1.0 api:1.0\nweb:1.0 redis:6379"
	for _, tc := range []struct {
		name, why, edited string
		sets              []references.Set
		says              string
	}{
		{"takes what was asked for", "two of three", "web:1.10 api:1.0\nweb:2.0 redis:6379", []references.Set{{0, "web:1.10"}, {16, "web:2.0"}}, ""},
		{"takes a tag that looks like a port now", "it was asked for", "web:1.0 api:2\nweb:1.0 redis:6379", []references.Set{{8, "api:2"}}, ""},
		{"refuses another value", "it is not what was asked for", "web:1.1 api:1.0\nweb:1.0 redis:6379", []references.Set{{0, "web:1.2"}}, `line 1: the reference reads as "web:1.1", not as "web:1.2"`},
		{"refuses a change beside", "nobody asked for it", "web:1.1 api:1.1\nweb:1.0 redis:6379", []references.Set{{0, "web:1.1"}}, `line 1: the reference reads as "api:1.1"`},
		{"refuses one that is gone", "it ran into its neighbor", "web:1.1 api:1.0\nweb:1.0 redis:6379x/", []references.Set{{0, "web:1.1"}}, "line 2: the edit left no reference there"},
		{"refuses one that came", "nobody asked for it", "web:1.1 api:1.0\nweb:1.0 redis:6379 a:1.x", []references.Set{{0, "web:1.1"}}, "line 2: the edit made a reference"},
		{"refuses another meaning", "it was an address", "web:1.0 api:1.0\nweb:1.0=docker://redis:6379", nil, `line 2: the reference`},
		{"refuses a meaning that came with no byte moved", "it is an image now", "web:1.0 api:1.0\nimage=: redis:6379", nil, "line 2: "},
		{"refuses a place without a reference", "the file is another", old, []references.Set{{3, "x:1"}}, "no reference stands at byte 3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := references.Same([]byte(old), []byte(tc.edited), tc.sets)
			if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%s: %v, want %q", tc.why, err, tc.says)
			}
		})
	}
}
