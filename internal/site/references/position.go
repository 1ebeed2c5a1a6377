// SPDX-License-Identifier: Apache-2.0

package references

import "bytes"

// isImageScheme tells whether text ends with a scheme behind which an image stands.
func isImageScheme(text []byte) bool {
	start := len(text)
	for start > 0 && len(text)-start < 32 && (isAlnum(text[start-1]) || text[start-1] == '-' || text[start-1] == '+' || text[start-1] == '.') {
		start--
	}
	switch string(bytes.ToLower(text[start:])) {
	case "docker", "oci", "docker-image":
		return true
	}
	return false
}

// lookback is how many bytes before a reference decide what it is. With a bound the cost stays linear.
const lookback = 256

// isImagePosition tells whether only an image can stand at start: behind a scheme, as the value of a key that says
// image, or as the argument of a command that takes one.
func (f *finder) isImagePosition(start int) bool {
	before := f.src[max(start-lookback, 0):start]
	if bytes.HasSuffix(before, []byte("://")) {
		return true // of an image; behind others nothing is found
	}
	line := before[bytes.LastIndexAny(before, "\r\n")+1:]
	return isImageKey(line) || isImageArgument(line) || isService(before[:len(before)-len(line)], line)
}

// isService tells whether line begins an item of a list of services, as workflows have them:
//
//	services:
//	- redis:7
func isService(above, line []byte) bool {
	if string(bytes.TrimSpace(bytes.TrimRight(line, "\"'"))) != "-" {
		return false
	}
	for len(above) > 0 {
		above = bytes.TrimRight(above, " \t\r\n")
		start := bytes.LastIndexAny(above, "\r\n") + 1
		item := bytes.TrimLeft(above[start:], " \t")
		if !bytes.HasPrefix(item, []byte("- ")) {
			return string(item) == "services:"
		}
		above = above[:start]
	}
	return false
}

// isImageKey tells whether line ends with a key for an image and its operator: `image: "`, `IMAGE ?= `,
// `${IMAGE:-`, `--from=`, `# syntax=`, `image(`, `--image `.
func isImageKey(line []byte) bool {
	rest := bytes.TrimRight(line, " \t\"'`\\")
	operator := byte(' ')
	for n := 0; n < 3 && len(rest) > 0 && bytes.IndexByte([]byte(":=>?+-("), rest[len(rest)-1]) >= 0; n++ {
		operator = rest[len(rest)-1]
		rest = rest[:len(rest)-1]
	}
	rest = bytes.TrimRight(rest, " \t\"'`\\")
	start := len(rest)
	for start > 0 && (isWord(rest[start-1]) || rest[start-1] == '-' || rest[start-1] == '.') {
		start--
	}
	if operator == ' ' && (start == len(rest) || rest[start] != '-') {
		return false // a word before a blank is a key only as a flag
	}
	if bytes.EqualFold(bytes.TrimSpace(rest[:start]), []byte("ARG")) && bytes.HasSuffix(bytes.ToLower(rest), []byte("base")) {
		return true // "ARG BASE=debian:12" of a Dockerfile; "ARG CACHE=redis:6379" is nothing that can be told
	}
	return namesImage(rest[start:], operator)
}

// isKey tells whether text is a key behind whose colon an image may stand without a blank: "image:web:1".
func isKey(text []byte) bool {
	for _, c := range text {
		if !isWord(c) && c != '-' {
			return false
		}
	}
	return namesImage(text, ':')
}

// namesImage tells whether an image stands behind key and operator.
func namesImage(key []byte, operator byte) bool {
	word := string(bytes.ToLower(bytes.TrimLeft(key, "-")))
	switch word {
	case "container", "docker-daemon", "containers-storage":
		return operator == ':'
	case "from", "syntax":
		return operator == '='
	}
	return len(word) >= len("img") && (word[max(len(word)-len("image"), 0):] == "image" || word[len(word)-len("img"):] == "img")
}

// isImageArgument tells whether line ends where FROM of a Dockerfile, or a command of docker, takes an image.
func isImageArgument(line []byte) bool {
	rest, word := lastWord(bytes.TrimPrefix(line, []byte("\uFEFF")))
	switch string(word) {
	case "pull", "push", "run", "create", "rmi", "save", "inspect", "history":
		_, word = lastWord(rest)
		switch string(word) {
		case "docker", "podman", "nerdctl", "buildah", "crane", "image", "container":
			return true
		}
		return false
	}
	for bytes.HasPrefix(word, []byte("--")) {
		rest, word = lastWord(rest)
	}
	rest = bytes.Trim(rest, " \t")
	return len(rest) == 0 && (bytes.EqualFold(word, []byte("FROM")) || string(word) == "#FROM") || string(rest) == "#" && string(word) == "FROM"
}

// lastWord cuts the last word, with the blanks around it, off line. Where no blank ends the line there is none.
func lastWord(line []byte) (rest, word []byte) {
	trimmed := bytes.TrimRight(line, " \t")
	if len(trimmed) == len(line) {
		return nil, nil
	}
	start := bytes.LastIndexAny(trimmed, " \t") + 1
	return trimmed[:start], trimmed[start:]
}
