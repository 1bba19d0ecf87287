package message_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// example is the worked example with a few more values.
const example = `{"action":"UPDATE","resourceType":"entity","trigger":{"by":{"userId":"ada"},"at":"2026-06-15T16:44:56.288Z","origin":"UI"},
	"context":{"blueprint":"database","entity":"orders"},
	"diff":{"before":{"properties":{"cpuUtil":70}},"after":{"identifier":"orders","title":"Orders <&> db","properties":{
		"cpuUtil":91.50,"big":9007199254740993,"huge":1e400,"zero":0,"empty":"","locked":false,"url":"https://example.com/a?b=1&c=<d>|e","script":"javascript:alert(1)",
		"tags":["a","<!here>",1],"labels":{"team":"payments","cost-centre":7},"html":"<b>","tick":"a` + "`" + `b","when":"2026-06-15T18:44:56+02:00"}}}}`

func parsed(t *testing.T, body string) *changelog.Event {
	t.Helper()
	event, err := changelog.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func cpu() rule.Rule { return rule.Rule{Name: "cpu-high", Property: "cpuUtil"} }

// newTemplate compiles and tests a template.
func newTemplate(source message.Source) (*message.Template, error) {
	compiled, err := message.NewTemplate(source)
	if err != nil {
		return nil, err
	}
	return compiled, compiled.Try(cpu())
}

// body renders a template as the body of the example's message.
func body(t *testing.T, source string) string {
	t.Helper()
	compiled, err := newTemplate(message.Source{Body: source})
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := compiled.Message(message.NewAlert(parsed(t, example), cpu()), message.Notes{Now: happenedAt()})
	if err != nil {
		t.Fatal(err)
	}
	texts := texts(t, rendered)
	if len(texts) < 3 {
		return ""
	}
	return texts[2]
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`CPU of {{ .Title }} is {{ .After.cpuUtil }}%`:                                                                     `CPU of Orders &lt;&amp;&gt; db is 91.50%`,
		`{{ .Rule }} {{ .Entity }} {{ .Blueprint }} {{ .Action }} {{ .ResourceType }} {{ .Origin }} {{ .User }} {{ .At }}`: `cpu-high orders database UPDATE entity UI ada 2026-06-15 16:44:56 UTC`,
		`{{ .Property }}: {{ .From }} to {{ .To }}, {{ .Recovered }}`:                                                      `cpuUtil: 70 to 91.50, false`,
		`{{ .Event.trigger.by.userId }} {{ .Event.diff.before.properties.cpuUtil }}`:                                       `ada 70`,
		// Absent values are empty at any depth.
		`{{ .After.none }} {{ .After.none.deeper.still }} {{ .Event.diff.none.x }} [{{ .Run }}]`:                                                     `none none none []`,
		`{{ with .After.none }}there{{ else }}nothing{{ end }} {{ range .After.none }}x{{ end }}{{ len .After.none }} {{ index .After.none "x" 1 }}`: `nothing 0 none`,
		`{{ .After.none | default "unset" }} {{ .After.empty | default "unset" }} {{ .After.zero | default 1 }} {{ .After.locked | default true }}`:  `unset unset 0 false`,
		// Values of the event are always escaped.
		`{{ .After.html }} {{ printf "%s" .After.html }} {{ print .After.html }} {{ upper .After.html }} {{ json .After.html }}`:                                        `&lt;b&gt; &lt;b&gt; &lt;b&gt; &lt;B&gt; "&lt;b&gt;"`,
		`{{ $x := .After.html }}{{ $x }} {{ range $i, $tag := .After.tags }}{{ $i }}{{ $tag }} {{ end }}{{ with .After.labels }}{{ .team }}{{ $.After.html }}{{ end }}`: `&lt;b&gt; 0a 1&lt;!here&gt; 21 payments&lt;b&gt;`,
		`{{ define "x" }}<{{ . }}>{{ end }}{{ template "x" .After.html }}`:                                                                                              `<&lt;b&gt;>`,
		`{{ .After.html | raw }} {{ raw .After.html | printf "%s" }}`:                                                                                                   `<b> &lt;b&gt;`,
		`<!here> *{{ .User }}*`: `<!here> *ada*`,
		`{{ join ", " .After.tags }} {{ join "+" .After.html }} {{ index .After.tags 1 }} {{ index .After.labels "cost-centre" }} {{ (index .After.tags 0) }}`: `a, &lt;!here&gt;, 1 &lt;b&gt; &lt;!here&gt; 7 a`,
		`{{ .After.tags }} {{ .After.labels }}`:                                                     `["a","&lt;!here&gt;",1] {"cost-centre":7,"team":"payments"}`,
		`{{ code .After.tick }} {{ code .After.html }}`:                                             "`a'b` `&lt;b&gt;`",
		`{{ link .After.url .After.html }} {{ link .After.script "x" }} {{ link .After.none "y" }}`: `<https://example.com/a?b=1&amp;c=%3Cd%3E%7Ce|&lt;b&gt;> x y`,
		// Numbers are compared by value; null cannot be ordered.
		`{{ if gt .After.cpuUtil 80 }}a{{ end }}{{ if gt .After.cpuUtil 91.5 }}b{{ end }}{{ if ge .After.cpuUtil 91.5 }}c{{ end }}{{ if lt .From .To }}d{{ end }}{{ if le .After.none 1 }}e{{ end }}{{ if gt "b" "a" }}f{{ end }}`:                             `acdf`,
		`{{ if eq .After.cpuUtil 91.5 }}a{{ end }}{{ if eq .User "bob" "ada" }}b{{ end }}{{ if eq .After.none nil }}c{{ end }}{{ if ne .After.zero nil }}d{{ end }}{{ if eq .After.big 9007199254740992 }}e{{ end }}{{ if eq .After.locked false }}f{{ end }}`: `abcdf`,
		`{{ .After.big }} {{ .After.huge }} {{ round 1 .After.cpuUtil }} {{ round 0 .After.big }} {{ round 2 .After.huge }} {{ round 2 .After.none }}`:                                                                                                         `9007199254740993 1e400 91.5 9007199254740993 1e400 none`,
		`{{ printf "%.1f|%d|%05.1f|%s|%v|%q|%t|%f" .After.cpuUtil .After.big 1 .To .To .User .After.locked .After.none }}`:                                                                                                                                     `91.5|9007199254740993|001.0|91.50|91.50|"ada"|false|none`,
		`{{ urlquery .Title }} {{ urlquery .After.none }}`: `Orders+%3C%26%3E+db none`,
		`{{ if .After.zero }}a{{ end }}{{ with .After.zero }}b{{ else }}c{{ end }}{{ if not .After.zero }}d{{ end }}{{ or .After.zero .After.empty "e" }}{{ and "f" .After.zero }}{{ if .After.tags }}g{{ end }}`: `cde0g`,
		`{{ date "15:04" .At }} {{ upper .After.none }} {{ link .After.url "" }} {{ link "https://x.example" "a\nb" }}`:                                                                                           `16:44 none <https://example.com/a?b=1&amp;c=%3Cd%3E%7Ce|https://example.com/a?b=1&amp;c=&lt;d&gt;|e> <https://x.example|a b>`,
		`{{ truncate 4 .Title }} {{ lower .User }} {{ len .After.tags }} {{ len .User }} {{ len .After.labels }}`:                                                                                                 `Ord… ada 3 3 2`,
		`{{ date "15:04" .After.when }} {{ date "15:04" .User }} {{ emoji "Crashed" }}`:                                                                                                                           `16:44 ada :octagonal_sign:`,
		`{{ if and .User (not .After.none) (or .After.none .To) }}yes{{ end }}{{/* said nothing */}}{{- "" -}}`:                                                                                                   `yes`,
		`{{ if .After.none }}x{{ end }}`: ``,
	} {
		if got := body(t, source); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", source, got, want)
		}
	}
}

