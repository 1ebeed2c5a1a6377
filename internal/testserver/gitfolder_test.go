// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGitEnvironment_writesSettingsBelowItsHome(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	environment := gitEnvironment(home)
	// Looked at before git is run: a wrong value would write over a file of the machine.
	for _, variable := range environment {
		if strings.HasPrefix(variable, "GIT_CONFIG_GLOBAL=") || strings.HasPrefix(variable, "XDG_CONFIG_HOME=") {
			t.Fatalf("%s leads git to write elsewhere", variable)
		}
	}
	if _, err := runGit(t.Context(), home, nil, "config", "--global", "tests.written", "here"); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(home, ".gitconfig"))
	if err != nil || !strings.Contains(string(content), "written = here") {
		t.Errorf("the setting is elsewhere: %q, %v", content, err)
	}
}
