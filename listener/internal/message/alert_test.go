package message_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// happenedAt is the time of the change in testdata/changelog-event.json.
func happenedAt() time.Time {
	return time.Date(2026, 6, 15, 16, 44, 56, 288_000_000, time.UTC)
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// render renders the message of an event as the listener does.
func render(t *testing.T, body []byte, now time.Time) message.Message {
	t.Helper()
	event, err := changelog.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	if !rule.DefaultHealth().Match(event).Matches {
		t.Fatal("the event matches no rule")
	}
	return message.NewAlert(event, rule.DefaultHealth()).Message(message.Notes{Now: now})
}

// TestHealthOfTheExample compares the whole message of the example event with a reviewed file.
func TestHealthOfTheExample(t *testing.T) {
	t.Parallel()
	got := render(t, read(t, "changelog-event.json"), happenedAt().Add(time.Second))
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(map[string]any{"text": got.Text, "blocks": got.Blocks}); err != nil {
		t.Fatal(err)
	}
	if want := read(t, "health.golden.json"); document.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", document.String(), want)
	}
}

// entity returns an event of a changed entity. Both values are JSON.
func entity(t *testing.T, title, before, after string) []byte {
	t.Helper()
	quoted, err := json.Marshal(title)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(`{"action":"UPDATE","resourceType":"entity","trigger":{"by":{"userId":"ada"},"at":"2026-06-15T16:44:56.288Z"},"context":{"blueprint":"service","entity":"e_1"},
		"diff":{"before":{"properties":{"healthStatus":` + before + `}},"after":{"identifier":"cart","title":` + string(quoted) + `,"properties":{"healthStatus":` + after + `}}}}`)
}

// texts returns the texts of a message's blocks, in order.
func texts(t *testing.T, rendered message.Message) []string {
	t.Helper()
	var shown []string
	for _, block := range rendered.Blocks {
		switch block := block.(type) {
		case *slack.HeaderBlock:
			shown = append(shown, block.Text.Text)
		case *slack.ContextBlock:
			for _, element := range block.ContextElements.Elements {
				text, ok := element.(*slack.TextBlockObject)
				if !ok {
					t.Fatalf("a context element is a %T", element)
				}
				shown = append(shown, text.Text)
			}
		case *slack.SectionBlock:
			shown = append(shown, block.Text.Text)
		}
	}
	return shown
}

func TestHealthShowsValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		value string
		want  string
	}{
		{"healthy", `"Healthy"`, "Healthy :white_check_mark:"},
		{"degraded", `"Degraded"`, "Degraded :construction:"},
		{"crashed", `"Crashed"`, "Crashed :octagonal_sign:"},
		{"restarting", `"Restarting"`, "Restarting :arrows_counterclockwise:"},
		{"a status nobody listed", `"Missing"`, "Missing :grey_question:"},
		{"another case", `"healthy"`, "healthy :grey_question:"},
		{"absent", `null`, "none :grey_question:"},
		{"an empty text", `""`, `"" :grey_question:`},
		{"a boolean", `true`, "true :grey_question:"},
		{"a number as it was written", `91.50`, "91.50 :grey_question:"},
		{"an array", `["a", {"b":1}]`, `["a",{"b":1}] :grey_question:`},
		{"markup", `"<!channel> & <@U1>"`, "&lt;!channel&gt; &amp; &lt;@U1&gt; :grey_question:"},
		{"lines", `"a\n\u2028b"`, "a b :grey_question:"},
		{"marks of the direction", `"a\u202eb\u200f"`, "a b :grey_question:"},
		{"emoji and right-to-left text", `"🚀 שלום"`, "🚀 שלום :grey_question:"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rendered := render(t, entity(t, "Cart", `"before"`, test.value), happenedAt())
			if got, want := texts(t, rendered)[3], "*Now*\n"+test.want; got != want {
				t.Errorf("the section reads %q, want %q", got, want)
			}
			if !strings.Contains(rendered.Text, "before :grey_question: → "+test.want+".") {
				t.Errorf("the text reads %q", rendered.Text)
			}
		})
	}
}

