package port

import "strings"

// secretPlaceholder stands in texts where a secret would be.
const secretPlaceholder = "<secret>"

// minRedacted is the length from which on a secret is looked for in texts. Shorter ones are not Port's, whose
// secrets have dozens of characters, and would tear unrelated words apart.
const minRedacted = 8

// secret is a text that no formatting verb prints: package fmt ignores methods of unexported fields, but it cannot
// look into a function.
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
