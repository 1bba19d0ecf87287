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
	// textLimit is for the whole of the top-level text, which Slack would cut at 40,000 characters.
	textLimit = 3000
	// lineLimit is for a line of a digest.
	lineLimit = 600
)

// Source is what a configuration says about a message. Everything is a template; what it leaves out
// is as in the message of a listener without templates.
type Source struct {
	// Header, Context and Body are the parts of a message of the usual form.
	Header, Context, Body string
	// Blocks are a set of blocks instead of that form: JSON values, as the Block Kit Builder writes
	// them under "blocks". Every text in it is a template of its own.
	Blocks []any
	// Text is what notifications show, and is sent where blocks are refused.
	Text string
	// Line is the alert in a digest.
	Line string
}

// Template makes messages of alerts of one rule. It is safe for concurrent use.
type Template struct {
	header, context, body, text, line *text
	blocks                            *blockSet
	source                            []byte
}

// TemplateError says what is wrong with a template.
type TemplateError struct {
	// Part is where the mistake is: a key such as "header", or a path such as
	// "blocks[2].text.text".
	Part    string
	Problem string

	// anyEvent says that the template can be used for no event.
	anyEvent bool
}

// mistakeIn says that something is wrong with a part.
func mistakeIn(part string, err error) *TemplateError {
	_, ours := errors.AsType[*misuse](err)
	return &TemplateError{Part: part, Problem: err.Error(), anyEvent: ours}
}

// Error names the part and the problem.
func (e *TemplateError) Error() string { return e.Part + ": " + e.Problem }

// ParseTemplate returns the template whose Text it was given.
func ParseTemplate(text []byte) (*Template, error) {
	var read Source
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("reading a template: %w", err)
	}
	return NewTemplate(read)
}

// Text returns the source of the template as a JSON text.
func (t *Template) Text() []byte { return t.source }

// Mentions reports whether the template may use a value, such as "Teams".
func (t *Template) Mentions(value string) bool { return bytes.Contains(t.source, []byte(value)) }

// NewTemplate compiles the templates of a source. Its error is a *TemplateError.
func NewTemplate(source Source) (*Template, error) {
	written, err := json.Marshal(source)
	if err != nil {
		return nil, fmt.Errorf("writing a template: %w", err)
	}
	made := &Template{source: written}
	for _, part := range []struct {
		name   string
		source string
		target target
		into   **text
	}{
		{"header", source.Header, unformatted().within(headerLimit), &made.header},
		{"context", source.Context, formatted().within(sectionLimit - labelLimit), &made.context},
		{"body", source.Body, formatted().within(sectionLimit), &made.body},
		{"text", source.Text, formatted().within(textLimit), &made.text},
		{"line", source.Line, formatted().within(lineLimit), &made.line},
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
		if made.blocks, err = compileBlocks(source.Blocks); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// Try renders the templates for sample events of every kind that a rule can match. Its error is a
// *TemplateError. Like all that templates do it may take any time and any memory: see the package
// sandbox.
func (t *Template) Try(wanted rule.Rule) error {
	tried, err := samples(wanted)
	if err != nil {
		return err
	}
	for _, sample := range tried {
		_, err := t.Message(sample.alert, Notes{Now: sample.alert.event.HappenedAt()})
		// What it says may be about values that no sample has.
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
	made := alert.parts(notes)
	for _, part := range []struct {
		name     string
		template *text
		into     func(rendered string)
	}{
		{"header", t.header, func(rendered string) { made.header = oneLine(rendered) }},
		{"context", t.context, func(rendered string) { made.context = rendered + alert.remarks(notes) }},
		{"body", t.body, made.replaceBody},
		{"text", t.text, func(rendered string) { made.text = rendered + alert.remarks(notes) }},
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
		return made.message(), nil
	}
	rendered, err := t.blocks.render(values, alert.remarks(notes))
	if err != nil {
		return Message{}, err
	}
	return Message{Text: made.plain(), Blocks: rendered}, nil
}

// renderPart renders one text. given is false when there is no template for it, or nothing comes of
// it.
func renderPart(name string, template *text, values *data) (rendered string, given bool, err error) {
	if template == nil {
		return "", false, nil
	}
	if rendered, err = template.fit(values, template.target.most); err != nil {
		return "", false, mistakeIn(name, err)
	}
	rendered = cut(rendered, template.target.most)
	return rendered, oneLine(rendered) != "", nil
}

// Line renders the alert as a line of a digest. Its error is a *TemplateError.
func (t *Template) Line(alert Alert) (Line, error) {
	made := alert.Line()
	rendered, given, err := renderPart("line", t.line, alert.data())
	if err != nil || !given {
		return made, err
	}
	made.Text = "• " + oneLine(rendered)
	return made, nil
}

// checkTotal refuses blocks that are too long together.
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
