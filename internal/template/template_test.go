package template_test

import (
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/template"
)

func TestExpressions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want []string
	}{
		"no braces":                        {"https://example.com/{id}", nil},
		"one":                              {"{{ .a }}", []string{" .a "}},
		"two":                              {"x{{.a}}y{{.b}}z", []string{".a", ".b"}},
		"braces in double quotes":          {`{{ "}}" + .a }}`, []string{` "}}" + .a `}},
		"braces in single quotes":          {`{{ '{{' + .a }}`, []string{` '{{' + .a `}},
		"a quote in other quotes":          {`{{ "it's" + .a }}`, []string{` "it's" + .a `}},
		"an escaped quote":                 {`{{ "\"}}" }}`, []string{` "\"}}" `}},
		"an object before the braces":      {`{{ {a: .b}}}`, []string{` {a: .b}`}},
		"an object after the braces":       {`{{{a: .b} }}`, []string{`{a: .b} `}},
		"an object between the braces":     {`{{{a: .b}}}`, []string{`{a: .b}`}},
		"a quote outside of an expression": {`it's {{ .a }}, isn't it`, []string{" .a "}},
		"text that is not ASCII":           {`ü{{ .ä }}`, []string{" .ä "}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expressions, err := template.Expressions(test.text)
			if err != nil || len(expressions) != len(test.want) {
				t.Fatalf("got %v, %v", expressions, err)
			}
			for i, expression := range expressions {
				if expression.Source != test.want[i] || test.text[expression.Start:expression.End] != expression.Source {
					t.Errorf("got %+v, want %q", expression, test.want[i])
				}
			}
		})
	}
}

func TestExpressions_unpairedBraces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`prefix{{.foo}postfix`:       "the double braces that open at character 7 are not closed",
		`prefix{.foo}}postfix`:       "double braces close at character 12 without opening before",
		`prefix{{ .foo {{ }}postfix`: "double braces open at character 15 within those that open at character 7",
		`prefix{{ .foo }} }}postfix`: "double braces close at character 18 without opening before",
		`prefix{{ "{{" + .foo }} }}`: "double braces close at character 25 without opening before",
		`{{ "not closed }}`:          "the double braces that open at character 1 are not closed",
		`äöü {{`:                     "the double braces that open at character 5 are not closed",
	} {
		if _, err := template.Expressions(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"{{ .a }}":         true,
		" \n{{ .a }}\t":    true,
		"{{ .a }}{{ .b }}": false,
		"x{{ .a }}":        false,
		"{{ .a }}.":        false,
		"plain":            false,
	} {
		expressions, err := template.Expressions(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := template.Whole(text, expressions); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestProgram(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`'a b'`:                   `"a b"`,
		`.foo + '-1' + '.'`:       `.foo + "-1" + "."`,
		`"it's" + .a`:             `"it's" + .a`,
		`.a == 'x'`:               `.a == "x"`,
		"'a'\n":                   "\"a\"\n",
		`')test(' + .foo + 'end'`: `")test(" + .foo + "end"`,
		`.a`:                      `.a`,
	} {
		if got := template.Program(source); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

func FuzzExpressions(f *testing.F) {
	f.Add(`{{ "}}" }} {{{a: '}'}}}`)
	f.Add(`{{\`)
	f.Fuzz(func(t *testing.T, text string) {
		expressions, err := template.Expressions(text)
		if err != nil {
			return
		}
		last := 0
		for _, expression := range expressions {
			if expression.Start < last || expression.End > len(text)-2 || text[expression.End:expression.End+2] != "}}" || text[expression.Start-2:expression.Start] != "{{" {
				t.Fatalf("%q: %+v", text, expression)
			}
			last = expression.End + 2
			template.Program(expression.Source)
		}
	})
}
