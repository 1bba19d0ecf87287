package message

import (
	"strings"

	"github.com/slack-go/slack"
)

// parts are what a message of the usual form consists of. All of them are escaped and within
// Slack's limits.
type parts struct {
	header  string
	context string
	// body has a section for each text.
	body []string
	// summary is the body in a few words; "" if that cannot be said.
	summary string
	// text is the top-level text; "" makes it of the rest.
	text string
}

// replaceBody has a text of somebody else's instead of the body. One without any content leaves the
// message without a body.
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

// plain is the message as a text.
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

// markdown keeps Slack from finding links, channels and people in a text that did not mark them as
// such: mentions come from the configuration alone.
func markdown(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}
