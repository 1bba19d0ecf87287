package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/nearword"
)

const (
	// messageLimit is the maximum number of characters in all blocks of a message.
	messageLimit       = 11_000
	maxBlocks          = 50
	maxFields          = 10
	maxContextElements = 10
	maxActions         = 25
	urlLimit           = 3000
)

// The types of text objects.
const (
	plainText = "plain_text"
	mrkdwn    = "mrkdwn"
)

// blockSet is a list of blocks whose texts are templates. The JSON is decoded before the texts are
// compiled, so the output of a template is always a text and never JSON.
type blockSet struct {
	blocks []any
}

// compileBlocks checks the form of the blocks and compiles every text in them.
func compileBlocks(source []any) (*blockSet, error) {
	if len(source) == 0 || len(source) > maxBlocks {
		return nil, &TemplateError{Part: "blocks", Problem: fmt.Sprintf("there must be between 1 and %d blocks, not %d", maxBlocks, len(source))}
	}
	set := &blockSet{}
	for i, block := range source {
		path := fmt.Sprintf("blocks[%d]", i)
		if err := checkBlock(path, block); err != nil {
			return nil, err
		}
		compiled, err := compileNode(path, block, position{}, verbatim())
		if err != nil {
			return nil, err
		}
		set.blocks = append(set.blocks, compiled)
	}
	return set, nil
}

// checkBlock detects likely mistakes, but not everything that Slack would refuse.
func checkBlock(path string, block any) error {
	object, ok := block.(map[string]any)
	if !ok {
		return &TemplateError{Part: path, Problem: `a block must be an object with a "type"`}
	}
	kind, _ := object["type"].(string)
	if kind == "" {
		return &TemplateError{Part: path, Problem: `a block must have a "type", such as "section"`}
	}
	known := blockTypes()
	if meant, near := nearword.Nearest(kind, known); near && !slices.Contains(known, kind) {
		return &TemplateError{Part: path, Problem: fmt.Sprintf("%q is not a block type; did you mean %q?", kind, meant)}
	}
	switch kind {
	case "input":
		return &TemplateError{Part: path, Problem: "a message cannot have an input block"}
	case "header":
		return checkText(path+".text", object["text"], plainText)
	case "section":
		if object["text"] == nil && object["fields"] == nil {
			return &TemplateError{Part: path, Problem: "a section must have a text or fields"}
		}
		if object["text"] != nil {
			if err := checkText(path+".text", object["text"], plainText, mrkdwn); err != nil {
				return err
			}
		}
		return checkList(path+".fields", object["fields"], maxFields, func(path string, field any) error { return checkText(path, field, plainText, mrkdwn) })
	case "context":
		return checkList(path+".elements", object["elements"], maxContextElements, checkElement)
	case "actions":
		return checkList(path+".elements", object["elements"], maxActions, checkElement)
	case "image":
		return checkElement(path, object)
	case "markdown":
		if text, ok := object["text"].(string); !ok || text == "" {
			return &TemplateError{Part: path + ".text", Problem: "the text of a markdown block must be a string, not an object"}
		}
	}
	if accessory := object["accessory"]; accessory != nil {
		return checkElement(path+".accessory", accessory)
	}
	return nil
}

// checkText returns an error unless text is a text object of one of the types.
func checkText(path string, text any, types ...string) error {
	object, _ := text.(map[string]any)
	kind, _ := object["type"].(string)
	if _, isText := object["text"].(string); !isText || !slices.Contains(types, kind) {
		return &TemplateError{Part: path, Problem: fmt.Sprintf(`it must be an object such as {"type": %q, "text": "…"}`, types[len(types)-1])}
	}
	return nil
}

// checkElement checks buttons and images; other elements are not checked.
func checkElement(path string, element any) error {
	object, ok := element.(map[string]any)
	if !ok {
		return &TemplateError{Part: path, Problem: `it must be an object with a "type"`}
	}
	switch object["type"] {
	case "button":
		if address, isLink := object["url"].(string); isLink && !strings.Contains(address, "{{") && !isAddress(address) {
			return &TemplateError{Part: path + ".url", Problem: "it must be an http or https URL"}
		}
		return checkText(path+".text", object["text"], plainText)
	case "image":
		if alternative, ok := object["alt_text"].(string); !ok || alternative == "" {
			return &TemplateError{Part: path, Problem: "an image must have an alt_text"}
		}
	}
	return nil
}

// checkList checks the length of a list and its elements.
func checkList(path string, list any, limit int, check func(path string, element any) error) error {
	elements, _ := list.([]any)
	if len(elements) > limit {
		return &TemplateError{Part: path, Problem: fmt.Sprintf("there are %d, but Slack accepts at most %d", len(elements), limit)}
	}
	for i, element := range elements {
		if err := check(fmt.Sprintf("%s[%d]", path, i), element); err != nil {
			return err
		}
	}
	return nil
}

