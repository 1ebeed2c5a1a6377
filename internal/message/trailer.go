// SPDX-License-Identifier: Apache-2.0

package message

import (
	"regexp"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/commit"
)

// trailerLine is a line of a block of trailers: one of them, or the rest of a long one.
var trailerLine = regexp.MustCompile(`^(?:[A-Za-z0-9-]+[ \t]*:|[ \t]+\S)`)

// Sign adds the trailers by which an update is recognized: updateID as plan.UpdateID gives it, and automation as
// "cluster/namespace/name". They join a block of trailers that ends text, as git reads one: the last paragraph, all
// of whose lines are trailers, unless it is the subject. The result ends with a newline.
func Sign(text, updateID, automation string) string {
	text = clean(text)
	separator := "\n\n"
	if i := strings.LastIndex(text, "\n\n"); i >= 0 && isBlock(text[i+2:]) {
		separator = "\n"
	}
	return text + separator + commit.TrailerUpdate + ": " + oneLine(updateID) + "\n" + commit.TrailerAutomation + ": " + oneLine(automation) + "\n"
}

func isBlock(paragraph string) bool {
	lines := strings.Split(paragraph, "\n")
	for _, line := range lines {
		if !trailerLine.MatchString(line) {
			return false
		}
	}
	return !strings.HasPrefix(lines[0], " ") && !strings.HasPrefix(lines[0], "\t")
}
