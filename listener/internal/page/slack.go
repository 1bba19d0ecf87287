package page

import (
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/slacktext"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
)

// block is a block of a message in the form for the template. Its kind determines which fields are
// set.
type block struct {
	// Kind is header, divider, context, section, actions, image or text, or other for unsupported
	// blocks.
	Kind string
	Text template.HTML
	// Fields are texts in columns, and Elements consecutive texts.
	Fields, Elements []template.HTML
	Buttons          []button
	// Label is the description of an image or the type of an unsupported block. URL is the URL of
	// the image, which is not fetched.
	Label, URL string
}

type button struct {
	Label string
	URL   string
	Style string
}

// blockJSON is the JSON form of a block.
type blockJSON struct {
	Type      string          `json:"type"`
	Text      json.RawMessage `json:"text"`
	Title     json.RawMessage `json:"title"`
	Fields    []textJSON      `json:"fields"`
	Elements  []elementJSON   `json:"elements"`
	Accessory *elementJSON    `json:"accessory"`
	ImageURL  string          `json:"image_url"`
	AltText   string          `json:"alt_text"`
}

type textJSON struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// elementJSON is an element of a context or actions block, or an accessory. The text of a text
// object is a string, that of a button an object.
type elementJSON struct {
	Type     string          `json:"type"`
	Text     json.RawMessage `json:"text"`
	URL      string          `json:"url"`
	Style    string          `json:"style"`
	ImageURL string          `json:"image_url"`
	AltText  string          `json:"alt_text"`
}

// drawing is a message in the form for the template.
type drawing struct {
	Blocks []block
	// Text is what a notification shows.
	Text template.HTML
}

// draw reads a message block by block.
func draw(content message.Message) (drawing, error) {
	written, err := json.Marshal(content)
	if err != nil {
		return drawing{}, fmt.Errorf("serialising a message: %w", err)
	}
	var read struct {
		Blocks []blockJSON `json:"blocks"`
	}
	if err := json.Unmarshal(written, &read); err != nil {
		return drawing{}, fmt.Errorf("reading a message: %w", err)
	}
	drawn := drawing{Text: mrkdwn(content.Text)}
	for _, one := range read.Blocks {
		drawn.Blocks = append(drawn.Blocks, drawBlock(one))
	}
	return drawn, nil
}

func drawBlock(read blockJSON) block {
	switch read.Type {
	case "header", "section":
		return drawSection(read)
	case "divider":
		return block{Kind: "divider"}
	case "context":
		drawn := block{Kind: "context"}
		for _, element := range read.Elements {
			drawn.Elements = append(drawn.Elements, drawElement(element))
		}
		return drawn
	case "actions":
		drawn := block{Kind: "actions"}
		for _, element := range read.Elements {
			drawn.Buttons = append(drawn.Buttons, drawButton(element))
		}
		return drawn
	case "image":
		return block{Kind: "image", Label: read.AltText, URL: webLink(read.ImageURL), Text: drawText(read.Title)}
	case "markdown":
		var text string
		_ = json.Unmarshal(read.Text, &text) // Invalid text is shown as empty.
		return block{Kind: "text", Text: escaped(text)}
	}
	return block{Kind: "other", Label: read.Type}
}

func drawSection(read blockJSON) block {
	drawn := block{Kind: read.Type, Text: drawText(read.Text)}
	for _, field := range read.Fields {
		drawn.Fields = append(drawn.Fields, field.draw())
	}
	switch accessory := read.Accessory; {
	case accessory == nil:
	case accessory.Type == "button":
		drawn.Buttons = []button{drawButton(*accessory)}
	case accessory.Type == "image":
		drawn.Label, drawn.URL = accessory.AltText, webLink(accessory.ImageURL)
	}
	return drawn
}

func drawElement(element elementJSON) template.HTML {
	if element.Type == "image" {
		return escaped("[" + element.AltText + "]")
	}
	var text string
	_ = json.Unmarshal(element.Text, &text) // Invalid text is shown as empty.
	return textJSON{element.Type, text}.draw()
}

func drawButton(element elementJSON) button {
	var label textJSON
	_ = json.Unmarshal(element.Text, &label) // Invalid text is shown as empty.
	return button{Label: plainText(label.Text), URL: webLink(element.URL), Style: element.Style}
}

func drawText(raw json.RawMessage) template.HTML {
	var text textJSON
	_ = json.Unmarshal(raw, &text) // Invalid text is shown as empty.
	return text.draw()
}

func (t textJSON) draw() template.HTML {
	if t.Type == "plain_text" {
		return escaped(plainText(t.Text))
	}
	return mrkdwn(t.Text)
}

