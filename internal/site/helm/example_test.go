// SPDX-License-Identifier: Apache-2.0

package helm_test

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/site/helm"
)

func ExampleFind() {
	for _, s := range helm.Find([]byte("image:\n  registry: ghcr.io\n  repository: acme/web\n  tag: 1.4.1\n")) {
		fmt.Println(s.Line, s.Part, s.Image, s.Text)
	}
	// Output: 4 tag ghcr.io/acme/web 1.4.1
}
