package message_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
)

// FuzzValues puts a value into every field of an event: Slack must accept the message, and it must
// contain no mentions or links except those of the template.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{
		"", " ", "cart", "<!here>", "<https://evil.example|x>", "&lt;", "a|b", "https://x.example/<>|&", "`*_~", "\n# x\n> y", "\u202e\x1b[2J", "{{ .Title }}", `","x":"`,
		strings.Repeat("<&>🚀", 1000), "[x](https://evil.example)", "- 1. x", "javascript:alert(1)", "\\", "😀\u200d", "http://", "https://u:p@h/\x00",
	} {
		f.Add(seed)
	}
	everything := `{{ .Title }}{{ .To }}{{ link .After.value .To }}{{ link "https://x.example" .To }}{{ code .To }}{{ json .After }}{{ printf "%s%q" .To .To }}` +
		`{{ truncate 5 .To }}{{ upper .To }}{{ join "," .After.list }}{{ urlquery .To }}{{ date "15:04" .To }}{{ round 1 .To }}{{ emoji .To }}{{ range $k, $v := .After }}{{ $k }}{{ $v }}{{ end }}`
	parts, err := newTemplate(message.Source{Header: everything, Context: everything, Body: everything, Text: everything, Line: everything})
	if err != nil {
		f.Fatal(err)
	}
	text := func(kind string) any { return map[string]any{"type": kind, "text": everything} }
	set, err := newTemplate(message.Source{Blocks: []any{
		map[string]any{"type": "header", "text": text("plain_text")},
		map[string]any{"type": "section", "text": text("mrkdwn"), "fields": []any{text("mrkdwn"), text("plain_text")}, "block_id": "{{ .To }}"},
		map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "text": text("plain_text"), "url": "{{ .To }}", "value": "{{ .To }}"}}},
		map[string]any{"type": "image", "image_url": "{{ .To }}", "alt_text": "{{ .To }}"},
		map[string]any{"type": "context", "elements": []any{text("mrkdwn")}},
		map[string]any{"type": "markdown", "text": "{{ .To }} {{ link .To .To }} {{ code .To }}"},
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		quoted, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		body := strings.ReplaceAll(`{"action":"UPDATE","resourceType":"entity","trigger":{"by":{"userId":V},"at":V},"context":{"blueprint":V,"entity":V},
			"diff":{"before":{"properties":{"cpuUtil":1}},"after":{"identifier":V,"title":V,"properties":{"cpuUtil":V,"value":V,"list":[V,V],V:V}}}}`, "V", string(quoted))
		alert := message.NewAlert(parsed(t, body), cpu())
		usual := alert.Message(message.Notes{Now: happenedAt()})
		checkMessage(t, usual)
		checkMrkdwn(t, alert.Line().Text)
		for _, template := range []*message.Template{parts, set} {
			rendered, err := template.Message(alert, message.Notes{Now: happenedAt()})
			if err != nil {
				t.Fatalf("%q: %v", value, err)
			}
			checkMessage(t, rendered)
			line, err := template.Line(alert)
			if err != nil {
				t.Fatalf("%q: %v", value, err)
			}
			checkMrkdwn(t, line.Text)
		}
	})
}

// checkMessage checks every text of a message.
func checkMessage(t *testing.T, content message.Message) {
	t.Helper()
	checkMrkdwn(t, content.Text)
	if content.Text == "" || len(content.Blocks) == 0 {
		t.Errorf("a message without text or blocks: %+v", content)
	}
	encoded, err := json.Marshal(content.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	var decoded any
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		t.Fatal(err)
	}
	total := 0
	eachText(decoded, "", func(kind, text string) {
		total += utf8.RuneCountInString(text)
		if most := map[string]int{"header": 150, "button": 75}[kind]; most > 0 && utf8.RuneCountInString(text) > most {
			t.Errorf("the %s has %d characters", kind, utf8.RuneCountInString(text))
		}
		if strings.TrimSpace(text) == "" {
			t.Errorf("a text of a %s is empty", kind)
		}
		if kind != "markdown" {
			checkMrkdwn(t, text)
		}
	})
	if total > 12_000 {
		t.Errorf("all texts together have %d characters", total)
	}
}

// eachText yields the texts in a value, with the type of the object that contains them.
func eachText(node any, kind string, yield func(kind, text string)) {
	switch node := node.(type) {
	case []any:
		for _, element := range node {
			eachText(element, kind, yield)
		}
	case map[string]any:
		own := fmt.Sprint(node["type"])
		if text, ok := node["text"].(string); ok {
			if own == "markdown" {
				kind = own
			}
			yield(kind, text)
			return
		}
		for _, child := range node {
			eachText(child, own, yield)
		}
	}
}

// checkMrkdwn returns an error if Slack would find a mention, or a link that is not ours.
func checkMrkdwn(t *testing.T, text string) {
	t.Helper()
	rest := regexp.MustCompile(`<https?://[^<>|\s]+\|[^<>]*>`).ReplaceAllString(text, "")
	rest = strings.NewReplacer("&lt;", "", "&gt;", "", "&amp;", "").Replace(rest)
	if strings.ContainsAny(rest, "<>&") {
		t.Errorf("%q is left of %.300q", rest, text)
	}
}