func TestInvalidTemplates(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`{{ .Titel }}`:                        `body: there is no .Titel; did you mean .Title?`,
		`{{ .Elephant }}`:                     `body: there is no .Elephant; the values are .Action, .After, .At, .Before, .Blueprint, .BlueprintTitle, .Entity, .Event, .From, .Link, .Origin, .Property, .Recovered, .ResourceType, .Rule, .Run, .Teams, .Timer, .Title, .To, .User, .UserName`,
		`{{ . }}`:                             `body: {{ . }} is the whole event; print one of its values, such as {{ .Title }}`,
		`{{ .Title `:                          `body: unclosed action`,
		"a\n\n{{ .Title ":                     `body: line 3 of the text: unclosed action`,
		"a\n{{ .Titel }}\nb":                  `body: line 2 of the text: there is no .Titel; did you mean .Title?`,
		"{{ .Titel }}\n":                      `body: there is no .Titel; did you mean .Title?`,
		"a\n{{ index 3 }}{{ lt 1 }}":          `body: line 2 of the text: at <lt>: wrong number of args for lt: want 2 got 1 (tried with a CREATE event of resource type entity with the usual values)`,
		`{{ env "HOME" }}`:                    `body: function "env" not defined`,
		`{{ if }}x{{ end }}`:                  `body: missing value for if`,
		`{{ template "x" }}`:                  `body: at <{{template "x"}}>: template "x" not defined (tried with a CREATE event of resource type entity with the usual values)`,
		`{{ range 100000000 }}{{ end }}`:      `body: its loops take more than 10000 steps`,
		`{{ range 9000 }}0123456789{{ end }}`: `body: it writes more than 65536 bytes`,
		`{{ define "x" }}{{ template "x" }}{{ template "x" }}{{ end }}{{ template "x" }}`: `body: its loops take more than 10000 steps`,
		`{{ .After.my-prop }}`:     `body: bad character U+002D '-'; a name with other characters is written (index .After "my-property")`,
		`{{ html .Title }}`:        `body: the function html is not available: values are escaped already`,
		`{{ printf "%99999d" 1 }}`: `body: the format of printf is too long, or contains a number that is too large`,
		`{{ println . }}`:          `body: {{ . }} is the whole event; print one of its values, such as {{ .Title }}`,
		`{{ .Title.Foo 1 }}`:       `body: .Title.Foo is a value and takes no arguments`,
		`{{ 1 | $.Title }}`:        `body: $.Title is a value and takes no arguments`,
	} {
		_, err := newTemplate(message.Source{Body: source})
		if _, ok := errors.AsType[*message.TemplateError](err); !ok || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", source, err, want)
		}
	}
}

