// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"net/http"
	"net/url"
	"strings"
)

// A challenge is how a registry wants to be logged in to. The zero challenge: not known, or not at all.
type challenge struct {
	basic   bool
	realm   *url.URL // of the token server; nil for basic
	service string
	public  bool // the registry that named the realm has a public address
}

// readChallenge returns what a 401 asks for: tokens rather than a password, where both are offered. ok is false when
// it is nothing we can do.
func readChallenge(h http.Header) (c challenge, ok bool) {
	for _, line := range h.Values("WWW-Authenticate") {
		for _, offer := range offers(line) {
			switch {
			case strings.EqualFold(offer.scheme, "basic"):
				c.basic = true
			case strings.EqualFold(offer.scheme, "bearer") && c.realm == nil:
				realm, err := url.Parse(offer.params["realm"])
				if err == nil && realm.Host != "" && realm.User == nil {
					c.realm, c.service = realm, offer.params["service"]
				}
			}
		}
	}
	if c.realm != nil {
		c.basic = false
	}
	return c, c.basic || c.realm != nil
}

type offer struct {
	scheme string
	params map[string]string
}

// offers cuts a WWW-Authenticate header into its schemes: Bearer realm="https://…",service="…", Basic realm="…".
func offers(line string) []offer {
	var list []offer
	for len(list) < 8 {
		line = strings.TrimLeft(line, " \t,")
		if line == "" {
			break
		}
		word := line[:end(line, " \t,=")]
		line = strings.TrimLeft(line[len(word):], " \t")
		switch {
		case word == "":
			line = line[1:] // a stray "="
		case !strings.HasPrefix(line, "="):
			list = append(list, offer{word, map[string]string{}})
		default:
			var value string
			value, line = paramValue(line[1:])
			if len(list) > 0 {
				list[len(list)-1].params[strings.ToLower(word)] = value
			}
		}
	}
	return list
}

// paramValue reads a value, quoted or not, from the beginning of text.
func paramValue(text string) (value, rest string) {
	text = strings.TrimLeft(text, " \t")
	if !strings.HasPrefix(text, `"`) {
		n := end(text, " \t,")
		return text[:n], text[n:]
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:]
		case '\\':
			if i++; i == len(text) {
				return b.String(), ""
			}
		}
		b.WriteByte(text[i])
	}
	return b.String(), ""
}

// end returns where the first of chars stands in text, or its length.
func end(text, chars string) int {
	if i := strings.IndexAny(text, chars); i >= 0 {
		return i
	}
	return len(text)
}
