package port

import "strings"

// secretPlaceholder replaces secrets in texts.
const secretPlaceholder = "<secret>"

// minRedacted is the minimum length of a secret to redact. Port's secrets have dozens of
// characters; redacting shorter ones would garble unrelated words.
const minRedacted = 8

// secret is a text that no formatting verb prints: package fmt ignores the methods of unexported
// fields, but cannot print what a function returns.
type secret struct {
	reveal func() string
}

func newSecret(text string) secret {
	return secret{reveal: func() string { return text }}
}

func (s secret) isEmpty() bool { return s.reveal == nil }

// redact removes the secret from a text that came from outside.
func (s secret) redact(text string) string {
	if s.isEmpty() || len(s.reveal()) < minRedacted {
		return text
	}
	return strings.ReplaceAll(text, s.reveal(), secretPlaceholder)
}

// redactAll removes several secrets from a text that came from outside.
func redactAll(secrets []secret, text string) string {
	for _, s := range secrets {
		text = s.redact(text)
	}
	return text
}