// TestPartsOfAMessage replaces each part in turn.
func TestPartsOfAMessage(t *testing.T) {
	t.Parallel()
	const context = "orders · database · Triggered by ada · 2026-06-15 16:44:56 UTC · rule cpu-high"
	usual := []string{"Change in Orders &lt;&amp;&gt; db cpuUtil", context, "*Before*\n70", "*Now*\n91.50"}
	tests := []struct {
		name   string
		source message.Source
		want   []string
		text   string
	}{
		{"nothing", message.Source{}, usual, usual[0] + ": 70 → 91.50. " + context},
		{"the header", message.Source{Header: "CPU\nof {{ .Title }}"}, []string{"CPU of Orders &lt;&amp;&gt; db", usual[1], usual[2], usual[3]}, "CPU of Orders &lt;&amp;&gt; db: 70 → 91.50. " + context},
		{"a header of nothing", message.Source{Header: `{{ "" }} `}, usual, usual[0] + ": 70 → 91.50. " + context},
		{"a link in the header", message.Source{Header: `{{ link "https://x.example" .User }} {{ code .User }}`}, []string{"ada ada", usual[1], usual[2], usual[3]}, "ada ada: 70 → 91.50. " + context},
		{
			"a sign in the header",
			message.Source{Header: `{{ emoji "Crashed" }} :fire: {{ .Title }}`},
			[]string{"🛑 :fire: Orders &lt;&amp;&gt; db", usual[1], usual[2], usual[3]},
			"🛑 :fire: Orders &lt;&amp;&gt; db: 70 → 91.50. " + context,
		},
		{"the context", message.Source{Context: "by {{ .User }}"}, []string{usual[0], "by ada", usual[2], usual[3]}, usual[0] + ": 70 → 91.50. by ada"},
		{"the body", message.Source{Body: "*{{ .To }}*"}, []string{usual[0], context, "*91.50*"}, usual[0] + ". " + context + "\n*91.50*"},
		{"a body of nothing", message.Source{Body: `{{ "" }}`}, usual[:2], usual[0] + ". " + context},
		{"the text", message.Source{Text: "{{ .Title }}!"}, usual, "Orders &lt;&amp;&gt; db!"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			compiled, err := newTemplate(test.source)
			if err != nil {
				t.Fatal(err)
			}
			alert := message.NewAlert(parsed(t, example), cpu())
			rendered, err := compiled.Message(alert, message.Notes{Now: happenedAt()})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(texts(t, rendered), "|"); got != strings.Join(test.want, "|") || rendered.Text != test.text {
				t.Errorf("got  %q and %q\nwant %q and %q", got, rendered.Text, strings.Join(test.want, "|"), test.text)
			}
			doubtful, err := compiled.Message(alert, message.Notes{Now: happenedAt().Add(time.Hour), PossiblySent: true, Overtaken: true})
			if err != nil {
				t.Fatal(err)
			}
			const remarks = " · 60 minutes late · out of order: a newer change was already reported · may be a duplicate"
			if got := texts(t, doubtful)[1]; !strings.HasSuffix(got, remarks) || !strings.Contains(doubtful.Text, remarks) {
				t.Errorf("it lacks a required remark: %q and %q", got, doubtful.Text)
			}
		})
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	alert := message.NewAlert(parsed(t, example), cpu())
	for source, want := range map[string]string{
		"":                         "• *Orders &lt;&amp;&gt; db* (orders) cpuUtil: 70 → 91.50 · ada · 2026-06-15 16:44:56 UTC",
		"{{ .Title }}\n{{ .To }}%": "• Orders &lt;&amp;&gt; db 91.50%",
		`{{ "" }}`:                 "• *Orders &lt;&amp;&gt; db* (orders) cpuUtil: 70 → 91.50 · ada · 2026-06-15 16:44:56 UTC",
	} {
		compiled, err := newTemplate(message.Source{Line: source})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := compiled.Line(alert); err != nil || got.Text != want {
			t.Errorf("got %q (%v), want %q", got.Text, err, want)
		}
	}
}

