package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

const (
	// textLimit is for the whole top-level text, which Slack would truncate at 40,000 characters.
	textLimit = 3000
	// lineLimit is for a line of a digest.
	lineLimit = 600
)

// Source is the configuration of a message. Every part is a template; a part that is left out is as
// in the default message.
type Source struct {
	// Header, Context and Body are the parts of a message without custom blocks.
	Header, Context, Body string
	// Blocks replace these parts. They are JSON values, as exported by the Block Kit Builder under
	// "blocks". Every text in them is a separate template.
	Blocks []any
	// Text is shown in notifications, and sent alone if Slack refuses the blocks.
	Text string
	// Line is the line of the alert in a digest.
	Line string
}

// Template renders the messages for alerts of one rule. It is safe for concurrent use.
type Template struct {
	header, context, body, text, line *text
	blocks                            *blockSet
	source                            []byte
}

// TemplateError describes a mistake in a template.
type TemplateError struct {
	// Part is where the mistake is: a key such as "header", or a path such as
	// "blocks[2].text.text".
	Part    string
	Problem string

	// anyEvent means that the template fails for every event.
	anyEvent bool
}

// mistakeIn returns the error for a mistake in a part.
func mistakeIn(part string, err error) *TemplateError {
	_, ours := errors.AsType[*misuse](err)
	return &TemplateError{Part: part, Problem: err.Error(), anyEvent: ours}
}

// Error implements error.
func (e *TemplateError) Error() string { return e.Part + ": " + e.Problem }

// ParseTemplate parses the output of Template.Text.
func ParseTemplate(text []byte) (*Template, error) {
	var read Source
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("reading a template: %w", err)
	}
	return NewTemplate(read)
}

// Text returns the source of the template as JSON.
func (t *Template) Text() []byte { return t.source }

// Mentions reports whether the template may use a value, such as "Teams".
func (t *Template) Mentions(value string) bool { return bytes.Contains(t.source, []byte(value)) }

// NewTemplate compiles the templates of a source. Its error is a *TemplateError.
func NewTemplate(source Source) (*Template, error) {
	written, err := json.Marshal(source)
	if err != nil {
		return nil, fmt.Errorf("writing a template: %w", err)
	}
	result := &Template{source: written}
	for _, part := range []struct {
		name   string
		source string
		target target
		into   **text
	}{
		{"header", source.Header, unformatted().within(headerLimit), &result.header},
		{"context", source.Context, formatted().within(sectionLimit - labelLimit), &result.context},
		{"body", source.Body, formatted().within(sectionLimit), &result.body},
		{"text", source.Text, formatted().within(textLimit), &result.text},
		{"line", source.Line, formatted().within(lineLimit), &result.line},
	} {
		if part.source == "" {
			continue
		}
		compiled, err := compile(part.source, part.target)
		if err != nil {
			return nil, mistakeIn(part.name, err)
		}
		*part.into = compiled
	}
	if source.Blocks != nil {
		var err error
		if result.blocks, err = compileBlocks(source.Blocks); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// Try renders the template for sample events of every kind that a rule can match. Its error is a
// *TemplateError. Like any rendering, it may take unlimited time and memory: see package sandbox.
func (t *Template) Try(r rule.Rule) error {
	tried, err := samples(r)
	if err != nil {
		return err
	}
	for _, sample := range tried {
		_, err := t.Message(sample.alert, Notes{Now: sample.alert.event.HappenedAt()})
		// The blocks may depend on values that no sample has.
		if mistake, ok := errors.AsType[*TemplateError](err); ok && mistake.Problem == errNothingLeft.Error() {
			err = nil
		}
		if err != nil {
			return sample.explain(err)
		}
		if _, err := t.Line(sample.alert); err != nil {
			return sample.explain(err)
		}
	}
	return nil
}

// Message renders the message of an alert. Its error is a *TemplateError.
func (t *Template) Message(alert Alert, notes Notes) (Message, error) {
	values := alert.data()
	result := alert.parts(notes)
	for _, part := range []struct {
		name     string
		template *text
		into     func(rendered string)
	}{
		{"header", t.header, func(rendered string) { result.header = oneLine(rendered) }},
		{"context", t.context, func(rendered string) { result.context = rendered + alert.remarks(notes) }},
		{"body", t.body, result.replaceBody},
		{"text", t.text, func(rendered string) { result.text = rendered + alert.remarks(notes) }},
	} {
		rendered, given, err := renderPart(part.name, part.template, values)
		if err != nil {
			return Message{}, err
		}
		if given || part.name == "body" && t.body != nil {
			part.into(rendered)
		}
	}
	if t.blocks == nil {
		return result.message(), nil
	}
	rendered, err := t.blocks.render(values, alert.remarks(notes))
	if err != nil {
		return Message{}, err
	}
	return Message{Text: result.plain(), Blocks: rendered}, nil
}

// renderPart renders one part. given is false if there is no template for it or its output is
// blank.
func renderPart(name string, template *text, values *data) (rendered string, given bool, err error) {
	if template == nil {
		return "", false, nil
	}
	if rendered, err = template.fit(values, template.target.limit); err != nil {
		return "", false, mistakeIn(name, err)
	}
	rendered = cut(rendered, template.target.limit)
	return rendered, oneLine(rendered) != "", nil
}

// Line renders the alert as a line of a digest. Its error is a *TemplateError.
func (t *Template) Line(alert Alert) (Line, error) {
	result := alert.Line()
	rendered, given, err := renderPart("line", t.line, alert.data())
	if err != nil || !given {
		return result, err
	}
	result.Text = "• " + oneLine(rendered)
	return result, nil
}

// checkTotal checks the total length of all texts.
func checkTotal(texts []string) error {
	total := 0
	for _, text := range texts {
		total += utf8.RuneCountInString(text)
	}
	if total > messageLimit {
		return &TemplateError{Part: "blocks", Problem: fmt.Sprintf("all texts together have %d characters, but Slack accepts at most %d", total, messageLimit)}
	}
	return nil
}
