package syntax

import "regexp"

// Text is the syntax of an identifier, a key or another single-line text.
type Text struct {
	// Pattern is a regular expression, as Port documents it.
	Pattern string
	// MinLength and MaxLength limit the number of characters; 0 sets no limit.
	MinLength, MaxLength int
	// Forbidden are texts that Port refuses although they match.
	Forbidden []string

	expression *regexp.Regexp
}

// The texts of Port's request schemas (POST /v1/blueprints, POST /v1/actions and POST
// /v1/blueprints/{blueprint_identifier}/entities).
var (
	BlueprintIdentifier = text(`^[\p{L}0-9@_.+:\\/-]+$`, 0, 100, ".", "..")
	// EntityIdentifier includes the apostrophe, which Port accepts but does not document. Port may
	// accept "." and ".." too, but no path can address them.
	EntityIdentifier = text(`^[\p{L}0-9@_.+:\\/='-]+$`, 0, 1000)
	ActionIdentifier = text(`^[\p{L}0-9@_.+:=-]+$`, 0, 0, ".", "..")
	// Key is the identifier of a property or a relation.
	Key = text(`^[A-Za-z0-9@_=\\-]+$`, 0, 100)
	// InputKey is the name of an input of an action, which has no length limit.
	InputKey = text(Key.Pattern, 0, 0)
	// MirrorPath is a path of relations to a property: service.language.
	MirrorPath = text(`^(?:[A-Za-z0-9@_=\-$]+\.)+?(\w|\$|@|-)*?[^\.]+$`, 0, 0)
	ButtonText = text(`^[^\s].*[^\s]$`, 1, 15)
	// Title is the title of a blueprint; that of a property may be empty.
	Title         = text("", 1, 100)
	OptionalTitle = text("", 0, 100)
	// Description is the description of a blueprint.
	Description = text("", 0, 200)
)

func text(pattern string, minLength, maxLength int, forbidden ...string) Text {
	return Text{
		Pattern: pattern, MinLength: minLength, MaxLength: maxLength, Forbidden: forbidden,
		expression: regexp.MustCompile(pattern),
	}
}

// Expression returns the compiled pattern. The caller must not modify it.
func (t Text) Expression() *regexp.Regexp { return t.expression }

// schema returns the JSON Schema of the text.
func (t Text) schema() map[string]any {
	s := map[string]any{"type": "string"}
	if t.Pattern != "" {
		s["pattern"] = t.Pattern
	}
	if t.MinLength > 0 {
		s["minLength"] = float64(t.MinLength)
	}
	if t.MaxLength > 0 {
		s["maxLength"] = float64(t.MaxLength)
	}
	if len(t.Forbidden) > 0 {
		s["not"] = enum(t.Forbidden)
	}
	return s
}
