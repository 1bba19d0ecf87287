package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/slacktext"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/sandbox"
)

// blockKitBuilder displays the blocks in the fragment of its URL.
const blockKitBuilder = "https://app.slack.com/block-kit-builder#"

func renderCommand() command {
	return command{
		name:      "render",
		arguments: "[-event file.json] [-config listener.yaml] [-rule name]",
		summary:   "show the messages for an event, and why other rules do not match",
		about: `Show the messages for an event, without sending anything.

For each rule that matches, the command prints the message as text and a link that
shows it in Slack's Block Kit Builder; for each other rule, the reason. It needs no
secrets and no webhooks. Without -config it uses the default rule, without -event
the example event.`,
		prepare: prepareRender,
	}
}

func prepareRender(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	path := flags.String("event", "", "`file` that contains the event as JSON; - reads it from standard input")
	file := flags.String("config", "", "configuration `file`")
	only := flags.String("rule", "", "show only the message of the rule with this `name`, even if it does not match")
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if len(operands) > 0 {
			return &usageError{fmt.Sprintf("unexpected argument %q", operands[0])}
		}
		evaluator, err := newSandbox()
		if err != nil {
			return err
		}
		defer func() { _ = evaluator.Close(context.WithoutCancel(ctx)) }()
		loaded, err := config.LoadRules(config.Source{
			File: *file, LookupEnv: os.LookupEnv,
			Try: func(template *message.Template, selected rule.Rule) error {
				return evaluator.Try(ctx, template, selected)
			},
		})
		if err != nil {
			return describeInvalid(err)
		}
		body, err := readEvent(*path)
		if err != nil {
			return err
		}
		if body, err = parseable(body); err != nil {
			return fmt.Errorf("reading the event: %w", err)
		}
		event, err := changelog.Parse(body)
		if err != nil {
			return fmt.Errorf("reading the event: %w", err)
		}
		return render(ctx, printer{out: out, sandbox: evaluator, body: body}, loaded, event, *only)
	}
}

// render shows the messages for an event, and why other rules do not match.
func render(ctx context.Context, shown printer, loaded *config.Config, event *changelog.Event, only string) error {
	shown.line("%s\n", describe(event))
	if only != "" {
		r, ok := loaded.Rule(only)
		if !ok {
			return fmt.Errorf("there is no rule %q; the rules are %s", only, strings.Join(loaded.RuleNames(), ", "))
		}
		verdict, err := shown.match(ctx, r, event)
		if err != nil {
			return err
		}
		if !verdict.Matches {
			shown.line("%s does not match: %s.", r.Name, explainMismatch(verdict.Reason, verdict.Err))
		}
		return shown.message(ctx, r, event)
	}
	for _, r := range loaded.Rules {
		verdict, err := shown.match(ctx, r, event)
		if err != nil {
			return err
		}
		if !verdict.Matches {
			shown.line("%s does not match: %s.\n", r.Name, explainMismatch(verdict.Reason, verdict.Err))
			continue
		}
		if err := shown.message(ctx, r, event); err != nil {
			return err
		}
	}
	return shown.err
}

// describe describes an event in one line.
func describe(event *changelog.Event) string {
	about := strings.Trim(event.Context.Blueprint+":"+event.Context.Entity, ":")
	words := []string{"The event:", event.Action, "of", event.ResourceType, about}
	if at := event.HappenedAt(); !at.IsZero() {
		words = append(words, "at", at.UTC().Format(time.RFC3339))
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

func explainMismatch(reason string, cause error) string {
	if cause == nil {
		return reason
	}
	return fmt.Sprintf("%s (%v)", reason, cause)
}

// printer writes lines and keeps the first error.
type printer struct {
	out     io.Writer
	err     error
	sandbox *sandbox.Sandbox
	// body is the event as read.
	body []byte
}

// match evaluates a rule for the event, as the listener does.
func (p *printer) match(ctx context.Context, r config.Rule, event *changelog.Event) (rule.Verdict, error) {
	verdict := r.Match(event)
	if !verdict.Matches || r.When == nil {
		return verdict, nil
	}
	verdicts, err := p.sandbox.Decide(ctx, p.body, []*rule.Condition{r.When})
	if err != nil {
		return rule.Verdict{}, err
	}
	return verdicts[0], nil
}

func (p *printer) line(format string, values ...any) {
	if _, err := fmt.Fprintf(p.out, format+"\n", values...); p.err == nil {
		p.err = err
	}
}

func (p *printer) indented(text string) {
	for line := range strings.Lines(text) {
		p.line("    %s", strings.TrimRight(line, "\n"))
	}
}

// message shows the message of a rule in all its forms.
func (p *printer) message(ctx context.Context, r config.Rule, event *changelog.Event) error {
	p.line("%s, to %s:\n", r.Name, strings.Join(r.Destinations, " and "))
	content, line := p.make(ctx, r, event)
	drawn, link, err := draw(content)
	if err != nil {
		return err
	}
	p.indented(drawn)
	p.line("\n  In a notification:\n")
	p.indented(slacktext.Render(slack.WebhookMessage{Text: content.Text}))
	p.line("\n  In a digest:\n")
	p.indented(slacktext.Render(slack.WebhookMessage{Text: line.Text}))
	p.line("\n  As Slack displays it:\n\n    %s\n", link)
	return p.err
}

// make renders the message as the listener does, and prints the mistake if the template fails.
func (p *printer) make(ctx context.Context, r config.Rule, event *changelog.Event) (message.Message, message.Line) {
	alert := message.NewAlert(event, r.Rule)
	notes := message.Notes{Now: event.HappenedAt()}
	content, line := alert.Message(notes), alert.Line()
	if r.Template == nil {
		return content, line
	}
	rendered, err := p.sandbox.Message(ctx, p.body, r.Rule, r.Template, message.Names{}, notes)
	if err != nil {
		p.line("  The template fails for this event, so the default message is sent:\n  %v\n", err)
	} else {
		content = rendered
	}
	if rendered, err := p.sandbox.Line(ctx, p.body, r.Rule, r.Template, message.Names{}); err != nil {
		p.line("  The template of the line fails for this event, so the default line is sent:\n  %v\n", err)
	} else {
		line = rendered
	}
	return content, line
}

// draw returns a message as text, and the link that displays it in the Block Kit Builder.
func draw(content message.Message) (drawn, link string, err error) {
	blocks, err := changelog.Stringify(map[string]any{"blocks": content.Blocks})
	if err != nil {
		return "", "", fmt.Errorf("serialising the message: %w", err)
	}
	var shown slack.Blocks
	for _, block := range content.Blocks {
		shown.BlockSet = append(shown.BlockSet, typed(block))
	}
	drawn = slacktext.Render(slack.WebhookMessage{Blocks: &shown})
	return drawn, blockKitBuilder + strings.ReplaceAll(url.QueryEscape(string(blocks)), "+", "%20"), nil
}

// typed returns a block as a type of the library, or unchanged if the library does not support it.
func typed(block slack.Block) slack.Block {
	var read slack.Blocks
	written, err := json.Marshal([]slack.Block{block})
	if err != nil || json.Unmarshal(written, &read) != nil || len(read.BlockSet) != 1 {
		return block
	}
	return read.BlockSet[0]
}
