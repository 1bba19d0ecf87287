package message_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

func line(t *testing.T, body []byte) message.Line {
	t.Helper()
	event, err := changelog.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return message.NewAlert(event, rule.DefaultHealth()).Line()
}

func TestHealthLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                 string
		title, before, after string
		want                 string
	}{
		{"a change", "Cart", `"Healthy"`, `"Crashed"`, "• *Cart* (cart): Healthy :white_check_mark: → Crashed :octagonal_sign: · ada · 2026-06-15 16:44:56 UTC"},
		{"no title", "", `null`, `"Crashed"`, "• *cart*: none :grey_question: → Crashed :octagonal_sign: · ada · 2026-06-15 16:44:56 UTC"},
		{"lines and markup", "a\nb <!here>", `"x\ny"`, `"<&>"`, "• *a b &lt;!here&gt;* (cart): x y :grey_question: → &lt;&amp;&gt; :grey_question: · ada · 2026-06-15 16:44:56 UTC"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := line(t, entity(t, test.title, test.before, test.after)).Text; got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// TestDigestsKeepWithinSlacksLimits fills digests with the longest and with the shortest lines.
func TestDigestsKeepWithinSlacksLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("&🚀", 5000)
	about := map[string]string{"long lines": " of health status", "usual lines": " of health status"}
	for name, content := range map[string]message.Line{
		"long lines":  line(t, entity(t, long, `"`+long+`"`, `["`+long+`"]`)),
		"usual lines": line(t, entity(t, "Notification Service Production", `"Healthy"`, `"Degraded"`)),
		"short lines": {Text: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var digest message.Digest
			count := 0
			for digest.Add(content) {
				count++
			}
			rendered := digest.Message(message.Notes{Now: time.Now(), PossiblySent: true})
			if len(rendered.Blocks) > 50 {
				t.Errorf("%d blocks", len(rendered.Blocks))
			}
			total, lines := 0, 0
			for i, text := range texts(t, rendered) {
				length := utf8.RuneCountInString(text)
				total += length
				if length > 3000 || i == 0 && length > 150 {
					t.Errorf("text %d has %d characters", i, length)
				}
				if i > 1 {
					lines += strings.Count(text, "\n") + 1
				}
			}
			if total > 11_000 {
				t.Errorf("all blocks together have %d characters", total)
			}
			if lines != count || count < 25 {
				t.Errorf("%d lines were added, %d are shown", count, lines)
			}
			if got := strings.Count(rendered.Text, "\n"); got != count {
				t.Errorf("the text has %d of %d lines", got, count)
			}
			if texts := texts(t, rendered); texts[0] != fmt.Sprintf("%d changes%s", count, about[name]) || !strings.Contains(texts[1], "may be a duplicate") {
				t.Errorf("it begins with %q", texts[:2])
			}
		})
	}
}

func TestNotesAreShown(t *testing.T) {
	t.Parallel()
	event, err := changelog.Parse(entity(t, "Cart", `"Healthy"`, `"Crashed"`))
	if err != nil {
		t.Fatal(err)
	}
	alert := message.NewAlert(event, rule.DefaultHealth())
	const begin = "cart · service · Triggered by ada · 2026-06-15 16:44:56 UTC"
	for want, notes := range map[string]message.Notes{
		begin:                           {},
		begin + " · may be a duplicate": {PossiblySent: true},
		begin + " · out of order: a newer change was already reported": {Overtaken: true},
	} {
		notes.Now = happenedAt()
		rendered := alert.Message(notes)
		if got := texts(t, rendered)[1]; got != want || !strings.HasSuffix(rendered.Text, want) {
			t.Errorf("got %q and %q, want %q", got, rendered.Text, want)
		}
		if plain := rendered.Plain(); plain.Text != rendered.Text || len(plain.Blocks) != 0 {
			t.Errorf("as plain text: %+v", plain)
		}
	}
}
