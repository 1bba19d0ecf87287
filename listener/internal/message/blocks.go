package message

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/nearword"
)

const (
	// messageLimit is how many characters the blocks of a message have together.
	messageLimit = 11_000
	mostBlocks   = 50
	mostFields   = 10
	mostContext  = 10
	mostActions  = 25
	fieldLimit   = 2000
	buttonLimit  = 75
	urlLimit     = 3000
)

// The types of text objects.
const (
	plainText = "plain_text"
	mrkdwn    = "mrkdwn"
)

// blockSet is a set of blocks whose texts are templates. It was decoded before
// they were compiled: whatever a text renders to, it stays a text.
type blockSet struct {
	blocks []any
}

// compileBlocks checks the form of the blocks and compiles every text in them.
func compileBlocks(source []any) (*blockSet, error) {
	if len(source) == 0 || len(source) > mostBlocks {
		return nil, &TemplateError{Part: "blocks", Problem: fmt.Sprintf("there must be 1 to %d blocks, and there are %d", mostBlocks, len(source))}
	}
	set := &blockSet{}
	for i, block := range source {
		path := fmt.Sprintf("blocks[%d]", i)
		if err := checkBlock(path, block); err != nil {
			return nil, err
		}
		compiled, err := compileNode(path, block, verbatim())
		if err != nil {
			return nil, err
		}
		set.blocks = append(set.blocks, compiled)
	}
	return set, nil
}

// checkBlock refuses what Slack would refuse, as far as it is likely to be a slip.
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
		return &TemplateError{Part: path, Problem: fmt.Sprintf("%q is no type of a block; did you mean %q?", kind, meant)}
	}
	switch kind {
	case "input":
		return &TemplateError{Part: path, Problem: "a message cannot have a block of the type input"}
	case "header":
		if text, _ := object["text"].(map[string]any); text["type"] != plainText {
			return &TemplateError{Part: path + ".text", Problem: "the text of a header must be a plain_text"}
		}
	case "section":
		if object["text"] == nil && object["fields"] == nil {
			return &TemplateError{Part: path, Problem: "a section must have a text or fields"}
		}
		return checkCount(path+".fields", object["fields"], mostFields)
	case "context":
		return checkCount(path+".elements", object["elements"], mostContext)
	case "actions":
		return checkCount(path+".elements", object["elements"], mostActions)
	}
	return nil
}

// checkCount refuses a list that Slack finds too long.
func checkCount(path string, list any, most int) error {
	if elements, _ := list.([]any); len(elements) > most {
		return &TemplateError{Part: path, Problem: fmt.Sprintf("there are %d, and Slack takes %d", len(elements), most)}
	}
	return nil
}

// blockTypes are the types of blocks that a message may have. Slack adds new ones:
// one that is like none of these is passed on.
func blockTypes() []string {
	return []string{
		"actions", "alert", "card", "carousel", "container", "context", "context_actions", "data_table", "data_visualization", "divider", "file", "header",
		"image", "input", "markdown", "plan", "rich_text", "section", "table", "task_card", "video",
	}
}

// compileNode copies a value and replaces every text that is a template by its
// compiled form. into says what a text directly in it is for.
func compileNode(path string, node any, into target) (any, error) {
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
			compiled, err := compileNode(path+"["+strconv.Itoa(i)+"]", element, into)
			if err != nil {
				return nil, err
			}
			list[i] = compiled
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(node))
		for _, key := range slices.Sorted(maps.Keys(node)) {
			// What a text is for depends on the type beside it.
			if kind, _ := node[key].(string); key == "type" && strings.Contains(kind, "{{") {
				return nil, &TemplateError{Part: path + ".type", Problem: "a type cannot be a template"}
			}
			compiled, err := compileNode(path+"."+key, node[key], targetOf(node, key))
			if err != nil {
				return nil, err
			}
			object[key] = compiled
		}
		return object, nil
	}
	return node, nil
}

// targetOf says what the text under a key is for. Only the text of a text object,
// or of a markdown block, is read by Slack.
func targetOf(object map[string]any, key string) target {
	switch {
	case key != "text":
		return verbatim()
	case object["type"] == mrkdwn || object["type"] == "markdown":
		return formatted()
	case object["type"] == plainText:
		return unformatted()
	}
	return verbatim()
}

