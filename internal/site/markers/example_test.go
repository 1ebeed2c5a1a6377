// SPDX-License-Identifier: Apache-2.0

package markers_test

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/site/markers"
)

func ExampleFind() {
	for _, s := range markers.Find([]byte("tag: 1.4.1 # {\"$imagepolicy\": \"shop:web:tag\"}\n")) {
		fmt.Println(s.Line, s.Part, s.Policy, s.Text)
	}
	// Output: 1 tag shop/web 1.4.1
}
