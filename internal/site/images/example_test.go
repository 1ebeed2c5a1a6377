// SPDX-License-Identifier: Apache-2.0

package images_test

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/site/images"
)

func ExampleFind() {
	for _, s := range images.Find([]byte("containers:\n- name: web\n  image: nginx:1.27.2\n")) {
		fmt.Println(s.Line, s.Part, s.Image, s.Text)
	}
	// Output: 3 full docker.io/library/nginx nginx:1.27.2
}
