// SPDX-License-Identifier: Apache-2.0

// Package credentials is what a Secret holds, as values: how to log in to a registry, to a Git server, through
// a proxy, and whom to trust.
//
//	Secret (type, data) ──▶ Registry | Git | TLS | Proxy      or a fault SecretInvalid that names the key
//
// It reads bytes that others fetched; it asks nobody. What is secret in a value is a Text, which prints as
// "redacted" everywhere and is spelled out only where it is sent.
package credentials

import (
	"encoding/json"
	"fmt"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// maxValue is the largest value of a Secret that is parsed as PEM or JSON, in bytes.
const maxValue = 1 << 20

// A Secret is the content of a Kubernetes Secret.
type Secret struct {
	Name string // for messages
	Type string // "kubernetes.io/dockerconfigjson", "Opaque", …
	Data map[string][]byte
}

// invalid is the fault for a Secret that cannot be used. format names the key and the remedy, never the value.
func (s Secret) invalid(format string, args ...any) error {
	return fault.Retry(reason.SecretInvalid, fmt.Errorf("reading Secret %s: %w", s.Name, fmt.Errorf(format, args...)))
}

// A Text is a secret. However it is printed, logged or encoded it says "redacted"; Reveal gives the content.
type Text struct{ content string }

// NewText makes content a secret.
func NewText(content string) Text { return Text{content} }

// Reveal returns the content, to be sent and not to be kept.
func (t Text) Reveal() string { return t.content }

// Empty tells whether there is no secret.
func (t Text) Empty() bool { return t.content == "" }

const redacted = "redacted"

// String returns "redacted".
func (Text) String() string { return redacted }

// GoString returns "redacted".
func (Text) GoString() string { return redacted }

// Format prints "redacted" whatever the verb.
func (Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON encodes "redacted".
func (Text) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// MarshalText encodes "redacted".
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }
