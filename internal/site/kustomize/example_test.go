// SPDX-License-Identifier: Apache-2.0

package kustomize_test

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/site/kustomize"
)

func ExampleFind() {
	for _, s := range kustomize.Find([]byte("images:\n- name: nginx\n  newTag: 1.27.2\n")) {
		fmt.Println(s.Line, s.Part, s.Image, s.Text)
	}
	// Output: 3 tag docker.io/library/nginx 1.27.2
}
