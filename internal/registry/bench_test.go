// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/registry"
)

// numbered serves count tags in pages of as many as are asked for.
func numbered(count int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		from, _ := strconv.Atoi(r.URL.Query().Get("last"))
		to := min(from+n, count)
		if to < count {
			w.Header().Set("Link", fmt.Sprintf(`</v2/acme/web/tags/list?n=%d&last=%d>; rel="next"`, n, to))
		}
		page := []byte(`{"name":"acme/web","tags":[`)
		for i := from; i < to; i++ {
			page = fmt.Appendf(page, `"v1.%07d-alpine",`, i)
		}
		_, _ = w.Write(append(page[:len(page)-1], "]}"...))
	}
}

// BenchmarkTags lists tags over a socket. The server runs in the same process and is part of the peak, which is that
// of the process so far: run a size alone to read it.
func BenchmarkTags(b *testing.B) {
	for _, count := range []int{100, 10_000, 1_000_000} {
		b.Run(strconv.Itoa(count), func(b *testing.B) {
			s := serve(b, numbered(count))
			c := newClient(b, open, registry.Config{})
			b.ResetTimer()
			for range b.N {
				list, err := c.Tags(b.Context(), s.name("acme/web"), anonymous)
				if err != nil || list.Len() != count {
					b.Fatalf("%d tags, %v", list.Len(), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/tag")
			b.ReportMetric(peak(b), "peak-MiB")
		})
		b.Run(strconv.Itoa(count)+"/raw", func(b *testing.B) {
			s := serve(b, numbered(count))
			b.ResetTimer()
			for range b.N {
				for from := 0; from < count; from += 1000 {
					resp, err := http.Get(fmt.Sprintf("%s/v2/acme/web/tags/list?n=1000&last=%d", s.URL, from))
					if err != nil {
						b.Fatal(err)
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/tag")
		})
	}
}

// BenchmarkReadPage reads a page of 1,000 tags.
func BenchmarkReadPage(b *testing.B) {
	var text strings.Builder
	_, _ = fmt.Fprint(&text, `{"name":"acme/web","tags":["0"`)
	for i := range 1000 {
		_, _ = fmt.Fprintf(&text, `,"v1.%07d-alpine"`, i)
	}
	text.WriteString("]}")
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for range b.N {
		if err := registry.ReadPage(strings.NewReader(text.String()), func([]byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// peak returns the largest resident size of the process so far, in MiB.
func peak(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0 // not Linux
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	_, _ = fmt.Sscan(rest, &kib)
	return kib / 1024
}