// blockTypes returns the known types of blocks. Slack adds new ones, so a type that resembles none
// of these is accepted.
func blockTypes() []string {
	return []string{
		"actions", "alert", "card", "carousel", "container", "context", "context_actions", "data_table", "data_visualization", "divider", "file", "header",
		"image", "input", "markdown", "plan", "rich_text", "section", "table", "task_card", "video",
	}
}

// compileNode copies a value, and replaces every text that is a template with the compiled
// template. in is the position of the value, and into the target of a text directly in it.
func compileNode(path string, node any, in position, into target) (any, error) {
	switch node := node.(type) {
	case string:
		if !strings.Contains(node, "{{") {
			return node, nil
		}
		compiled, err := compile(node, into)
		if err != nil {
			return nil, mistakeIn(path, err)
		}
		return compiled, nil
	case []any:
		list := make([]any, len(node))
		for i, element := range node {
			compiled, err := compileNode(path+"["+strconv.Itoa(i)+"]", element, in, into)
			if err != nil {
				return nil, err
			}
			list[i] = compiled
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(node))
		for _, key := range slices.Sorted(maps.Keys(node)) {
			// The target of a text depends on the type of its object.
			if kind, _ := node[key].(string); key == "type" && strings.Contains(kind, "{{") {
				return nil, &TemplateError{Part: path + ".type", Problem: "a type cannot be a template"}
			}
			compiled, err := compileNode(path+"."+key, node[key], position{kindOf(node, in), key}, targetOf(node, key, in))
			if err != nil {
				return nil, err
			}
			object[key] = compiled
		}
		return object, nil
	}
	return node, nil
}

// targetOf returns the target of the text under a key of an object. Slack interprets only the text
// of a text object or a markdown block.
func targetOf(object map[string]any, key string, in position) target {
	switch {
	case key != "text":
		return verbatim()
	case object["type"] == mrkdwn:
		return formatted().within(in.limit())
	case object["type"] == "markdown":
		return standard()
	case object["type"] == plainText:
		return unformatted().within(in.limit())
	}
	return verbatim()
}

// render renders every text. If the total is too long, it truncates values further. It adds remarks
// as a separate block.
func (s *blockSet) render(values *data, remarks string) ([]slack.Block, error) {
	var err error
	for _, limit := range []int{sectionLimit, summaryLimit, detailLimit, detailLimit / 4} {
		current := &blockRendering{values: values, limit: limit, ids: make(map[string]bool)}
		var rendered []slack.Block
		if rendered, err = s.renderWithin(current, remarks); err != nil {
			return nil, err
		}
		if err = checkTotal(current.texts); err == nil {
			return rendered, nil
		}
	}
	return nil, err
}

// errNothingLeft reports that all blocks are empty for an event.
var errNothingLeft = errors.New("no block is left, because all of their texts are empty")

// blockRendering is one attempt to render a blockSet.
type blockRendering struct {
	values *data
	limit  int
	// texts are all visible texts.
	texts []string
	// ids are the block ids used so far.
	ids map[string]bool
}

func (s *blockSet) renderWithin(current *blockRendering, remarks string) ([]slack.Block, error) {
	var blocks []slack.Block
	for i, block := range s.blocks {
		rendered, err := current.node(fmt.Sprintf("blocks[%d]", i), block)
		if err != nil {
			return nil, err
		}
		object, _ := current.fit(rendered, position{}).(map[string]any)
		if object == nil {
			continue
		}
		ready, err := newRawBlock(object)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, ready)
	}
	if len(blocks) == 0 {
		return nil, &TemplateError{Part: "blocks", Problem: errNothingLeft.Error()}
	}
	if remarks = strings.TrimPrefix(remarks, " · "); remarks != "" && len(blocks) < maxBlocks {
		current.texts = append(current.texts, remarks)
		blocks = append(blocks, slack.NewContextBlock("", markdown(remarks)))
	}
	return blocks, nil
}

// node renders the texts in a value.
func (r *blockRendering) node(path string, node any) (any, error) {
	switch node := node.(type) {
	case *text:
		rendered, err := node.fit(r.values, r.limit)
		if err != nil {
			return nil, mistakeIn(path, err)
		}
		return rendered, nil
	case []any:
		list := make([]any, len(node))
		for i, element := range node {
			rendered, err := r.node(path+"["+strconv.Itoa(i)+"]", element)
			if err != nil {
				return nil, err
			}
			list[i] = rendered
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(node))
		for key, child := range node {
			rendered, err := r.node(path+"."+key, child)
			if err != nil {
				return nil, err
			}
			object[key] = rendered
		}
		return object, nil
	}
	return node, nil
}

// position is where a value is: in an object of type parent, under a key.
type position struct{ parent, key string }

// limit is the maximum length of a text there, in characters.
func (p position) limit() int {
	switch {
	case p.parent == "header":
		return headerLimit
	case p.parent == "button" && p.key == "text", p.parent == "option", p.parent == "confirm" && p.key != "text":
		return 75
	case p.parent == "confirm":
		return 300
	case p.key == "fields", p.key == "alt_text", p.key == "value", p.key == "title":
		return 2000
	}
	return sectionLimit
}