// blocks decodes blocks and renders them for an event.
func blocks(t *testing.T, source, event string, notes message.Notes) (string, error) {
	t.Helper()
	var decoded []any
	decoder := json.NewDecoder(strings.NewReader(source))
	decoder.UseNumber()
	if err := decoder.Decode(&decoded); err != nil {
		t.Fatal(err)
	}
	compiled, err := newTemplate(message.Source{Blocks: decoded})
	if err != nil {
		return "", err
	}
	rendered, err := compiled.Message(message.NewAlert(parsed(t, event), cpu()), notes)
	if err != nil {
		return "", err
	}
	written, err := changelog.Stringify(rendered.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	return string(written), nil
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, source, want string }{
		{
			"texts are escaped where Slack reads them, and nothing breaks the JSON",
			`[{"type":"header","text":{"type":"plain_text","text":"{{ .Title }}\n\"{{ .User }}\"","emoji":true}},
			  {"type":"section","block_id":"b1","text":{"type":"mrkdwn","text":"*{{ .Title }}* {{ link .After.url \"more\" }}"},
			   "accessory":{"type":"button","text":{"type":"plain_text","text":"{{ .User }}"},"url":"{{ .After.url }}","value":"{{ .Title }}"}}]`,
			`[{"text":{"emoji":true,"text":"Orders &lt;&amp;&gt; db \"ada\"","type":"plain_text"},"type":"header"},` +
				`{"accessory":{"text":{"emoji":true,"text":"ada","type":"plain_text"},"type":"button","url":"https://example.com/a?b=1&c=<d>|e","value":"Orders <&> db"},` +
				`"block_id":"b1","text":{"text":"*Orders &lt;&amp;&gt; db* <https://example.com/a?b=1&amp;c=%3Cd%3E%7Ce|more>","type":"mrkdwn","verbatim":true},"type":"section"}]`,
		},
		{
			"what is empty is left out",
			`[{"type":"section","text":{"type":"mrkdwn","text":"{{ with .After.none }}x{{ end }}"}},
			  {"type":"section","text":{"type":"mrkdwn","text":" {{ .After.empty }}"},"fields":[{"type":"mrkdwn","text":"{{ .After.empty }}"},{"type":"mrkdwn","text":"{{ .User }}"}]},
			  {"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"a"},"url":"{{ .After.script }}"}]},
			  {"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"a"},"url":"{{ .After.none }}"},{"type":"button","text":{"type":"plain_text","text":"b"},"url":"{{ .After.url }}"}]},
			  {"type":"image","image_url":"{{ .After.none }}","alt_text":"x"},
			  {"type":"context","elements":[{"type":"mrkdwn","text":"{{ .After.empty }}"}]},
			  {"type":"divider"}]`,
			`[{"fields":[{"text":"ada","type":"mrkdwn","verbatim":true}],"type":"section"},` +
				`{"elements":[{"text":{"emoji":true,"text":"b","type":"plain_text"},"type":"button","url":"https://example.com/a?b=1&c=<d>|e"}],"type":"actions"},{"type":"divider"}]`,
		},
		{
			"a sign is drawn in each text, and code is literal in Markdown",
			`[{"type":"header","text":{"type":"plain_text","text":"{{ emoji \"Crashed\" }}"}},{"type":"section","text":{"type":"mrkdwn","text":"{{ emoji \"Crashed\" }} {{ code \"<a> & b\" }}"}},
			  {"type":"markdown","text":"{{ emoji \"Crashed\" }} {{ code \"<a> & ` + "`b:" + `\" }} {{ .User }}"}]`,
			`[{"text":{"emoji":true,"text":"🛑","type":"plain_text"},"type":"header"},{"text":{"text":":octagonal_sign: ` + "`&lt;a&gt; &amp; b`" + `","type":"mrkdwn","verbatim":true},"type":"section"},` +
				`{"text":"🛑 ` + "`<a> & 'b:`" + ` ada","type":"markdown"}]`,
		},
		{
			"everything else is as it was written",
			`[{"type":"section","expand":true,"text":{"type":"mrkdwn","text":"<!here> {{ .User }}","verbatim":false}},{"type":"new_kind","n":1.50,"x":[null,{"y":"{{ .User }}"}]}]`,
			`[{"expand":true,"text":{"text":"<!here> ada","type":"mrkdwn","verbatim":false},"type":"section"},{"n":1.50,"type":"new_kind","x":[{"y":"ada"}]}]`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := blocks(t, test.source, example, message.Notes{Now: happenedAt()})
			if err != nil || got != test.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, test.want)
			}
		})
	}
}

func TestRequiredPartsOfBlocks(t *testing.T) {
	t.Parallel()
	got, err := blocks(t, `[{"type":"divider"}]`, example, message.Notes{Now: happenedAt(), PossiblySent: true})
	const want = `[{"type":"divider"},{"type":"context","elements":[{"type":"mrkdwn","text":"may be a duplicate","verbatim":true}]}]`
	if err != nil || got != want {
		t.Errorf("got %s (%v)", got, err)
	}
}

// TestEmptyBlocks renders blocks that are empty for an event without a value, which is not a
// mistake in the template.
func TestEmptyBlocks(t *testing.T) {
	t.Parallel()
	const source = `[{"type":"section","text":{"type":"mrkdwn","text":"{{ range .After.tags }}{{ . }} {{ end }}"}}]`
	got, err := blocks(t, source, example, message.Notes{Now: happenedAt()})
	if err != nil || got != `[{"text":{"text":"a &lt;!here&gt; 1","type":"mrkdwn","verbatim":true},"type":"section"}]` {
		t.Errorf("got %s (%v)", got, err)
	}
	got, err = blocks(t, source, strings.Replace(example, `"tags"`, `"labels2"`, 1), message.Notes{Now: happenedAt()})
	if err == nil || err.Error() != "blocks: no block is left, because all of their texts are empty" {
		t.Errorf("got %s (%v)", got, err)
	}
}

