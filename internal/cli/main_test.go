// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestMain_exitCodes(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "kubeconfig")
	for _, tc := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string // what they begin with
	}{
		{"shows its help", nil, 0, "Fairlead watches registries", ""},
		{"shows its help when asked", []string{"--help"}, 0, "Fairlead watches registries", ""},
		{"says its version", []string{"version"}, 0, "fairlead dev\ncommit   ", ""},
		{"refuses an unknown command", []string{"contrlloer"}, 2, "", `fairlead: unknown argument "contrlloer"; see "fairlead --help"`},
		{"refuses an unknown flag", []string{"controller", "--concurency=2"}, 2, "", `fairlead: unknown flag: --concurency; see "fairlead controller --help"`},
		{"refuses a flag that is no number", []string{"controller", "--concurrency=many"}, 2, "", `fairlead: invalid argument "many" for "--concurrency" flag: `},
		{"refuses an argument", []string{"controller", "now"}, 2, "", `fairlead: unknown argument "now"; see "fairlead controller --help"`},
		{"refuses settings that cannot work, all at once, on one line", []string{"controller", "--concurrency=0", "--log-level=loud"}, 2, "",
			`fairlead: --concurrency is 0; at least 1; --log-level is "loud"; one of debug, info, error` + "\n"},
		{"fails without an API server", []string{"controller", "--kubeconfig", missing}, 1, "", "fairlead: finding the API server: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := run(t, "", tc.args...)
			if code != tc.code || !strings.HasPrefix(stdout, tc.stdout) || !strings.HasPrefix(stderr, tc.stderr) {
				t.Errorf("exit %d, want %d\nstdout: %q, want %q\nstderr: %q, want %q", code, tc.code, stdout, tc.stdout, stderr, tc.stderr)
			}
			if (tc.stdout == "") != (stdout == "") || (tc.stderr == "") != (stderr == "") || strings.Count(stderr, "\n") > 1 {
				t.Errorf("an error is one line on stderr, and an answer is on stdout:\nstdout: %q\nstderr: %q", stdout, stderr)
			}
		})
	}
	if _, stdout, _ := run(t, "", "version"); !strings.Contains(stdout, "go       "+runtime.Version()) {
		t.Errorf("the version does not say which Go: %q", stdout)
	}
}

// The names and defaults of these flags are fixed.
func TestController_flags(t *testing.T) {
	t.Parallel()
	_, help, _ := run(t, "", "controller", "--help")
	for _, want := range []string{
		"--kubeconfig string", `--metrics-addr string`, `(default ":8080")`, "--health-addr string", `(default ":8081")`, "--storage-path string",
		"--leader-election", "--concurrency int", "(default 4)", "--watch-namespace string", "--watch-label-selector string",
		"--no-cross-namespace-refs", "(default true)", "--allow-private-networks", "--allow-loopback", "--deny-cidr strings",
		"--cluster-name string", "--registry-qps float", "(default 10)", "--registry-burst int", "(default 20)",
		"--log-level string", `(default "info")`, "--log-encoding string", `(default "json")`,
	} {
		if !strings.Contains(help, want) {
			t.Errorf("the help does not have %q", want)
		}
	}
}