// oneLine reports whether a text there must not contain line breaks.
func (p position) oneLine() bool { return p.limit() <= headerLimit }

// kindOf returns the type of an object, or the kind that its position implies.
func kindOf(object map[string]any, in position) string {
	if kind, ok := object["type"].(string); ok {
		return kind
	}
	switch in.key {
	case "confirm":
		return "confirm"
	case "options", "initial_option", "initial_options":
		return "option"
	}
	return ""
}

// fit makes a rendered value acceptable to Slack: it truncates texts, and removes empty ones, for
// which Slack would refuse the whole message. It returns nil if nothing is left.
func (r *blockRendering) fit(node any, in position) any {
	switch node := node.(type) {
	case []any:
		fitting := make([]any, 0, len(node))
		for _, element := range node {
			if fitted := r.fit(element, in); fitted != nil {
				fitting = append(fitting, fitted)
			}
		}
		if len(fitting) == 0 {
			return nil
		}
		return fitting
	case map[string]any:
		return r.fitObject(node, in)
	case string:
		if in.key != "url" && in.key != "image_url" {
			return cutPlain(node, in.limit())
		}
	}
	return node
}

func (r *blockRendering) fitObject(object map[string]any, in position) any {
	kind := kindOf(object, in)
	if kind == plainText || kind == mrkdwn {
		return r.fitText(object, in)
	}
	for key, child := range object {
		if text, isText := child.(string); isText && key == "text" {
			r.texts = append(r.texts, text)
		}
		if fitted := r.fit(child, position{kind, key}); fitted != nil {
			object[key] = fitted
		} else {
			delete(object, key)
		}
	}
	fillIn(object, kind)
	if isHollow(object, kind) {
		return nil
	}
	if id, ok := object["block_id"].(string); ok {
		if id == "" || r.ids[id] {
			delete(object, "block_id")
		}
		r.ids[id] = true
	}
	return object
}

// fillIn sets a replacement for texts that must not be empty or left out.
func fillIn(object map[string]any, kind string) {
	switch {
	case kind == "image" && object["alt_text"] == "":
		object["alt_text"] = "an image"
	case kind == "raw_text" && object["text"] == "":
		object["text"] = "–"
	}
}

// isHollow reports whether an object lacks a required part.
func isHollow(object map[string]any, kind string) bool {
	switch kind {
	case "header", "option", "confirm":
		return object["text"] == nil
	case "markdown":
		text, _ := object["text"].(string)
		return strings.TrimSpace(text) == ""
	case "text":
		return object["text"] == ""
	case "section":
		return object["text"] == nil && object["fields"] == nil
	case "context", "actions", "rich_text", "rich_text_section", "rich_text_quote", "rich_text_list", "rich_text_preformatted":
		return object["elements"] == nil
	case "button":
		address, isLink := object["url"].(string)
		return object["text"] == nil || isLink && !isAddress(address)
	case "link":
		address, _ := object["url"].(string)
		return !isAddress(address)
	case "image":
		address, given := object["image_url"].(string)
		return given && !isAddress(address)
	case "video":
		return object["title"] == nil
	}
	return false
}

func isAddress(address string) bool { return len(address) <= urlLimit && isWebAddress(address) }

// fitText truncates the text of a text object. Unless the object has its own option, it sets
// verbatim for mrkdwn, so that Slack does not turn plain words into links and mentions, and emoji
// for plain text.
func (r *blockRendering) fitText(object map[string]any, in position) any {
	text, _ := object["text"].(string)
	if in.oneLine() {
		text = oneLine(text)
	}
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	text = cut(text, in.limit())
	object["text"] = text
	option := "emoji"
	if object["type"] == mrkdwn {
		option = "verbatim"
	}
	if _, exists := object[option]; !exists {
		object[option] = true
	}
	r.texts = append(r.texts, text)
	return object
}

// rawBlock is a block that is sent unchanged, including keys that the library does not know.
type rawBlock struct {
	kind    slack.MessageBlockType
	id      string
	content json.RawMessage
}

func newRawBlock(object map[string]any) (rawBlock, error) {
	content, err := changelog.Stringify(object)
	if err != nil {
		return rawBlock{}, fmt.Errorf("serialising a block: %w", err)
	}
	kind, _ := object["type"].(string)
	id, _ := object["block_id"].(string)
	return rawBlock{kind: slack.MessageBlockType(kind), id: id, content: content}, nil
}

// BlockType implements slack.Block.
func (b rawBlock) BlockType() slack.MessageBlockType { return b.kind }

// ID implements slack.Block.
func (b rawBlock) ID() string { return b.id }

// MarshalJSON returns the block unchanged.
func (b rawBlock) MarshalJSON() ([]byte, error) { return b.content, nil }
