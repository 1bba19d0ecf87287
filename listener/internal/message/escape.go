package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ellipsis stands where a value was cut.
const ellipsis = "…"

// escapeWithin escapes the three characters that Slack gives a meaning and cuts the result to a
// number of runes. It never cuts an entity such as &amp; in two.
func escapeWithin(value string, limit int) string {
	var kept strings.Builder
	var used, fits int // runes so far, and bytes that leave room for the ellipsis
	for _, character := range value {
		piece := escape(character)
		used += utf8.RuneCountInString(piece)
		if used > limit {
			return kept.String()[:fits] + ellipsis
		}
		kept.WriteString(piece)
		if used < limit {
			fits = kept.Len()
		}
	}
	return kept.String()
}

// cut cuts a text that is escaped already, and neither an entity such as &amp; nor a link in two.
func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	used, kept := 0, 0
	for kept < len(text) {
		piece := nextPiece(text[kept:])
		used += utf8.RuneCountInString(piece)
		if used > limit-1 {
			break
		}
		kept += len(piece)
	}
	return text[:kept] + ellipsis
}

// nextPiece returns what a text begins with and must not be cut: an entity, a link or a mention, or
// a character.
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

// escape returns what Slack asks to be written for a character. One that reverses the direction of
// the text after it becomes a space.
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

// oneLine makes a label of a text: white space of every kind, and what reverses the direction of
// the text after it, become one space, and control characters go.
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
