package export

import (
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// heredocEnd is the end marker of a heredoc.
const heredocEnd = "EOT"

// quoted returns a text as an HCL string literal.
func quoted(text string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(text)).Bytes())
}

// key returns the key of an object, quoted if necessary.
func key(name string) string {
	switch name {
	case "for", "null", "true", "false": // These are keywords.
		return quoted(name)
	}
	if hclsyntax.ValidIdentifier(name) {
		return name
	}
	return quoted(name)
}

// heredoc returns a text of several lines as an indented heredoc. It reports false if the text
// cannot be written that way.
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

// isReadable reports whether a text has several lines whose indentation and characters survive in a
// heredoc.
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

// joins reports whether a character may combine with a preceding space, which would then be lost
// with the indentation.
func joins(char rune) bool {
	return char > unicode.MaxLatin1 && (unicode.IsMark(char) || unicode.Is(unicode.Sk, char))
}
