package config

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is all that is ever printed of a secret.
const redacted = "<secret>"

// Secret is a text that must not be shown: a signing secret, or a webhook's URL. However it is
// printed, logged or serialised, it reads "<secret>"; the zero Secret is the empty text and reads
// the same.
type Secret struct {
	// The text is behind a pointer because fmt prints the unexported fields of the structs around a
	// Secret without asking the Secret.
	text *string
}

// NewSecret keeps a text.
func NewSecret(text string) Secret {
	return Secret{text: &text}
}

// Reveal returns the text, to be used and never to be printed.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String returns a placeholder.
func (s Secret) String() string { return redacted }

// Format prints a placeholder under every verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue logs a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText serialises a placeholder, as JSON and as YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
