package export

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// heredocEnd ends a text of several lines.
const heredocEnd = "EOT"

// quoted is a text as a string literal of HCL. A "$" or "%" before a brace would begin
// an interpolation or a directive; doubled it stands for itself, unless it follows
// another one.
func quoted(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for i, char := range text {
		switch {
		case char == '"' || char == '\\':
			out.WriteRune('\\')
			out.WriteRune(char)
		case char == '\n':
			out.WriteString(`\n`)
		case char == '\r':
			out.WriteString(`\r`)
		case char == '\t':
			out.WriteString(`\t`)
		case beginsTemplate(text, i) && followsMark(text, i):
			fmt.Fprintf(&out, `\u%04x`, char)
		case beginsTemplate(text, i):
			out.WriteRune(char)
			out.WriteRune(char)
		case unicode.IsPrint(char):
			out.WriteRune(char)
		case char > 0xffff:
			fmt.Fprintf(&out, `\U%08x`, char)
		default:
			fmt.Fprintf(&out, `\u%04x`, char)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// beginsTemplate reports whether "${" or "%{" begins at a position.
func beginsTemplate(text string, at int) bool {
	return strings.HasPrefix(text[at:], "${") || strings.HasPrefix(text[at:], "%{")
}

// followsMark reports whether the same mark comes before a position.
func followsMark(text string, at int) bool { return at > 0 && text[at-1] == text[at] }

// key is the key of an object or the name of an attribute.
func key(name string) string {
	switch name {
	case "for", "null", "true", "false": // They mean something else there.
		return quoted(name)
	}
	if hclsyntax.ValidIdentifier(name) {
		return name
	}
	return quoted(name)
}

// heredoc is a text of several lines as people write it, indented by some spaces. It
// reports false for a text that has no such form.
func heredoc(text, indent string) (expression string, hasForm bool) {
	if !isReadable(text) {
		return "", false
	}
	body, isWhole := strings.CutSuffix(text, "\n")
	var out strings.Builder
	for line := range strings.SplitSeq(body, "\n") {
		if strings.TrimSpace(line) != "" {
			out.WriteString(indent + "  ")
		}
		out.WriteString(escapeTemplates(line))
		out.WriteByte('\n')
	}
	literal := "<<-" + heredocEnd + "\n" + out.String() + indent + heredocEnd
	if isWhole {
		return literal, true
	}
	return "chomp(" + literal + "\n" + indent + ")", true
}

// isReadable reports whether a text has several lines, of which the indentation and all
// characters survive in a heredoc.
func isReadable(text string) bool {
	body := strings.TrimSuffix(text, "\n")
	if !strings.Contains(body, "\n") || strings.Contains(text, heredocEnd) {
		return false
	}
	hasMargin := false
	for i, char := range text {
		if char != '\n' && char != '\t' && !unicode.IsPrint(char) || beginsTemplate(text, i) && followsMark(text, i) {
			return false
		}
		isLineStart := i == 0 || text[i-1] == '\n'
		hasMargin = hasMargin || isLineStart && !unicode.IsSpace(char)
	}
	return hasMargin
}

func escapeTemplates(line string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(line)
}
