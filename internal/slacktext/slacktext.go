// Package slacktext renders the blocks of a Slack message as text for a terminal. The demo shows
// alerts with it.
package slacktext

import (
	"regexp"
	"strings"

	"github.com/slack-go/slack"
)

const rule = "────────────────────────────────────────"

// Render renders the blocks of a message line by line, or its text if it has no blocks.
func Render(message slack.WebhookMessage) string {
	if message.Blocks == nil || len(message.Blocks.BlockSet) == 0 {
		return plain(message.Text)
	}
	var lines []string
	for _, block := range message.Blocks.BlockSet {
		lines = append(lines, renderBlock(block)...)
	}
	return strings.Join(lines, "\n")
}

func renderBlock(block slack.Block) []string {
	switch block := block.(type) {
	case *slack.HeaderBlock:
		return []string{text(block.Text)}
	case *slack.DividerBlock:
		return []string{rule}
	case *slack.ContextBlock:
		return []string{strings.Join(contextTexts(block), "  ")}
	case *slack.SectionBlock:
		return sectionLines(block)
	case *slack.ActionBlock:
		return buttonLines(block)
	case *slack.MarkdownBlock:
		return strings.Split(escape.ReplaceAllString(emoji(block.Text), "$1"), "\n")
	case *slack.ImageBlock:
		return []string{"[image: " + block.AltText + "] " + block.ImageURL}
	default:
		return []string{"[" + string(block.BlockType()) + "]"}
	}
}

func contextTexts(block *slack.ContextBlock) []string {
	var texts []string
	for _, element := range block.ContextElements.Elements {
		switch element := element.(type) {
		case *slack.TextBlockObject:
			texts = append(texts, text(element))
		case slack.TextBlockObject:
			texts = append(texts, text(&element))
		}
	}
	return texts
}

func sectionLines(block *slack.SectionBlock) []string {
	var lines []string
	if block.Text != nil {
		lines = append(lines, strings.Split(text(block.Text), "\n")...)
	}
	for _, field := range block.Fields {
		lines = append(lines, strings.Split(text(field), "\n")...)
	}
	if block.Accessory != nil && block.Accessory.ButtonElement != nil {
		lines = append(lines, button(block.Accessory.ButtonElement))
	}
	return lines
}

func buttonLines(block *slack.ActionBlock) []string {
	var lines []string
	for _, element := range block.Elements.ElementSet {
		if element, ok := element.(*slack.ButtonBlockElement); ok {
			lines = append(lines, button(element))
		}
	}
	return lines
}

func button(element *slack.ButtonBlockElement) string {
	return strings.TrimSpace("[ " + text(element.Text) + " ] " + element.URL)
}

func text(object *slack.TextBlockObject) string {
	if object == nil {
		return ""
	}
	if object.Type == slack.PlainTextType {
		unescaped := unescape.Replace(object.Text)
		if object.Emoji != nil && !*object.Emoji {
			return unescaped
		}
		return emoji(unescaped)
	}
	return plain(object.Text)
}

var (
	link      = regexp.MustCompile(`<(https?://[^|>]*)\|([^>]*)>`)
	mention   = regexp.MustCompile(`<[!@#]([^|>]*)(\|[^>]*)?>`)
	bold      = regexp.MustCompile(`(^|\W)\*([^*\n]+)\*(\W|$)`)
	shortcode = regexp.MustCompile(`:[a-z0-9_+-]+:`)
	// escape matches the escapes of standard Markdown.
	escape = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")
)

// unescape undoes the three escapes of Slack's texts:
// https://docs.slack.dev/messaging/formatting-message-text
var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// plain renders mrkdwn without its markup.
func plain(mrkdwn string) string {
	linked := mention.ReplaceAllString(link.ReplaceAllString(mrkdwn, "$2 ($1)"), "@$1")
	return emoji(unescape.Replace(bold.ReplaceAllString(linked, "$1$2$3")))
}

// emoji replaces the shortcodes that our messages use; others stay unchanged.
func emoji(in string) string {
	return shortcode.ReplaceAllStringFunc(in, Emoji)
}

// Emoji returns the character of a shortcode that our messages use, such as :white_check_mark:, or
// the shortcode itself.
func Emoji(code string) string {
	switch code {
	case ":white_check_mark:":
		return "✅"
	case ":construction:":
		return "🚧"
	case ":octagonal_sign:":
		return "🛑"
	case ":arrows_counterclockwise:":
		return "🔄"
	case ":grey_question:":
		return "❔"
	}
	return code
}
