// SPDX-License-Identifier: Apache-2.0

package references_test

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/site/references"
)

func ExampleFind() {
	for _, s := range references.Find([]byte("docker pull nginx:1.27.2 && curl http://nginx:8080 && echo acme/web:$TAG\n")) {
		fmt.Printf("%d %s %s %q\n", s.Line, s.Image, s.Text, s.Why)
	}
	// Output:
	// 1 docker.io/library/nginx nginx:1.27.2 ""
	// 1 docker.io/acme/web acme/web: "Templated"
}
