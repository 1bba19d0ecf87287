package main

import (
	"io"
	"strings"
	"unicode"
)

// terminal passes on what may be shown: what others have written into an event or an answer must
// not steer the terminal of whoever looks at it.
type terminal struct{ out io.Writer }

// Write implements io.Writer. Each call must end between two characters.
func (t terminal) Write(written []byte) (int, error) {
	if _, err := io.WriteString(t.out, strings.Map(harmless, string(written))); err != nil {
		return 0, err
	}
	return len(written), nil
}

// harmless replaces control characters, and those that turn the direction of the text around.
func harmless(character rune) rune {
	switch {
	case character == '\n', character == '\t':
		return character
	case unicode.IsControl(character), unicode.Is(unicode.Bidi_Control, character):
		return unicode.ReplacementChar
	}
	return character
}
