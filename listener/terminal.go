package main

import (
	"io"
	"strings"
	"unicode"
)

// terminal removes control characters from the output: the content of an event or a response must
// not control the user's terminal.
type terminal struct{ out io.Writer }

// Write implements io.Writer. A call must not end within a character.
func (t terminal) Write(written []byte) (int, error) {
	if _, err := io.WriteString(t.out, strings.Map(harmless, string(written))); err != nil {
		return 0, err
	}
	return len(written), nil
}

// harmless replaces control characters, including bidirectional ones.
func harmless(character rune) rune {
	switch {
	case character == '\n', character == '\t':
		return character
	case unicode.IsControl(character), unicode.Is(unicode.Bidi_Control, character):
		return unicode.ReplacementChar
	}
	return character
}
