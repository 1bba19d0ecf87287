package syntax_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/syntax"
)

// TestTexts has examples from Port's documentation and its OpenAPI document, and invalid variants
// of them.
func TestTexts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text             syntax.Text
		accepts, refuses []string
	}{
		"a blueprint": {
			syntax.BlueprintIdentifier,
			[]string{"service", "new-microservice", "_user", "_team", "k8s_cluster", "a/b:c\\d+é.@", strings.Repeat("ü", 100)},
			[]string{"", "a b", "a=b", "a'b", "a\n", ".", "..", strings.Repeat("x", 101)},
		},
		"an entity": {
			syntax.EntityIdentifier,
			[]string{"new-microservice", "arn:aws:s3:::bucket/key=1", "image@sha256:0a", "o'brien", "größe", strings.Repeat("x", 1000)},
			[]string{"", "a b", "a,b", "a#b", `a"b`, "a\n", strings.Repeat("x", 1001)},
		},
		"an action": {
			syntax.ActionIdentifier,
			[]string{"scale", "a:b=c+d@e_f-g", "...", ".a", "ünïcode"},
			[]string{"", "a/b", `a\b`, "a'b", ".", ".."},
		},
		"a property": {
			syntax.Key,
			[]string{"healthStatus", "a-b", "a_b", "a=b", "@a", `a\b`, strings.Repeat("x", 100)},
			[]string{"", "a.b", "a b", "$title", "größe", strings.Repeat("x", 101)},
		},
		"a mirror path": {
			syntax.MirrorPath,
			// The examples are from the page "Mirror property" of Port's documentation.
			[]string{"package-version.version", "microservice.$title", "service.$identifier", "a.b.c", "a=b.größe", "a.b c"},
			[]string{"", "nodot", ".a", "a.", "a..b", `a\b.c`, "größe.a", "a b.c"},
		},
		"a button": {
			syntax.ButtonText,
			[]string{"Go", "Scale it", "exactly fifteen"},
			[]string{"", "G", " Go", "Go ", "sixteen letters!"},
		},
		"a title": {syntax.Title, []string{"Service", strings.Repeat("ü", 100)}, []string{"", strings.Repeat("x", 101)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, text := range test.accepts {
				if !fits(test.text, text) {
					t.Errorf("%q is refused", text)
				}
			}
			for _, text := range test.refuses {
				if fits(test.text, text) {
					t.Errorf("%q is accepted", text)
				}
			}
		})
	}
}

// fits reports whether a value has the syntax of a text.
func fits(text syntax.Text, value string) bool {
	length := utf8.RuneCountInString(value)
	return length >= text.MinLength && (text.MaxLength == 0 || length <= text.MaxLength) &&
		text.Expression().MatchString(value) && !slices.Contains(text.Forbidden, value)
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for format, test := range map[string]struct{ accepts, refuses []string }{
		"date-time": {
			[]string{"2022-04-18T11:44:15.345Z", "2026-06-15T16:44:56Z", "2026-06-15T16:44:56.288+02:00", "2026-06-15t16:44:56z"},
			[]string{"", "2026-06-15", "2026-06-15T16:44:56", "2026-13-01T00:00:00Z", "yesterday"},
		},
		"timer":     {[]string{"2022-12-01T16:50:00+02:00"}, []string{"5m"}},
		"url":       {[]string{"https://getport.io", "https://example.com/a?b#c", "http://localhost:8080", "ftp://x.org"}, []string{"", "example.com", "mailto:a@b.c", "s3://bucket", "https://", "https://a b"}},
		"uri":       {[]string{"https://example.com", "urn:x:y", "s3://bucket"}, []string{"", "/path", "a b:c"}},
		"email":     {[]string{"mor@getport.io", "a+b@example.co.uk"}, []string{"", "a", "a@", "A <a@example.com>"}},
		"idn-email": {[]string{"ä@example.com"}, []string{"ä"}},
		"user":      {[]string{"mor@getport.io"}, []string{"somebody"}},
		"ipv4":      {[]string{"127.0.0.1", "10.0.0.1"}, []string{"10.0.0", "10.0.0.256", "::1", "010.0.0.1"}},
		"ipv6":      {[]string{"0000:0000:0000:0000:0000:ffff:7f00:0001", "::1", "2001:db8::1"}, []string{"10.0.0.1", "fe80::1%eth0", "::g"}},
		"markdown":  {[]string{"# x", ""}, nil},
		"yaml":      {[]string{"a: b", ":"}, nil},
		"unheardOf": {[]string{"anything"}, nil},
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			for _, text := range test.accepts {
				if !syntax.HasFormat(format, text) {
					t.Errorf("%q is refused", text)
				}
			}
			for _, text := range test.refuses {
				if syntax.HasFormat(format, text) {
					t.Errorf("%q is accepted", text)
				}
			}
		})
	}
	for format := range syntax.Restricting() {
		if format != "uri" && !slices.Contains(syntax.Formats, format) {
			t.Errorf("Port has no format %s", format)
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern          string
		accepts, refuses []string
	}{
		{`^a+$`, []string{"aa"}, []string{"b", "aa\n"}},
		{`[A-Z]{3}-\d+`, []string{"see ABC-1"}, []string{"AB-1", "ABC-٣"}},
		{`^(?!test-).*$`, []string{"prod-a"}, []string{"test-a"}},
		{`(?<=v)\d`, []string{"v1"}, []string{"1"}},
		{`^(a)\1$`, []string{"aa"}, []string{"ab"}},
		{`^\p{L}+$`, []string{"größe"}, []string{"a1"}},
		{`^\u{1F600}$`, []string{"😀"}, []string{"u"}},
		{`^(?:(a+)+)+(?=b)$`, []string{strings.Repeat("a", 40)}, nil}, // Backtracking would take forever.
	} {
		t.Run(test.pattern, func(t *testing.T) {
			t.Parallel()
			pattern, err := syntax.ParsePattern(test.pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range test.accepts {
				if !pattern.MatchString(text) {
					t.Errorf("%q does not match", text)
				}
			}
			for _, text := range test.refuses {
				if pattern.MatchString(text) {
					t.Errorf("%q matches", text)
				}
			}
		})
	}
	for _, text := range []string{"(", "[", "a{2,1}", "*"} {
		if _, err := syntax.ParsePattern(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
