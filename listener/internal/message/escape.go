package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ellipsis marks where a value was truncated.
const ellipsis = "…"

// escapeWithin escapes Slack's three control characters, and truncates the result to limit runes,
// but never within an entity such as &amp;.
func escapeWithin(value string, limit int) string {
	var result strings.Builder
	var used, fits int // runes so far, and bytes that leave room for the ellipsis
	for _, character := range value {
		piece := escape(character)
		used += utf8.RuneCountInString(piece)
		if used > limit {
			return result.String()[:fits] + ellipsis
		}
		result.WriteString(piece)
		if used < limit {
			fits = result.Len()
		}
	}
	return result.String()
}

// cut truncates an escaped text to limit runes, but never within an entity such as &amp; or within
// a link.
func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	used, end := 0, 0
	for end < len(text) {
		piece := nextPiece(text[end:])
		used += utf8.RuneCountInString(piece)
		if used > limit-1 {
			break
		}
		end += len(piece)
	}
	return text[:end] + ellipsis
}

// nextPiece returns the first indivisible piece of a text: an entity, a link, a mention or a
// character.
func nextPiece(text string) string {
	const longestEntity = len("&quot;")
	end := -1
	switch text[0] {
	case '&':
		if end = strings.IndexByte(text, ';'); end >= longestEntity {
			end = -1
		}
	case '<':
		end = strings.IndexByte(text, '>')
	}
	if end > 0 {
		return text[:end+1]
	}
	_, size := utf8.DecodeRuneInString(text)
	return text[:size]
}

// escape escapes a character as Slack requires. A bidirectional control character becomes a space.
func escape(character rune) string {
	switch character {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	}
	if unicode.Is(unicode.Bidi_Control, character) {
		return " "
	}
	return string(character)
}

// oneLine puts a text on one line: each run of white space and bidirectional control characters
// becomes one space, and other control characters are removed.
func oneLine(text string) string {
	visible := strings.Map(func(character rune) rune {
		if unicode.IsSpace(character) || unicode.Is(unicode.Bidi_Control, character) {
			return ' '
		}
		if unicode.IsControl(character) {
			return -1
		}
		return character
	}, text)
	return strings.Join(strings.Fields(visible), " ")
}
