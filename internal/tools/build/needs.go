// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// compiler stands for the C compiler in target.needs; which program that is, Go's CC setting says.
const compiler = "C compiler"

// lack returns the first thing t needs that is not there and what to do about it, in one line; or nil.
// cc is the C compiler Go would call, and there tells whether a program can be found.
func lack(t target, cc string, there func(program string) bool) error {
	for _, need := range t.needs {
		switch {
		case need == compiler && !there(cc):
			return fmt.Errorf("%s holds C code and the C compiler %s is not on the PATH: install it (apt-get install gcc libc6-dev, dnf install gcc, apk add gcc musl-dev)", t.name, cc)
		case need != compiler && !there(need):
			return fmt.Errorf("%s runs %s, which is not on the PATH: install it (apt-get install %[2]s, dnf install %[2]s, apk add %[2]s)", t.name, need)
		}
	}
	return nil
}
