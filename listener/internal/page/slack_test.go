package page

import (
	"encoding/json"
	"html/template"
	"regexp"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
)

func TestMrkdwn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]template.HTML{
		"plain":                         "plain",
		"*bold* and _it_ ~gone~ `code`": "<strong>bold</strong> and <em>it</em> <s>gone</s> <code>code</code>",
		"*a _b_ c*":                     "<strong>a <em>b</em> c</strong>",
		"2*3*4 snake_case_name":         "2*3*4 snake_case_name",
		"* no * _ no _":                 "* no * _ no _",
		"*open":                         "*open",
		"*over\nlines*":                 "*over\nlines*",
		"```*no* <b>```":                "<pre>*no* &lt;b&gt;</pre>",
		"`*no*`":                        "<code>*no*</code>",
		"a &amp; b &lt;c&gt;":           "a &amp; b &lt;c&gt;",
		"Healthy :white_check_mark:":    "Healthy ✅",
		":unknown_code:":                ":unknown_code:",
		"<https://x.example/a?b=1&amp;c=2|the *page*>": `<a rel="noreferrer noopener" href="https://x.example/a?b=1&amp;c=2">the *page*</a>`,
		"<https://x.example>":                          `<a rel="noreferrer noopener" href="https://x.example">https://x.example</a>`,
		"<!here> <@U123> <#C1|general>":                `<span class="mention">@here</span> <span class="mention">@U123</span> <span class="mention">@general</span>`,
		"<javascript:alert(1)|click>":                  "&lt;javascript:alert(1)|click&gt;",
		"<https://x\"onmouseover=alert(1)|y>":          `<a rel="noreferrer noopener" href="https://x&#34;onmouseover=alert(1)">y</a>`,
		"<script>alert(1)</script>":                    "&lt;script&gt;alert(1)&lt;/script&gt;",
		"<!<b>|x>":                                     `<span class="mention">@&lt;b</span>|x&gt;`,
		"<b":                                           "&lt;b",
		"":                                             "",
	} {
		if got := mrkdwn(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// FuzzMrkdwn checks that no text can inject a tag.
func FuzzMrkdwn(f *testing.F) {
	for _, seed := range []string{"*a <https://x|*b*>*", "```<b>```", "<!<|>>", "`<i>`", "&lt;script&gt;", "<https://a\"b|c>", "*`_~<@a|b>~_`*"} {
		f.Add(seed)
	}
	tag := regexp.MustCompile(`<(/?(strong|em|s|code|pre|span|a)|a rel="noreferrer noopener" href="(https?://|mailto:)[^"<>]*"|span class="mention")>`)
	f.Fuzz(func(t *testing.T, text string) {
		if rest := tag.ReplaceAllString(string(mrkdwn(text)), ""); strings.ContainsAny(rest, `<>"`) {
			t.Errorf("%q is %s", text, rest)
		}
	})
}

// TestDraw renders a message with a block of each kind.
func TestDraw(t *testing.T) {
	t.Parallel()
	var content message.Message
	err := json.Unmarshal([]byte(`{"text":"a *b*","blocks":[
		{"type":"header","text":{"type":"plain_text","text":"a &amp; *b* :construction:"}},
		{"type":"divider"},
		{"type":"context","elements":[{"type":"mrkdwn","text":"*c*"},{"type":"image","alt_text":"a dog","image_url":"https://x/dog.png"}]},
		{"type":"section","text":{"type":"mrkdwn","text":"_d_"},"fields":[{"type":"plain_text","text":"_e_"}],"accessory":{"type":"button","text":{"type":"plain_text","text":"Open"},"url":"https://x/open"}},
		{"type":"actions","elements":[{"type":"button","style":"danger","text":{"type":"plain_text","text":"Stop"},"url":"javascript:x"}]},
		{"type":"image","alt_text":"a cat","image_url":"https://x/cat.png","title":{"type":"plain_text","text":"Cat"}},
		{"type":"markdown","text":"**f** <b>"},
		{"type":"rich_text","elements":[]}]}`), &content)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := draw(content)
	if err != nil {
		t.Fatal(err)
	}
	want := []block{
		{Kind: "header", Text: "a &amp; *b* 🚧"},
		{Kind: "divider"},
		{Kind: "context", Elements: []template.HTML{"<strong>c</strong>", "[a dog]"}},
		{Kind: "section", Text: "<em>d</em>", Fields: []template.HTML{"_e_"}, Buttons: []button{{Label: "Open", URL: "https://x/open"}}},
		{Kind: "actions", Buttons: []button{{Label: "Stop", Style: "danger"}}},
		{Kind: "image", Label: "a cat", URL: "https://x/cat.png", Text: "Cat"},
		{Kind: "text", Text: "**f** &lt;b&gt;"},
		{Kind: "other", Label: "rich_text"},
	}
	for i := range want {
		got, _ := json.Marshal(drawn.Blocks[i])
		expected, _ := json.Marshal(want[i])
		if string(got) != string(expected) {
			t.Errorf("block %d is %s, want %s", i, got, expected)
		}
	}
	if drawn.Text != "a <strong>b</strong>" {
		t.Errorf("the text is %s", drawn.Text)
	}
}

// TestLocalPath keeps redirects on the page.
func TestLocalPath(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"/events?entity=a": "/events?entity=a", "/": "/", "": "/", "events": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example/": "/",
		"/%2f/evil": "/", "javascript:alert(1)": "/", "/a\n": "/",
	} {
		if got := localPath(given); got != want {
			t.Errorf("%q leads to %q, want %q", given, got, want)
		}
	}
}
