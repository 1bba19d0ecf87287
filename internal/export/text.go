package export

import (
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// heredocEnd ends a text of several lines.
const heredocEnd = "EOT"

// quoted is a text as a string literal of HCL.
func quoted(text string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(text)).Bytes())
}

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
		out.WriteString(strings.NewReplacer("${", "$${", "%{", "%%{").Replace(line))
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
		if char != '\n' && char != '\t' && !unicode.IsPrint(char) {
			return false
		}
		isLineStart := i == 0 || text[i-1] == '\n'
		if isLineStart && joins(char) {
			return false
		}
		hasMargin = hasMargin || isLineStart && !unicode.IsSpace(char)
	}
	return hasMargin
}

// joins reports whether a character may form one with the space before it, which would
// then go with the indentation.
func joins(char rune) bool {
	return char > unicode.MaxLatin1 && (unicode.IsMark(char) || unicode.Is(unicode.Sk, char))
}
