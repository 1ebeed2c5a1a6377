// SPDX-License-Identifier: Apache-2.0

package main

import "strings"

// row writes one row of a table. Cells are Markdown on one line; a '|' inside is escaped, which holds in code too.
func row(b *strings.Builder, cells ...string) {
	for _, cell := range cells {
		b.WriteString("| " + strings.ReplaceAll(oneLine(cell), "|", `\|`) + " ")
	}
	b.WriteString("|\n")
}

// header writes the head of a table.
func header(b *strings.Builder, cells ...string) {
	row(b, cells...)
	b.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// code returns text as code. Text that holds a backquote gets two around it.
func code(text string) string {
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

// prose keeps Markdown from reading more into a comment than there is: '*', '<', '_' and '\' stay what they are.
func prose(text string) string {
	return strings.NewReplacer(`\`, `\\`, "<", `\<`, "*", `\*`, "_", `\_`).Replace(oneLine(text))
}