func TestHealthNamesTheEntity(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", 150-len("x Change in  health status"))
	tests := []struct {
		name  string
		title string
		want  string
	}{
		{"its title", "Cart", "Cart"},
		{"its identifier without a title", "", "cart"},
		{"its identifier with a blank title", " \t\u202e\n", "cart"},
		{"markup", "<!channel> & co", "&lt;!channel&gt; &amp; co"},
		{"lines and tabs", " Cart\r\n\tService\u2028x ", "Cart Service x"},
		{"control characters", "Ca\x00rt\x1b[31m", "Cart[31m"},
		{"right-to-left text is kept, overrides are not", "שלום \u202egnp.exe", "שלום gnp.exe"},
		{"the longest that fits", longest, longest},
		{"one more", longest + "x", longest[:len(longest)-1] + "…"},
		{"an entity at the edge is kept or goes whole", strings.Repeat("&", 100), strings.Repeat("&amp;", 24) + "…"},
		{"emoji count as one", strings.Repeat("🚀", 10_000), strings.Repeat("🚀", len(longest)-1) + "…"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := texts(t, render(t, entity(t, test.title, `null`, `"Healthy"`), happenedAt()))[0]
			if want := "✅ Change in " + test.want + " health status"; got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestHealthKeepsWithinSlacksLimits(t *testing.T) {
	t.Parallel()
	for _, filler := range []string{"x", "&", "<", "🚀", "é", "a&"} {
		t.Run(filler, func(t *testing.T) {
			t.Parallel()
			long := strings.Repeat(filler, 10_000)
			value := `"` + long + `"`
			body := strings.Replace(string(entity(t, long, value, `["`+long+`"]`)), `"ada"`, value, 1)
			rendered := render(t, []byte(body), happenedAt().Add(time.Hour))
			total := 0
			for i, limit := range []int{150, 3000, 3000, 3000} {
				text := texts(t, rendered)[i]
				length := utf8.RuneCountInString(text)
				total += length
				if length > limit {
					t.Errorf("text %d has %d characters, more than %d", i, length, limit)
				}
				if !strings.Contains(text, "…") {
					t.Errorf("text %d does not say that it was cut: %q", i, text)
				}
				for _, entity := range []string{"&amp;", "&lt;"} {
					text = strings.ReplaceAll(text, entity, "")
				}
				if strings.ContainsAny(text, "&<") {
					t.Errorf("text %d holds half an entity: %q", i, text)
				}
			}
			if total > 11_000 {
				t.Errorf("all blocks together have %d characters", total)
			}
			if length := utf8.RuneCountInString(rendered.Text); length > 3000 {
				t.Errorf("the top-level text has %d characters", length)
			}
		})
	}
}

func TestHealthSaysWhoAndWhen(t *testing.T) {
	t.Parallel()
	const at = `"at":"2026-06-15T16:44:56.288Z"`
	tests := []struct {
		name    string
		trigger string
		delay   time.Duration
		want    string
	}{
		{"a user", `{"by":{"userId":"ada"},` + at + `}`, 0, "Triggered by ada · 2026-06-15 16:44:56 UTC"},
		{"an application", `{"by":{"appId":"app_1"},` + at + `}`, 0, "Triggered by app_1 · 2026-06-15 16:44:56 UTC"},
		{"a client", `{"by":{"userId":"h2Mf@clients"},` + at + `}`, 0, "Triggered by h2Mf@clients · 2026-06-15 16:44:56 UTC"},
		{"nobody named", `{"by":{},` + at + `}`, 0, "Triggered by Port · 2026-06-15 16:44:56 UTC"},
		{"Port itself", `{"by":{"byPort":true},` + at + `}`, 0, "Triggered by Port · 2026-06-15 16:44:56 UTC"},
		{"markup in a name", `{"by":{"userId":"<@U1>\n"},` + at + `}`, 0, "Triggered by &lt;@U1&gt; · 2026-06-15 16:44:56 UTC"},
		{"no time", `{"by":{"userId":"ada"}}`, 0, "Triggered by ada"},
		{"a clock that is behind", `{` + at + `}`, -time.Hour, "Triggered by Port · 2026-06-15 16:44:56 UTC"},
		{"not yet late", `{` + at + `}`, 5*time.Minute - 1, "Triggered by Port · 2026-06-15 16:44:56 UTC"},
		{"late", `{` + at + `}`, 5 * time.Minute, "Triggered by Port · 2026-06-15 16:44:56 UTC · 5 minutes late"},
		{"later", `{` + at + `}`, 119 * time.Minute, "Triggered by Port · 2026-06-15 16:44:56 UTC · 119 minutes late"},
		{"hours late", `{` + at + `}`, 2 * time.Hour, "Triggered by Port · 2026-06-15 16:44:56 UTC · 2 hours late"},
		{"days late", `{` + at + `}`, 49 * time.Hour, "Triggered by Port · 2026-06-15 16:44:56 UTC · 2 days late"},
		{"another offset", `{"at":"2026-06-15T18:44:56+02:00"}`, 0, "Triggered by Port · 2026-06-15 16:44:56 UTC"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body := `{"action":"UPDATE","resourceType":"entity","trigger":` + test.trigger + `,"diff":{"before":{},"after":{"properties":{"healthStatus":"Healthy"}}}}`
			rendered := render(t, []byte(body), happenedAt().Add(test.delay))
			if got := texts(t, rendered)[1]; got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if !strings.HasSuffix(rendered.Text, test.want) {
				t.Errorf("the text reads %q", rendered.Text)
			}
		})
	}
}

func TestHealthOfAnEntityWithoutAName(t *testing.T) {
	t.Parallel()
	body := `{"action":"CREATE","resourceType":"entity","diff":{"after":{"updatedAt":"2026-06-15T16:44:56Z","properties":{"healthStatus":"Crashed"}}}}`
	want := "🛑 Change in an entity health status: Created as Crashed :octagonal_sign:. Triggered by Port · 2026-06-15 16:44:56 UTC"
	if got := render(t, []byte(body), happenedAt()).Text; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