// render renders every text. When all of it is too long, values are cut shorter.
// remarks are added as a block of their own.
func (s *blockSet) render(values *data, remarks string) ([]slack.Block, error) {
	var err error
	for _, limit := range []int{sectionLimit, summaryLimit, detailLimit, detailLimit / 4} {
		current := &blockRendering{values: values, limit: limit}
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

// blockRendering is one attempt at rendering a set.
type blockRendering struct {
	values *data
	limit  int
	// texts are the texts of all text objects.
	texts []string
}

func (s *blockSet) renderWithin(current *blockRendering, remarks string) ([]slack.Block, error) {
	var blocks []slack.Block
	for i, block := range s.blocks {
		rendered, err := current.node(fmt.Sprintf("blocks[%d]", i), block)
		if err != nil {
			return nil, err
		}
		object, _ := current.fit(rendered, sectionLimit).(map[string]any)
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
		return nil, &TemplateError{Part: "blocks", Problem: "nothing is left of the blocks, for all of their texts are empty"}
	}
	if remarks = strings.TrimPrefix(remarks, " · "); remarks != "" && len(blocks) < mostBlocks {
		current.texts = append(current.texts, remarks)
		blocks = append(blocks, slack.NewContextBlock("", markdown(remarks)))
	}
	return blocks, nil
}

// node renders the texts below a value.
func (r *blockRendering) node(path string, node any) (any, error) {
	switch node := node.(type) {
	case *text:
		rendered, err := node.render(r.values, r.limit)
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

// fit makes of a rendered value what Slack takes: texts are cut, and what has
// become empty is left out, since Slack would refuse the whole message for it. It
// returns nil when nothing is left. limit is that of a text directly in it.
func (r *blockRendering) fit(node any, limit int) any {
	switch node := node.(type) {
	case []any:
		kept := make([]any, 0, len(node))
		for _, element := range node {
			if fitting := r.fit(element, limit); fitting != nil {
				kept = append(kept, fitting)
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return kept
	case map[string]any:
		return r.fitObject(node, limit)
	}
	return node
}

func (r *blockRendering) fitObject(object map[string]any, limit int) any {
	if object["type"] == plainText || object["type"] == mrkdwn {
		return r.fitText(object, limit)
	}
	for key, child := range object {
		if fitting := r.fit(child, limitOf(object, key)); fitting != nil {
			object[key] = fitting
		} else {
			delete(object, key)
		}
	}
	if isHollow(object) {
		return nil
	}
	return object
}

// limitOf is that of the text under a key.
func limitOf(object map[string]any, key string) int {
	switch {
	case object["type"] == "header":
		return headerLimit
	case object["type"] == "button":
		return buttonLimit
	case key == "fields":
		return fieldLimit
	}
	return sectionLimit
}

// isHollow reports whether something has lost what it cannot be without.
func isHollow(object map[string]any) bool {
	switch object["type"] {
	case "header", "markdown":
		return object["text"] == nil || object["text"] == ""
	case "section":
		return object["text"] == nil && object["fields"] == nil
	case "context", "actions":
		return object["elements"] == nil
	case "button":
		address, isLink := object["url"].(string)
		return object["text"] == nil || isLink && !isAddress(address)
	case "image":
		address, given := object["image_url"].(string)
		return given && !isAddress(address)
	}
	return false
}

func isAddress(address string) bool { return len(address) <= urlLimit && isWebAddress(address) }

// fitText cuts the text of a text object. Slack is kept from finding links and
// people in it that it does not mark as such, unless the object says otherwise.
func (r *blockRendering) fitText(object map[string]any, limit int) any {
	text, _ := object["text"].(string)
	if limit == headerLimit || limit == buttonLimit {
		text = oneLine(text)
	}
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	text = cut(text, limit)
	object["text"] = text
	if _, said := object["verbatim"]; object["type"] == mrkdwn && !said {
		object["verbatim"] = true
	}
	r.texts = append(r.texts, text)
	return object
}

// rawBlock is a block that is sent as it is, with keys that the library may not
// know.
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

// MarshalJSON returns the block as it was written.
func (b rawBlock) MarshalJSON() ([]byte, error) { return b.content, nil }
