// SPDX-License-Identifier: Apache-2.0

package bindir

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// AssetsVariable names the environment variable that envtest and its users share for a folder of Kubernetes programs.
const AssetsVariable = "KUBEBUILDER_ASSETS"

const modulePath = "github.com/fairlead-dev/fairlead"

// Kubernetes returns the names of the programs that AssetsVariable may replace.
func Kubernetes() []string {
	return []string{"etcd", "kube-apiserver", "kubectl"}
}

// Root returns the root of this module: folder, or the nearest folder above it, whose go.mod is Fairlead's.
// The go.mod files of the tool modules are passed over.
func Root(folder string) (string, error) {
	start, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("resolving folder %s: %w", folder, err)
	}
	for at := start; ; at = filepath.Dir(at) {
		if declares(filepath.Join(at, "go.mod"), modulePath) {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("finding the root of module %s: no go.mod of it at or above %s", modulePath, start)
		}
	}
}

// Path returns the path of the program called name: in bin when that is not empty, else in the folder that
// AssetsVariable names if it is about Kubernetes and complete, else in bin/ of the module around the working
// directory. That a program is not there is an error that says how to build it.
func Path(bin, name string) (string, error) {
	if bin == "" {
		var err error
		if bin, err = folderOf(name); err != nil {
			return "", err
		}
	}
	path := filepath.Join(bin, name)
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf(`%s is not built (looked for %s): run "make servers"`, name, path)
	} else if err != nil {
		return "", fmt.Errorf("looking for %s: %w", name, err)
	} else if info.IsDir() {
		return "", fmt.Errorf("looking for %s: %s is a folder", name, path)
	}
	return path, nil
}

func folderOf(name string) (string, error) {
	assets := os.Getenv(AssetsVariable)
	if slices.Contains(Kubernetes(), name) && assets != "" && len(Missing(assets)) == 0 {
		return assets, nil
	}
	root, err := Root(".")
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "bin"), nil
}

// Missing returns which of the Kubernetes programs folder does not hold, in the order of Kubernetes.
func Missing(folder string) []string {
	var missing []string
	for _, name := range Kubernetes() {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.IsDir() {
			missing = append(missing, name)
		}
	}
	return missing
}

// declares tells whether the go.mod at path is that of module. One that cannot be read is not.
func declares(path, module string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) == 2 && fields[0] == "module" {
			return fields[1] == module
		}
	}
	return false
}
