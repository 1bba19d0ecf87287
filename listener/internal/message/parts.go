package message

import (
	"strings"

	"github.com/slack-go/slack"
)

// parts are the parts of a message without custom blocks. They are escaped and within Slack's
// limits.
type parts struct {
	header  string
	context string
	// body holds the text of each section.
	body []string
	// summary is a short form of the body, or "".
	summary string
	// text is the top-level text; if it is "", it is made from the other parts.
	text string
}

// replaceBody replaces the body with a text. If the text is blank, the message has no body.
func (p *parts) replaceBody(text string) {
	p.body, p.summary = nil, ""
	if oneLine(text) != "" {
		p.body = []string{text}
	}
}

func (p parts) message() Message {
	blocks := []slack.Block{
		slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, p.header, true, false)),
		slack.NewDividerBlock(),
		slack.NewContextBlock("", markdown(p.context)),
	}
	for _, text := range p.body {
		blocks = append(blocks, slack.NewSectionBlock(markdown(text), nil, nil))
	}
	if len(p.body) > 0 {
		blocks = append(blocks, slack.NewDividerBlock())
	}
	return Message{Text: p.plain(), Blocks: blocks}
}

// plain returns the message as text.
func (p parts) plain() string {
	if p.text != "" {
		return p.text
	}
	text := p.header
	if p.summary != "" {
		text += ": " + p.summary
	}
	text += ". " + p.context
	if p.summary == "" && len(p.body) > 0 {
		text += "\n" + strings.Join(p.body, "\n")
	}
	return text
}

// markdown returns a mrkdwn text object with verbatim set, so that Slack does not turn plain words
// into links or mentions: only the configuration can mention somebody.
func markdown(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}