// TestBlocksThatAreNotText renders blocks that Slack does not interpret as mrkdwn.
func TestBlocksThatAreNotText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, source, want string }{
		{
			"markdown takes no link and no heading from a value",
			`[{"type":"markdown","text":"# {{ .Title }}\n{{ .After.bad }} {{ link .After.url .After.bad }} {{ code .After.bad }}"}]`,
			`[{"text":"# Orders \\<\\&\\> db\n\\[Sign in\\](https\\://evil.example) # \\*x\\* ` +
				`[\\[Sign in\\](https\\://evil.example) # \\*x\\*](https://example.com/a?b=1&c=%3Cd%3E|e) ` + "`[Sign in](https://evil.example) # *x*`" + `","type":"markdown"}]`,
		},
		{
			"rich text is read as it is, and what is empty is left out",
			`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"{{ .After.html }}"},{"type":"text","text":"{{ .After.empty }}"},
				{"type":"link","url":"{{ .After.none }}"},{"type":"link","url":"{{ .After.url }}"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"{{ .After.empty }}"}]}]}]`,
			`[{"elements":[{"elements":[{"text":"<b>","type":"text"},{"type":"link","url":"https://example.com/a?b=1&c=<d>|e"}],"type":"rich_text_section"}],"type":"rich_text"}]`,
		},
		{
			"what may not be empty says so",
			`[{"type":"image","image_url":"https://x.example/a.png","alt_text":"{{ .After.empty }}"},{"type":"table","rows":[[{"type":"raw_text","text":"{{ .After.empty }}"}]]},
			  {"type":"section","block_id":"{{ .User }}","text":{"type":"mrkdwn","text":"a"}},{"type":"section","block_id":"{{ .User }}","text":{"type":"mrkdwn","text":"b"}}]`,
			`[{"alt_text":"an image","image_url":"https://x.example/a.png","type":"image"},{"rows":[[{"text":"–","type":"raw_text"}]],"type":"table"},` +
				`{"block_id":"ada","text":{"text":"a","type":"mrkdwn","verbatim":true},"type":"section"},{"text":{"text":"b","type":"mrkdwn","verbatim":true},"type":"section"}]`,
		},
		{
			"options and their limits",
			`[{"type":"section","text":{"type":"mrkdwn","text":"a"},"accessory":{"type":"overflow","options":[{"text":{"type":"plain_text","text":"{{ .After.empty }}"},"value":"v"},
				{"text":{"type":"plain_text","text":"{{ range 20 }}12345{{ end }}"},"value":"w"}]}}]`,
			`[{"accessory":{"options":[{"text":{"emoji":true,"text":"` + strings.Repeat("12345", 14) + `1234…","type":"plain_text"},"value":"w"}],"type":"overflow"},"text":{"text":"a","type":"mrkdwn","verbatim":true},"type":"section"}]`,
		},
	}
	event := strings.Replace(example, `"empty":""`, `"empty":"","bad":"[Sign in](https://evil.example)\n# *x*"`, 1)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := blocks(t, test.source, event, message.Notes{Now: happenedAt()})
			if err != nil || got != test.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, test.want)
			}
		})
	}
}

// TestMarkdownValues puts values with Markdown syntax at the beginning of a line of a markdown
// block.
func TestMarkdownValues(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"91.5": "91.5", "-3": "-3", "notification-service (prod)": "notification-service (prod)", "a=b#c": "a=b#c", "3.": `3\.`,
		"- item": `\- item`, "+ item": `\+ item`, "-": `\-`, "---": `\---`, "1. item": `1\. item`, "22) item": `22\) item`,
		"# heading": `\# heading`, "===": `\===`, "> quoted": `\> quoted`, "* item": `\* item`, "a_b*c": `a\_b\*c`, `\*`: `\\\*`,
		"<!here> :boom: ~no~ |x| &amp; `x`": "\\<!here\\> \\:boom\\: \\~no\\~ \\|x\\| \\&amp; \\`x\\`", "![x](https://evil.example)": `!\[x\](https\://evil.example)`,
	} {
		event := strings.Replace(example, `"empty":""`, `"empty":`+strconv.Quote(value), 1)
		got, err := blocks(t, `[{"type":"markdown","text":"{{ .After.empty }}"}]`, event, message.Notes{Now: happenedAt()})
		var decoded []struct{ Text string }
		if err != nil || json.Unmarshal([]byte(got), &decoded) != nil || decoded[0].Text != want {
			t.Errorf("%s: %s, want %s (%v)", value, got, want, err)
		}
	}
}

func TestRoundingALongFraction(t *testing.T) {
	t.Parallel()
	event := `{"action":"UPDATE","resourceType":"entity","diff":{"before":{},"after":{"identifier":"cart","properties":{"x":0.` + strings.Repeat("9", 1_000_000) + `}}}}`
	compiled, err := newTemplate(message.Source{Body: `{{ round 2 .After.x }}`})
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := compiled.Message(message.NewAlert(parsed(t, event), cpu()), message.Notes{})
	if err != nil || !strings.HasPrefix(texts(t, rendered)[2], "0.99999") {
		t.Errorf("rounding: %v", err)
	}
}

