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
	// messageLimit is how many characters the blocks of a message have together.
	messageLimit = 11_000
	mostBlocks   = 50
	mostFields   = 10
	mostContext  = 10
	mostActions  = 25
	urlLimit     = 3000
)

// The types of text objects.
const (
	plainText = "plain_text"
	mrkdwn    = "mrkdwn"
)

// blockSet is a set of blocks whose texts are templates. It was decoded before they were compiled:
// whatever a text renders to, it stays a text.
type blockSet struct {
	blocks []any
}

// compileBlocks checks the form of the blocks and compiles every text in them.
func compileBlocks(source []any) (*blockSet, error) {
	if len(source) == 0 || len(source) > mostBlocks {
		return nil, &TemplateError{Part: "blocks", Problem: fmt.Sprintf("there must be between 1 and %d blocks, not %d", mostBlocks, len(source))}
	}
	set := &blockSet{}
	for i, block := range source {
		path := fmt.Sprintf("blocks[%d]", i)
		if err := checkBlock(path, block); err != nil {
			return nil, err
		}
		compiled, err := compileNode(path, block, place{}, verbatim())
		if err != nil {
			return nil, err
		}
		set.blocks = append(set.blocks, compiled)
	}
	return set, nil
}

// checkBlock refuses what is likely to be a slip, of all that Slack would refuse.
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
		return checkList(path+".fields", object["fields"], mostFields, func(path string, field any) error { return checkText(path, field, plainText, mrkdwn) })
	case "context":
		return checkList(path+".elements", object["elements"], mostContext, checkElement)
	case "actions":
		return checkList(path+".elements", object["elements"], mostActions, checkElement)
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

// checkText refuses what is no text object of one of the types.
func checkText(path string, text any, types ...string) error {
	object, _ := text.(map[string]any)
	kind, _ := object["type"].(string)
	if _, isText := object["text"].(string); !isText || !slices.Contains(types, kind) {
		return &TemplateError{Part: path, Problem: fmt.Sprintf(`it must be an object such as {"type": %q, "text": "…"}`, types[len(types)-1])}
	}
	return nil
}

// checkElement looks at buttons and images; of others less is known.
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

// checkList refuses a list that Slack finds too long, and elements that cannot be.
func checkList(path string, list any, most int, check func(path string, element any) error) error {
	elements, _ := list.([]any)
	if len(elements) > most {
		return &TemplateError{Part: path, Problem: fmt.Sprintf("there are %d, but Slack accepts at most %d", len(elements), most)}
	}
	for i, element := range elements {
		if err := check(fmt.Sprintf("%s[%d]", path, i), element); err != nil {
			return err
		}
	}
	return nil
}

// blockTypes are the types of blocks that a message may have. Slack adds new ones: one that is like
// none of these is passed on.
func blockTypes() []string {
	return []string{
		"actions", "alert", "card", "carousel", "container", "context", "context_actions", "data_table", "data_visualization", "divider", "file", "header",
		"image", "input", "markdown", "plan", "rich_text", "section", "table", "task_card", "video",
	}
}

// compileNode copies a value and replaces every text that is a template by its compiled form. in is
// where it stands, and into what a text directly in it is for.
func compileNode(path string, node any, in place, into target) (any, error) {
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
			// What a text is for depends on the type beside it.
			if kind, _ := node[key].(string); key == "type" && strings.Contains(kind, "{{") {
				return nil, &TemplateError{Part: path + ".type", Problem: "a type cannot be a template"}
			}
			compiled, err := compileNode(path+"."+key, node[key], place{kindOf(node, in), key}, targetOf(node, key, in))
			if err != nil {
				return nil, err
			}
			object[key] = compiled
		}
		return object, nil
	}
	return node, nil
}

// targetOf says what the text under a key of an object is for. Only the text of a text object, or
// of a markdown block, is read by Slack.
func targetOf(object map[string]any, key string, in place) target {
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

// render renders every text. When all of it is too long, values are cut shorter. remarks are added
// as a block of their own.
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

// errNothingLeft says that a set of blocks says nothing about an event.
var errNothingLeft = errors.New("no block is left, because all of their texts are empty")

// blockRendering is one attempt at rendering a set.
type blockRendering struct {
	values *data
	limit  int
	// texts are all texts that are shown.
	texts []string
	// ids are the ids of blocks that are taken.
	ids map[string]bool
}

func (s *blockSet) renderWithin(current *blockRendering, remarks string) ([]slack.Block, error) {
	var blocks []slack.Block
	for i, block := range s.blocks {
		rendered, err := current.node(fmt.Sprintf("blocks[%d]", i), block)
		if err != nil {
			return nil, err
		}
		object, _ := current.fit(rendered, place{}).(map[string]any)
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

// place says where a value stands: in an object of a type, under a key.
type place struct{ parent, key string }

// limit is how many characters Slack takes of a text there.
func (p place) limit() int {
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

// oneLine reports whether a text there has no line breaks.
func (p place) oneLine() bool { return p.limit() <= headerLimit }

// kindOf is what an object counts as: its type, or what it must be in the place where it stands.
func kindOf(object map[string]any, in place) string {
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

// fit makes of a rendered value what Slack takes: texts are cut, and what has become empty is left
// out, since Slack would refuse the whole message for it. It returns nil when nothing is left.
func (r *blockRendering) fit(node any, in place) any {
	switch node := node.(type) {
	case []any:
		kept := make([]any, 0, len(node))
		for _, element := range node {
			if fitting := r.fit(element, in); fitting != nil {
				kept = append(kept, fitting)
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return kept
	case map[string]any:
		return r.fitObject(node, in)
	case string:
		if in.key != "url" && in.key != "image_url" {
			return cutPlain(node, in.limit())
		}
	}
	return node
}

func (r *blockRendering) fitObject(object map[string]any, in place) any {
	kind := kindOf(object, in)
	if kind == plainText || kind == mrkdwn {
		return r.fitText(object, in)
	}
	for key, child := range object {
		if text, isText := child.(string); isText && key == "text" {
			r.texts = append(r.texts, text)
		}
		if fitting := r.fit(child, place{kind, key}); fitting != nil {
			object[key] = fitting
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

// fillIn gives what may not be empty, and cannot be left out, something to show.
func fillIn(object map[string]any, kind string) {
	switch {
	case kind == "image" && object["alt_text"] == "":
		object["alt_text"] = "an image"
	case kind == "raw_text" && object["text"] == "":
		object["text"] = "–"
	}
}

// isHollow reports whether something has lost what it cannot be without.
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

// fitText cuts the text of a text object. Unless the object says otherwise, Slack is kept from
// finding links and people in mrkdwn that it does not mark as such, and draws the emoji of a plain
// text.
func (r *blockRendering) fitText(object map[string]any, in place) any {
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
	if _, said := object[option]; !said {
		object[option] = true
	}
	r.texts = append(r.texts, text)
	return object
}

// rawBlock is a block that is sent as it is, with keys that the library may not know.
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
