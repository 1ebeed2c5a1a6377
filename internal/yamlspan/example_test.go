// SPDX-License-Identifier: Apache-2.0

package yamlspan_test

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

func ExampleScanner() {
	src := []byte("image: 'web:1.4.1'  # note\n")
	s := yamlspan.New(src)
	for e, ok := s.Next(); ok; e, ok = s.Next() {
		if e.Kind == yamlspan.Scalar && !e.Key {
			fmt.Printf("bytes %d to %d on line %d: %s\n", e.Start, e.End, e.Line, e.Text(src))
		}
	}
	fmt.Println(s.Err())
	// Output:
	// bytes 7 to 18 on line 1: web:1.4.1
	// <nil>
}

func ExampleQuote() {
	fmt.Println(yamlspan.Quote("1.4.2", yamlspan.Plain, false))
	fmt.Println(yamlspan.Quote("1.20", yamlspan.Plain, false))
	fmt.Println(yamlspan.Quote("1.20", yamlspan.SingleQuoted, false))
	// Output:
	// 1.4.2
	// "1.20"
	// '1.20'
}
