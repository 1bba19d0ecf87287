package config

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is printed instead of a secret.
const redacted = "<secret>"

// Secret is a text that must not be shown, such as a client secret or the URL of a webhook. It is
// printed, logged and serialised as "<secret>", even if it is empty.
type Secret struct {
	// It is a pointer because fmt prints unexported fields of structs without calling their
	// methods.
	text *string
}

// NewSecret returns a secret with a text.
func NewSecret(text string) Secret {
	return Secret{text: &text}
}

// Reveal returns the text, which must never be printed.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String returns a placeholder.
func (s Secret) String() string { return redacted }

// Format prints a placeholder for every verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue logs a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText serialises a placeholder, as JSON and as YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
