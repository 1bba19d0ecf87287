package export

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// evaluate evaluates an attribute as Terraform does.
func evaluate(t *testing.T, expression string) cty.Value {
	t.Helper()
	source := hclwrite.Format([]byte("a = {\n  b = " + expression + "\n  c = 1\n}\n"))
	file, diagnostics := hclsyntax.ParseConfig(source, "test.tf", hcl.InitialPos)
	if diagnostics.HasErrors() {
		t.Fatalf("%s\n%s", diagnostics, source)
	}
	attributes, _ := file.Body.JustAttributes()
	value, diagnostics := attributes["a"].Expr.Value(&hcl.EvalContext{Functions: map[string]function.Function{
		"jsonencode": stdlib.JSONEncodeFunc, "chomp": stdlib.ChompFunc,
	}})
	if diagnostics.HasErrors() {
		t.Fatalf("%s\n%s", diagnostics, source)
	}
	return value.GetAttr("b")
}

var texts = []string{
	"", "plain", `"quotes" and \ backslash`, "tab\t, return\r, line\n", "${a}", "%{if}", "$${a}", "$$${a}", "%%{a}", "$%{a}", "%${a}", "${${", "$", "%", "$$", "{", "a$", "${",
	"\u0000\u0007\u200b\U000e0001", "größe 日本", "a\nb", "a\nb\n", "a\n\nb\n\n", "  a\n  b\n", " a\nb\n", "a\n  b\n\n    c", "\na\n", "a\n   \nb\n", "a\n\tb\n", "\ta\n\tb\n",
	"EOT\na\n", "a\n${b}\n%{c}\n", "a\n$${b}\n", "\n", "\n\n", "a\n\\n\n", "if .a\nthen \"b\"\nend", "a\r\nb\r\n", "a \nb ", "a\n$\n{", "\u035e\na", "a\n\U0001f3fb\n",
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, text := range texts {
		expectText(t, text)
	}
}

func FuzzText(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(expectText)
}

// expectText checks that both forms of a text evaluate to the text, as Terraform normalizes it.
func expectText(t *testing.T, text string) {
	t.Helper()
	text = strings.ToValidUTF8(text, "?")
	want := cty.StringVal(text)
	if got := evaluate(t, quoted(text)); !got.RawEquals(want) {
		t.Errorf("%q was quoted as %s, which is %q", text, quoted(text), got.AsString())
	}
	written, hasForm := heredoc(text, "  ")
	if !hasForm {
		return
	}
	if got := evaluate(t, written); !got.RawEquals(want) {
		t.Errorf("%q was written as %s\nwhich is %q", text, written, got.AsString())
	}
}

func TestHeredoc(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"one line": false, "one line\n": false, "two\nlines": true, "two\nlines\n": true, "  indented\n  throughout": false, "with\rreturn\n": false, "EOT\nends": false,
	} {
		if _, got := heredoc(text, ""); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a": "a", "a-b": "a-b", "for": `"for"`, "1a": `"1a"`, "a b": `"a b"`, "": `""`, "$title": `"$title"`, "${a}": `"$${a}"`, "null": `"null"`} {
		if got := key(name); got != want {
			t.Errorf("%q was written as %s", name, got)
		}
		if name != "" {
			if got := evaluate(t, "{ "+key(name)+" = 1 }"); !got.Type().HasAttribute(name) {
				t.Errorf("%q was read as %#v", name, got)
			}
		}
	}
}
