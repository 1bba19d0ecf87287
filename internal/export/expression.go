package export

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const (
	// width is the maximum length in characters of an object or a list on one line.
	width = 100
	step  = "  "
)

// leading are the attributes that come first, in this order. The others follow, sorted by name.
var leading = []string{"identifier", "blueprint", "title", "icon", "description"}

// writer turns the state of a resource into expressions. It keeps the first error.
type writer struct {
	ctx context.Context //nolint:containedctx // It lives as long as one call.
	// refer returns a reference that replaces the text at a path, or "".
	refer func(path []string, text string) string
	err   error
}

// entry is an attribute or a key with its value.
type entry struct{ name, expression string }

// attributes returns the attributes to write: those that are configurable and not null, without
// those that have their default or, where the provider computes them, are empty.
func (w *writer) attributes(declared map[string]schema.Attribute, object tftypes.Value, path []string, indent string) []entry {
	var values map[string]tftypes.Value
	w.keep(object.As(&values))
	var entries []entry
	for _, name := range ordered(declared) {
		attribute, value := declared[name], values[name]
		isConfigured := attribute.IsRequired() || attribute.IsOptional()
		if !isConfigured || value.IsNull() {
			continue
		}
		expression, isEmpty := w.attribute(attribute, value, append(slices.Clone(path), name), indent)
		if isStatic, isDefault := w.compareDefault(attribute, value); isStatic {
			isEmpty = isDefault
		}
		// Where absent and empty mean the same, the provider computes the attribute.
		if isEmpty && attribute.IsOptional() && attribute.IsComputed() {
			continue
		}
		entries = append(entries, entry{name, expression})
	}
	return entries
}

func ordered(declared map[string]schema.Attribute) []string {
	names := slices.Sorted(maps.Keys(declared))
	slices.SortStableFunc(names, func(a, b string) int { return precedence(a) - precedence(b) })
	return names
}

func precedence(name string) int {
	if at := slices.Index(leading, name); at >= 0 {
		return at
	}
	return len(leading)
}

// compareDefault reports whether an attribute declares a static default, and whether the value
// equals it.
func (w *writer) compareDefault(attribute schema.Attribute, value tftypes.Value) (isStatic, isDefault bool) {
	declared, canHaveDefault := attribute.(interface{ BoolDefaultValue() defaults.Bool })
	if !canHaveDefault || declared.BoolDefaultValue() == nil {
		return false, false
	}
	var resp defaults.BoolResponse
	declared.BoolDefaultValue().DefaultBool(w.ctx, defaults.BoolRequest{}, &resp)
	return true, value.Equal(tftypes.NewValue(tftypes.Bool, resp.PlanValue.ValueBool()))
}

// attribute returns the expression of an attribute, and whether it is empty.
func (w *writer) attribute(attribute schema.Attribute, value tftypes.Value, path []string, indent string) (expression string, isEmpty bool) {
	switch attribute := attribute.(type) {
	case schema.SingleNestedAttribute:
		entries := w.attributes(attribute.Attributes, value, path, indent+step)
		return objectExpression(entries, indent), len(entries) == 0
	case schema.MapNestedAttribute:
		return w.mapping(value, path, indent, func(element tftypes.Value, path []string, indent string) string {
			return objectExpression(w.attributes(attribute.NestedObject.Attributes, element, path, indent+step), indent)
		})
	case schema.ListNestedAttribute:
		return w.list(value, path, indent, func(element tftypes.Value, path []string, indent string) string {
			return objectExpression(w.attributes(attribute.NestedObject.Attributes, element, path, indent+step), indent)
		})
	default:
		return w.value(attribute.GetType(), value, path, indent)
	}
}

