package slacktext_test

import (
	"encoding/json"
	"testing"

	"github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/internal/slacktext"
)

func TestRender(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ message, want string }{
		"blocks": {
			message: `{"text":"fallback","blocks":[
				{"type":"header","text":{"type":"plain_text","text":":construction: Change in a &lt;b&gt; health status","emoji":true}},
				{"type":"divider"},
				{"type":"context","elements":[{"type":"mrkdwn","text":"Triggered by *ann*"},{"type":"plain_text","text":"now"}]},
				{"type":"section","text":{"type":"mrkdwn","text":"*Before*\nHealthy &amp; well :white_check_mark:"}},
				{"type":"section","fields":[{"type":"mrkdwn","text":"*Now*\n&lt;none&gt; :grey_question:"}]}]}`,
			want: "🚧 Change in a <b> health status\n" +
				"────────────────────────────────────────\n" +
				"Triggered by ann  now\n" +
				"Before\nHealthy & well ✅\n" +
				"Now\n<none> ❔",
		},
		"emoji disabled": {message: `{"blocks":[{"type":"header","text":{"type":"plain_text","text":":construction: a &amp; b 🚧","emoji":false}}]}`, want: ":construction: a & b 🚧"},
		"text only":      {message: `{"text":"*a* 2*3*4 &amp;lt; :tada:"}`, want: "a 2*3*4 &lt; :tada:"},
		"links, mentions and buttons": {
			message: `{"blocks":[
				{"type":"section","text":{"type":"mrkdwn","text":"<!here> *<https://example.com/?a=1&amp;b=2|more>* <@U1>"},
				 "accessory":{"type":"button","text":{"type":"plain_text","text":"Open"},"url":"https://example.com"}},
				{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Ack"}}]},
				{"type":"image","image_url":"https://example.com/a.png","alt_text":"a graph"}]}`,
			want: "@here more (https://example.com/?a=1&b=2) @U1\n[ Open ] https://example.com\n[ Ack ]\n[image: a graph] https://example.com/a.png",
		},
		"standard Markdown":       {message: `{"blocks":[{"type":"markdown","text":"# A\n\\[x\\] \\:tada\\: :construction: 1\\. c:\\dir"}]}`, want: "# A\n[x] :tada: 🚧 1. c:\\dir"},
		"a block of another type": {message: `{"blocks":[{"type":"file","external_id":"x","source":"remote"}]}`, want: "[file]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var message slack.WebhookMessage
			if err := json.Unmarshal([]byte(test.message), &message); err != nil {
				t.Fatal(err)
			}
			if got := slacktext.Render(message); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