// plainText resolves Slack's escapes and emoji shortcodes.
func plainText(text string) string {
	return drawEmoji(unescape.Replace(text))
}

func drawEmoji(text string) string { return shortcode.ReplaceAllStringFunc(text, slacktext.Emoji) }

var (
	shortcode = regexp.MustCompile(`:[a-z0-9_+-]+:`)
	// unescape resolves Slack's three escapes.
	unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// escaped is a text as HTML.
func escaped(text string) template.HTML {
	return template.HTML(html.EscapeString(text)) //nolint:gosec // It is escaped here.
}

// webLink returns the URL if a page may link to it, otherwise "".
func webLink(text string) string {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" && parsed.Scheme != "mailto" {
		return ""
	}
	return parsed.String()
}

// mrkdwn converts Slack's mrkdwn to HTML: https://docs.slack.dev/messaging/formatting-message-text.
// Everything else is escaped.
func mrkdwn(text string) template.HTML {
	var out strings.Builder
	// A shortcode may contain markup characters.
	markup{out: &out}.write(drawEmoji(text), 0)
	return template.HTML(out.String()) //nolint:gosec // Everything in it was escaped.
}

// markup writes HTML.
type markup struct{ out *strings.Builder }

// deepest is the maximum nesting depth of markup.
const deepest = 4

// write writes a text with markup.
func (m markup) write(text string, depth int) {
	for position := 0; position < len(text); {
		next := strings.IndexAny(text[position:], "`<*_~")
		if next < 0 {
			m.plain(text[position:])
			return
		}
		m.plain(text[position : position+next])
		position += next
		used := m.mark(text, position, depth)
		if used == 0 {
			m.plain(text[position : position+1])
			used = 1
		}
		position += used
	}
}

func (m markup) plain(text string) { m.out.WriteString(html.EscapeString(plainText(text))) }

// mark writes the markup at a position and returns its length, or 0 if there is none.
func (m markup) mark(text string, position, depth int) int {
	rest := text[position:]
	switch {
	case depth > deepest:
		return 0
	case rest[0] == '<':
		end := strings.IndexByte(rest, '>')
		if end < 0 {
			return 0
		}
		m.link(rest[1:end])
		return end + 1
	case strings.HasPrefix(rest, "```"):
		if end := strings.Index(rest[3:], "```"); end >= 0 {
			m.wrap("pre", func() { m.plain(rest[3 : 3+end]) })
			return end + 6
		}
		return 0
	}
	if position > 0 && isWord(text[position-1]) {
		return 0
	}
	end := closing(rest)
	if end < 0 {
		return 0
	}
	inner := rest[1:end]
	switch rest[0] {
	case '`':
		m.wrap("code", func() { m.plain(inner) })
	case '*':
		m.wrap("strong", func() { m.write(inner, depth+1) })
	case '_':
		m.wrap("em", func() { m.write(inner, depth+1) })
	case '~':
		m.wrap("s", func() { m.write(inner, depth+1) })
	}
	return end + 1
}

func (m markup) wrap(tag string, write func()) {
	m.out.WriteString("<" + tag + ">")
	write()
	m.out.WriteString("</" + tag + ">")
}

// closing returns the index of the character on the same line that closes the markup at the
// beginning, or -1.
func closing(text string) int {
	line, _, _ := strings.Cut(text, "\n")
	if len(line) < 3 || line[1] == ' ' {
		return -1
	}
	for from := 2; ; {
		next := strings.IndexByte(line[from:], line[0])
		if next < 0 {
			return -1
		}
		from += next
		if line[from-1] != ' ' && (from+1 == len(line) || !isWord(line[from+1])) {
			return from
		}
		if from++; from >= len(line) {
			return -1
		}
	}
}

func isWord(character byte) bool {
	return character >= '0' && character <= '9' || character >= 'a' && character <= 'z' || character >= 'A' && character <= 'Z'
}

// link writes the content of angle brackets: a link, a mention or a date.
func (m markup) link(inside string) {
	target, label, labelled := strings.Cut(inside, "|")
	if !labelled {
		label = target
	}
	if mention := strings.TrimLeft(target, "@#!"); mention != target {
		if !labelled {
			label = mention
		}
		m.out.WriteString(`<span class="mention">@`)
		m.plain(strings.TrimLeft(label, "@#"))
		m.out.WriteString(`</span>`)
		return
	}
	address := webLink(plainText(target))
	if address == "" {
		m.plain("<" + inside + ">")
		return
	}
	m.out.WriteString(`<a rel="noreferrer noopener" href="` + html.EscapeString(address) + `">`)
	m.plain(label)
	m.out.WriteString("</a>")
}