// TestBlocksKeepWithinSlacksLimits renders an event with the longest possible values.
func TestBlocksKeepWithinSlacksLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<&>🚀", 5000)
	event := strings.NewReplacer("Orders <&> db", long, `"payments"`, `"`+long+`"`, "91.50", `"`+long+`"`).Replace(example)
	section := `{"type":"section","text":{"type":"mrkdwn","text":"{{ .To }} {{ .After.labels.team }}"},"fields":[{"type":"plain_text","text":"{{ .To }}"}]}`
	source := `[{"type":"header","text":{"type":"plain_text","text":"{{ .To }}"}},{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"{{ .To }}"},"url":"https://x.example"}]}` + strings.Repeat(","+section, 6) + `]`
	got, err := blocks(t, source, event, message.Notes{Now: happenedAt()})
	if err != nil {
		t.Fatal(err)
	}
	var decoded []struct {
		Text     struct{ Text string }
		Fields   []struct{ Text string }
		Elements []struct{ Text struct{ Text string } }
	}
	if err := json.Unmarshal([]byte(got), &decoded); err != nil {
		t.Fatal(err)
	}
	total := 0
	check := func(what, text string, limit int) {
		length := utf8.RuneCountInString(text)
		total += length
		if length == 0 || length > limit || strings.ContainsAny(strings.NewReplacer("&lt;", "", "&gt;", "", "&amp;", "").Replace(text), "<>&") {
			t.Errorf("%s has %d characters: %.80q", what, length, text)
		}
	}
	check("the header", decoded[0].Text.Text, 150)
	check("the button", decoded[1].Elements[0].Text.Text, 75)
	for i, section := range decoded[2:] {
		check(fmt.Sprint("section ", i), section.Text.Text, 3000)
		check(fmt.Sprint("field ", i), section.Fields[0].Text, 2000)
	}
	if total > 11_000 || total < 2_000 {
		t.Errorf("all of it has %d characters", total)
	}
}

// TestValuesAreCutBeforeWhatFollowsThem renders a title that does not fit.
func TestValuesAreCutBeforeWhatFollowsThem(t *testing.T) {
	t.Parallel()
	event := strings.Replace(example, "Orders <&> db", strings.Repeat("long ", 100), 1)
	compiled, err := newTemplate(message.Source{
		Header: "{{ .Title }} and {{ .Title }} have crashed", Line: "{{ range 3 }}{{ $.Title }}{{ end }} at the end",
	})
	if err != nil {
		t.Fatal(err)
	}
	alert := message.NewAlert(parsed(t, event), cpu())
	rendered, err := compiled.Message(alert, message.Notes{})
	if err != nil {
		t.Fatal(err)
	}
	if header := texts(t, rendered)[0]; !strings.HasSuffix(header, "… have crashed") || utf8.RuneCountInString(header) > 150 {
		t.Errorf("the header is %q", header)
	}
	if line, err := compiled.Line(alert); err != nil || !strings.HasSuffix(line.Text, "… at the end") {
		t.Errorf("the line is %q (%v)", line.Text, err)
	}
	got, err := blocks(t, `[{"type":"header","text":{"type":"plain_text","text":"🔥 {{ .Title }} has crashed"}}]`, event, message.Notes{Now: happenedAt()})
	if err != nil || !strings.Contains(got, "… has crashed") {
		t.Errorf("the block is %s (%v)", got, err)
	}
}

func TestInvalidBlocks(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`[]`:                                     `blocks: there must be between 1 and 50 blocks, not 0`,
		`[` + strings.Repeat(`1,`, 50) + `1]`:    `blocks: there must be between 1 and 50 blocks, not 51`,
		`["x"]`:                                  `blocks[0]: a block must be an object with a "type"`,
		`[{"text":"x"}]`:                         `blocks[0]: a block must have a "type", such as "section"`,
		`[{"type":"divider"},{"type":"secton"}]`: `blocks[1]: "secton" is not a block type; did you mean "section"?`,
		`[{"type":"input"}]`:                     `blocks[0]: a message cannot have an input block`,
		`[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]`:                                               `blocks[0].text: it must be an object such as {"type": "plain_text", "text": "…"}`,
		`[{"type":"section","text":{"type":"{{ .To }}","text":"{{ .To }}"}}]`:                                   `blocks[0].text: it must be an object such as {"type": "mrkdwn", "text": "…"}`,
		`[{"type":"rich_text","elements":[{"type":"{{ .To }}"}]}]`:                                              `blocks[0].elements[0].type: a type cannot be a template`,
		`[{"type":"section","text":"hello"}]`:                                                                   `blocks[0].text: it must be an object such as {"type": "mrkdwn", "text": "…"}`,
		`[{"type":"markdown","text":{"type":"mrkdwn","text":"x"}}]`:                                             `blocks[0].text: the text of a markdown block must be a string, not an object`,
		`[{"type":"image","image_url":"https://x.example/a.png"}]`:                                              `blocks[0]: an image must have an alt_text`,
		`[{"type":"actions","elements":[{"type":"button","text":{"type":"mrkdwn","text":"x"}}]}]`:               `blocks[0].elements[0].text: it must be an object such as {"type": "plain_text", "text": "…"}`,
		`[{"type":"actions","elements":[{"type":"button","url":"x","text":{"type":"plain_text","text":"x"}}]}]`: `blocks[0].elements[0].url: it must be an http or https URL`,
		`[{"type":"section","fields":[1,2,3,4,5,6,7,8,9,10,11]}]`:                                               `blocks[0].fields: there are 11, but Slack accepts at most 10`,
		`[{"type":"context","elements":[1,2,3,4,5,6,7,8,9,10,11]}]`:                                             `blocks[0].elements: there are 11, but Slack accepts at most 10`,
		`[{"type":"actions","elements":[` + strings.Repeat("1,", 25) + `1]}]`:                                   `blocks[0].elements: there are 26, but Slack accepts at most 25`,
		`[{"type":"section"}]`: `blocks[0]: a section must have a text or fields`,
		`[{"type":"section","fields":[{"type":"mrkdwn","text":"{{ .Title "}]}]`: `blocks[0].fields[0].text: unclosed action`,
		`[{"type":"section","text":{"type":"mrkdwn","text":"{{ .Titel }}"}}]`:   ``,
		`[{"type":"section","text":{"type":"mrkdwn","text":"` + strings.Repeat("x", 2999) + `"}}` + strings.Repeat(`,{"type":"section","text":{"type":"mrkdwn","text":"`+strings.Repeat("x", 2999)+`"}}`, 3) + `]`: `blocks: all texts together have 11996 characters, but Slack accepts at most 11000 (tried with a CREATE event of resource type entity with the usual values)`,
	} {
		_, err := blocks(t, source, example, message.Notes{Now: happenedAt()})
		if err == nil || want != "" && err.Error() != want || !strings.HasPrefix(err.Error(), "blocks") {
			t.Errorf("%.100s\ngot  %v\nwant %s", source, err, want)
		}
	}
}