// value returns the expression of a value, and whether it is empty.
func (w *writer) value(valueType attr.Type, value tftypes.Value, path []string, indent string) (expression string, isEmpty bool) {
	if value.IsNull() {
		return "null", false
	}
	element := func(valueType attr.Type) func(tftypes.Value, []string, string) string {
		return func(value tftypes.Value, path []string, indent string) string {
			expression, _ := w.value(valueType, value, path, indent)
			return expression
		}
	}
	switch valueType := valueType.(type) {
	case basetypes.MapType:
		return w.mapping(value, path, indent, element(valueType.ElemType))
	case basetypes.ListType:
		return w.list(value, path, indent, element(valueType.ElemType))
	case basetypes.SetType:
		return w.list(value, path, indent, element(valueType.ElemType))
	case basetypes.ObjectType:
		return w.members(valueType, value, path, indent)
	}
	switch wireType := value.Type(); {
	case wireType.Is(tftypes.Bool):
		var truth bool
		w.keep(value.As(&truth))
		return strconv.FormatBool(truth), !truth
	case wireType.Is(tftypes.Number):
		var number big.Float
		w.keep(value.As(&number))
		return number.Text('f', -1), false
	case wireType.Is(tftypes.String):
		var text string
		w.keep(value.As(&text))
		return w.text(valueType, text, path, indent)
	default:
		w.keep(fmt.Errorf("%s has the type %s, which cannot be exported", strings.Join(path, "."), wireType))
		return "null", false
	}
}

// text returns the expression of a text, and whether it is empty.
func (w *writer) text(valueType attr.Type, text string, path []string, indent string) (expression string, isEmpty bool) {
	if reference := w.refer(path, text); reference != "" {
		return reference, false
	}
	_, isJSON := valueType.ValueType(w.ctx).(basetypes.StringValuableWithSemanticEquals)
	if encoded, isDocument := jsonencode(text, isJSON, indent); isDocument {
		return encoded, isJSON && (text == "{}" || text == "[]")
	}
	if written, hasForm := heredoc(text, indent); hasForm && !isIndex(path[len(path)-1]) {
		return written, false
	}
	return quoted(text), text == ""
}

// isIndex reports whether the last step of a path is an element of a list, which a heredoc makes
// hard to read.
func isIndex(step string) bool { return step == anyElement }

// anyElement is the step of a path for all elements of a list.
const anyElement = "[]"

func (w *writer) mapping(value tftypes.Value, path []string, indent string, write func(tftypes.Value, []string, string) string) (expression string, isEmpty bool) {
	var elements map[string]tftypes.Value
	w.keep(value.As(&elements))
	var entries []entry
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		if !elements[name].IsNull() {
			entries = append(entries, entry{name, write(elements[name], append(slices.Clone(path), name), indent+step)})
		}
	}
	return objectExpression(entries, indent), len(entries) == 0
}

func (w *writer) list(value tftypes.Value, path []string, indent string, write func(tftypes.Value, []string, string) string) (expression string, isEmpty bool) {
	var elements []tftypes.Value
	w.keep(value.As(&elements))
	var expressions []string
	for _, element := range elements {
		expressions = append(expressions, write(element, append(slices.Clone(path), anyElement), indent+step))
	}
	if value.Type().Is(tftypes.Set{}) {
		slices.Sort(expressions)
	}
	return tupleExpression(expressions, indent), len(expressions) == 0
}

// members returns the expression of an object with a fixed type, all of whose members must be
// written.
func (w *writer) members(valueType basetypes.ObjectType, value tftypes.Value, path []string, indent string) (expression string, isEmpty bool) {
	var values map[string]tftypes.Value
	w.keep(value.As(&values))
	var entries []entry
	for _, name := range slices.Sorted(maps.Keys(values)) {
		member, _ := w.value(valueType.AttrTypes[name], values[name], append(slices.Clone(path), name), indent+step)
		entries = append(entries, entry{name, member})
	}
	return objectExpression(entries, indent), len(entries) == 0
}

func (w *writer) keep(err error) {
	if w.err == nil {
		w.err = err
	}
}

// objectExpression returns an object constructor, on one line if it fits.
func objectExpression(entries []entry, indent string) string {
	if len(entries) == 0 {
		return "{}"
	}
	lines := make([]string, len(entries))
	for i, one := range entries {
		lines[i] = key(one.name) + " = " + one.expression
	}
	if line := "{ " + strings.Join(lines, ", ") + " }"; fits(line, indent) {
		return line
	}
	return "{\n" + indent + step + strings.Join(lines, "\n"+indent+step) + "\n" + indent + "}"
}

// tupleExpression returns a list, on one line if it fits.
func tupleExpression(expressions []string, indent string) string {
	if line := "[" + strings.Join(expressions, ", ") + "]"; fits(line, indent) {
		return line
	}
	return "[\n" + indent + step + strings.Join(expressions, ",\n"+indent+step) + ",\n" + indent + "]"
}

func fits(line, indent string) bool {
	return len(indent)+len(line) <= width && !strings.Contains(line, "\n")
}
