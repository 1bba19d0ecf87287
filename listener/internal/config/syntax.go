package config

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// fileLimit is far larger than any configuration.
const fileLimit = 1 << 20

// quoteHint says how to write jq in YAML.
const quoteHint = "put the jq program in single quotes, or after when: | on its own lines"

// byteOrderMark is what some editors write at the beginning of UTF-8 files.
const byteOrderMark = "\ufeff"

// readFile reads the file, if there is one, into a document. It returns false if the file cannot be
// parsed.
func (l *loader) readFile(document value) bool {
	if l.source.File == "" {
		return true
	}
	root, ok := l.parseFile()
	if ok && root != nil {
		l.fill(document, item{key: root, node: root})
	}
	return ok
}

// parseFile returns the top-level mapping of the file, or nil if the file contains only comments.
// It returns false if the file cannot be parsed.
func (l *loader) parseFile() (ast.Node, bool) {
	content, err := readLimited(l.source.File, fileLimit)
	if err != nil {
		l.report(outside(l.source.File), fmt.Sprintf("the configuration file cannot be read (%v)", err))
		return nil, false
	}
	text, ok := l.decodeText(content)
	if !ok {
		return nil, false
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		l.reportSyntax(err, text)
		return nil, false
	}
	return l.onlyDocument(file)
}

// onlyDocument returns the content of a file if it is a single mapping.
func (l *loader) onlyDocument(file *ast.File) (ast.Node, bool) {
	if len(file.Docs) == 0 {
		return nil, true
	}
	for _, document := range file.Docs[1:] {
		if document.Body != nil {
			l.report(l.position(document.Body), "a second document begins here; the file must contain only one")
			return nil, false
		}
	}
	root := file.Docs[0].Body
	if isNothing(root) || root.Type() == ast.CommentType {
		return nil, true
	}
	if _, ok := entries(root); !ok {
		l.report(l.position(root), "the file must consist of the sections "+enumerate(keysOf(&document{})))
		return nil, false
	}
	l.refuseCopies(root)
	return root, true
}

// refuseCopies reports duplicate keys.
func (l *loader) refuseCopies(root ast.Node) {
	ast.Walk(visitor(func(node ast.Node) {
		section, ok := node.(*ast.MappingNode)
		if !ok {
			return
		}
		lines := map[string]int{}
		for _, entry := range section.Values {
			key, here := keyOf(entry), l.position(entry.Key)
			if first, ok := lines[key]; ok {
				l.report(here, fmt.Sprintf("the key %s is given twice; it also appears in line %d", key, first))
				continue
			}
			lines[key] = here.line
		}
	}), root)
}

// decodeText returns the file as text with Unix line breaks, or reports why it is not a text file.
func (l *loader) decodeText(content []byte) ([]byte, bool) {
	if isUTF16(content) {
		l.report(outside(l.source.File), "the configuration file "+errUTF16.Error())
		return nil, false
	}
	content = bytes.TrimPrefix(content, []byte(byteOrderMark))
	for rest, line := content, 1; len(rest) > 0; {
		character, size := utf8.DecodeRune(rest)
		switch {
		case character == utf8.RuneError && size == 1:
			l.report(l.line(line), "the configuration file is not in UTF-8; save it as UTF-8")
			return nil, false
		case character < ' ' && !strings.ContainsRune("\t\r\n", character):
			l.report(l.line(line), fmt.Sprintf("the configuration file contains the character %U, so it is not a text file; is it the right one?", character))
			return nil, false
		case character == '\n':
			line++
		}
		rest = rest[size:]
	}
	return bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), true
}

// errUTF16 and errNUL say why a file is not a text file. Their text follows the name of the file.
var (
	errUTF16 = errors.New("is in UTF-16; save it as UTF-8")
	errNUL   = errors.New("contains a NUL character, so it is not a text file; is it the right one?")
)

// DecodeText returns the content of a text file without a byte order mark. The text of its error
// follows the name of the file.
func DecodeText(content []byte) ([]byte, error) {
	if isUTF16(content) {
		return nil, errUTF16
	}
	if bytes.IndexByte(content, 0) >= 0 {
		return nil, errNUL
	}
	return bytes.TrimPrefix(content, []byte(byteOrderMark)), nil
}

// isUTF16 reports whether a text is encoded in UTF-16.
func isUTF16(content []byte) bool {
	if bytes.HasPrefix(content, []byte{0xff, 0xfe}) || bytes.HasPrefix(content, []byte{0xfe, 0xff}) {
		return true
	}
	return len(content) > 1 && (content[0] == 0) != (content[1] == 0)
}

// reportSyntax reports an error of the YAML library with its line, but without the quoted source,
// which may contain a secret.
func (l *loader) reportSyntax(err error, text []byte) {
	located, ok := errors.AsType[yaml.Error](err)
	if !ok {
		l.report(outside(l.source.File), "it is not valid YAML")
		return
	}
	where, hint := outside(l.source.File), ""
	if token := located.GetToken(); token != nil && token.Position != nil {
		where = l.line(token.Position.Line)
		hint = hintFor(strings.Split(string(text), "\n"), token.Position.Line)
	}
	message, _, _ := strings.Cut(located.GetMessage(), `"`)
	switch {
	case strings.HasPrefix(message, "invalid header option"):
		message = "the text after | or > begins on the next line; put quotes around a text that begins with | or >"
	case strings.Contains(message, "'\t'"):
		message, hint = "there is a tab; indent with spaces", ""
	case strings.Contains(message, "not allowed in this context"):
		message = "this is not allowed here"
		if hint == "" {
			hint = "; check the indentation: the keys of a section begin in the same column"
		}
	}
	l.report(where, "it is not valid YAML: "+strings.TrimRight(message, ": ")+hint)
}

// hintFor returns how to write a line correctly in YAML, or "".
func hintFor(lines []string, line int) string {
	switch {
	case isInCondition(lines, line):
		return "; " + quoteHint
	case line <= len(lines) && regexp.MustCompile(`[:-]\s+"[^{]*\{\{`).MatchString(lines[line-1]):
		return "; inside the quotes write \\\" for \", or put the template after | on its own lines"
	case line <= len(lines) && strings.Contains(lines[line-1], "{{"):
		return "; put the template in quotes, or after | on its own lines"
	case line <= len(lines) && strings.Contains(regexp.MustCompile(`"[^"]*"|'[^']*'`).ReplaceAllString(lines[line-1], ""), "${"):
		return `; put quotes around a variable inside { } and [ ], as in "${NAME}"`
	}
	return ""
}

// isInCondition reports whether a line belongs to the value of a when key.
func isInCondition(lines []string, line int) bool {
	condition := regexp.MustCompile(`(^|[\s{,-])["']?when["']?\s*:`)
	anyKey := regexp.MustCompile(`^[\s-]*["']?[a-z_]+["']?\s*:(\s|$)`)
	for _, text := range slices.Backward(lines[:min(line, len(lines))]) {
		if condition.MatchString(text) {
			return true
		}
		if anyKey.MatchString(text) {
			return false
		}
	}
	return false
}