// TestTheMessageOfEachKindOfEvent checks the default messages.
func TestTheMessageOfEachKindOfEvent(t *testing.T) {
	t.Parallel()
	trigger := `"trigger":{"by":{"userId":"ada"},"at":"2026-06-15T16:44:56.288Z"}`
	const context = "Triggered by ada · 2026-06-15 16:44:56 UTC"
	tests := []struct {
		name  string
		rule  rule.Rule
		event string
		want  []string
		line  string
	}{
		{
			"a recovery",
			rule.Rule{Name: "r", Property: "state", HealthyValues: []any{"Up"}},
			`{"action":"UPDATE","resourceType":"entity",` + trigger + `,"context":{"blueprint":"b","entity":"cart"},"diff":{"before":{"properties":{"state":"Down"}},"after":{"properties":{"state":"Up"}}}}`,
			[]string{"✅ Change in cart state (recovered)", "cart · b · " + context, "*Before*\nDown :grey_question:", "*Now*\nUp :white_check_mark:"},
			"• *cart* state: Down :grey_question: → Up :white_check_mark: · ada · 2026-06-15 16:44:56 UTC",
		},
		{
			"an update",
			rule.Rule{Name: "r"},
			`{"action":"UPDATE","resourceType":"entity",` + trigger + `,"context":{"blueprint":"b","entity":"cart"},"diff":{"before":{"title":"Old","properties":{"a":1,"b":"x"},"relations":{"s":"one"}},"after":{"title":"New","properties":{"a":1.0,"b":"y\nz","c":true},"relations":{"s":null}}}}`,
			[]string{"New was updated", "cart · b · " + context + " · rule r", "*title*: Old → New\n*b*: x → y z\n*c*: none → true\n*s*: one → none"},
			"• *New* (cart) was updated · ada · 2026-06-15 16:44:56 UTC",
		},
		{
			"a creation",
			rule.Rule{Name: "r"},
			`{"action":"CREATE","resourceType":"entity",` + trigger + `,"context":{"blueprint":"b"},"diff":{"before":null,"after":{"identifier":"cart","properties":{"a":1,"n":null}}}}`,
			[]string{"cart was created", "cart · b · " + context + " · rule r", "*a*: 1"},
			"• *cart* was created · ada · 2026-06-15 16:44:56 UTC",
		},
		{
			"a deletion",
			rule.Rule{Name: "r"},
			`{"action":"DELETE","resourceType":"entity",` + trigger + `,"context":{"blueprint":"b"},"diff":{"before":{"identifier":"cart","title":"Cart"},"after":null}}`,
			[]string{"Cart was deleted", "cart · b · " + context + " · rule r"},
			"• *Cart* (cart) was deleted · ada · 2026-06-15 16:44:56 UTC",
		},
		{
			"a timer",
			rule.Rule{Name: "r"},
			`{"action":"TIMER_EXPIRED",` + trigger + `,"context":{"blueprint":"b","entity":"cart"},"additionalData":{"property":"ttl"}}`,
			[]string{"cart: the timer ttl has expired", "cart · b · " + context + " · rule r"},
			"• *cart*: the timer ttl has expired · ada · 2026-06-15 16:44:56 UTC",
		},
		{
			"a timer that is not named",
			rule.Rule{},
			`{"action":"TIMER_EXPIRED"}`,
			[]string{"an entity: a timer has expired", "Triggered by Port"},
			"• *an entity*: a timer has expired · Port",
		},
		{
			"a run",
			rule.Rule{Name: "r", ResourceTypes: []string{"run"}},
			`{"action":"UPDATE","resourceType":"run",` + trigger + `,"context":{"blueprint":"b","runId":"r_1"},"diff":{"before":{},"after":{"id":"r_1","status":"FAILURE"}}}`,
			[]string{"A run: FAILURE", "r_1 · b · " + context + " · rule r"},
			"• *a run* (r_1): FAILURE · ada · 2026-06-15 16:44:56 UTC",
		},
		{
			"a run with its action and its entity",
			rule.Rule{Name: "r", ResourceTypes: []string{"run"}},
			`{"action":"UPDATE","resourceType":"run",` + trigger + `,"context":{"action":{"identifier":"scale","title":"Scale <up>"}},
			  "diff":{"before":{"status":"IN_PROGRESS"},"after":{"id":"r_1","status":"SUCCESS","blueprint":{"identifier":"b"},"entity":{"identifier":"cart","title":"Cart"}}}}`,
			[]string{"Run of Scale &lt;up&gt; on Cart: SUCCESS", "r_1 · b · " + context + " · rule r"},
			"• *run of Scale &lt;up&gt; on Cart* (r_1): SUCCESS · ada · 2026-06-15 16:44:56 UTC",
		},
		{
			"a creation with a value of the property",
			rule.DefaultHealth(),
			`{"action":"CREATE","resourceType":"entity",` + trigger + `,"context":{"blueprint":"b"},"diff":{"before":null,"after":{"identifier":"cart","title":"Cart","properties":{"healthStatus":"Crashed"}}}}`,
			[]string{"🛑 Change in Cart health status", "cart · b · " + context, "Created as Crashed :octagonal_sign:"},
			"• *Cart* (cart): created as Crashed :octagonal_sign: · ada · 2026-06-15 16:44:56 UTC",
		},
		{
			"a deletion with a value of the property",
			rule.DefaultHealth(),
			`{"action":"DELETE","resourceType":"entity",` + trigger + `,"context":{"blueprint":"b"},"diff":{"before":{"identifier":"cart","properties":{"healthStatus":"Crashed"}},"after":null}}`,
			[]string{"cart was deleted", "cart · b · " + context, "*Before*\nCrashed :octagonal_sign:", "*Now*\nnone :grey_question:"},
			"• *cart* was deleted: Crashed :octagonal_sign: → none :grey_question: · ada · 2026-06-15 16:44:56 UTC",
		},
		{
			"an application",
			rule.Rule{Name: "r"},
			`{"action":"DELETE","resourceType":"entity","trigger":{"by":{"appId":"app_1"}},"diff":{"before":{"identifier":"cart"},"after":null}}`,
			[]string{"cart was deleted", "cart · Triggered by app_1 · rule r"},
			"• *cart* was deleted · app_1",
		},
		{
			"a blueprint",
			rule.Rule{},
			`{"action":"UPDATE","resourceType":"blueprint",` + trigger + `,"diff":{"before":{"identifier":"b"},"after":{"identifier":"b","title":"Database"}}}`,
			[]string{"Blueprint Database was updated", "b · " + context, "*title*: none → Database"},
			"• *Database* was updated · ada · 2026-06-15 16:44:56 UTC",
		},
		{
			"something new",
			rule.Rule{},
			`{"action":"ARCHIVE","resourceType":"widget"}`,
			[]string{"a widget: ARCHIVE", "Triggered by Port"},
			"• *a widget*: ARCHIVE · Port",
		},
		{
			"nothing at all",
			rule.Rule{},
			`{}`,
			[]string{"an entity: something happened", "Triggered by Port"},
			"• *an entity*: something happened · Port",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			alert := message.NewAlert(parsed(t, test.event), test.rule)
			rendered := alert.Message(message.Notes{Now: happenedAt()})
			if got := strings.Join(texts(t, rendered), "|"); got != strings.Join(test.want, "|") {
				t.Errorf("got  %q\nwant %q", got, strings.Join(test.want, "|"))
			}
			if got := alert.Line().Text; got != test.line {
				t.Errorf("got  %q\nwant %q", got, test.line)
			}
			if !strings.HasPrefix(rendered.Text, test.want[0]) || strings.Contains(rendered.Text, "..") {
				t.Errorf("the text reads %q", rendered.Text)
			}
		})
	}
}

// TestManyDetails updates all values of an entity at once.
func TestManyDetails(t *testing.T) {
	t.Parallel()
	properties := map[string]any{}
	for i := range 500 {
		properties[fmt.Sprintf("property%03d", i)] = strings.Repeat("<", 300)
	}
	written, err := json.Marshal(properties)
	if err != nil {
		t.Fatal(err)
	}
	rendered := message.NewAlert(parsed(t, `{"action":"CREATE","resourceType":"entity","diff":{"after":{"identifier":"cart","properties":`+string(written)+`}}}`), rule.Rule{}).Message(message.Notes{})
	section := texts(t, rendered)[2]
	if length := utf8.RuneCountInString(section); length > 3000 || !strings.HasPrefix(section, "*property000*: &lt;&lt;") || !strings.HasSuffix(section, " more") {
		t.Errorf("it has %d characters and ends with %q", length, section[len(section)-40:])
	}
}
