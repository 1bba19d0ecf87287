package export

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// jsonencode returns a JSON document as a call of Terraform's jsonencode. It reports false if the
// text is not an object or a list, or if the call would not reproduce it: byte for byte, or with
// normalize as an equal document.
func jsonencode(text string, normalize bool, indent string) (expression string, isDocument bool) {
	decoded, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		return "", false
	}
	switch decoded.(type) {
	case map[string]any, []any:
	default:
		return "", false
	}
	value, err := terraformValue(decoded)
	if err != nil {
		return "", false
	}
	encoded, err := stdlib.JSONEncode(value)
	if err != nil {
		return "", false
	}
	again := encoded.AsString()
	isSame := again == text || normalize && jsonvalue.EqualText(again, text)
	if !isSame {
		return "", false
	}
	return "jsonencode(" + jsonExpression(decoded, indent) + ")", true
}

// terraformValue returns the value to which Terraform evaluates the expression for a decoded
// document.
func terraformValue(decoded any) (cty.Value, error) {
	switch decoded := decoded.(type) {
	case map[string]any:
		members := map[string]cty.Value{}
		for name, member := range decoded {
			value, err := terraformValue(member)
			if err != nil {
				return cty.NilVal, err
			}
			members[name] = value
		}
		return cty.ObjectVal(members), nil
	case []any:
		elements := make([]cty.Value, len(decoded))
		for i, element := range decoded {
			value, err := terraformValue(element)
			if err != nil {
				return cty.NilVal, err
			}
			elements[i] = value
		}
		return cty.TupleVal(elements), nil
	case string:
		return cty.StringVal(decoded), nil
	case bool:
		return cty.BoolVal(decoded), nil
	case json.Number:
		return cty.ParseNumberVal(decoded.String())
	default:
		return cty.NullVal(cty.DynamicPseudoType), nil
	}
}

func jsonExpression(decoded any, indent string) string {
	switch decoded := decoded.(type) {
	case map[string]any:
		var entries []entry
		for _, name := range slices.Sorted(maps.Keys(decoded)) {
			entries = append(entries, entry{name, jsonExpression(decoded[name], indent+step)})
		}
		return objectExpression(entries, indent)
	case []any:
		var expressions []string
		for _, element := range decoded {
			expressions = append(expressions, jsonExpression(element, indent+step))
		}
		return tupleExpression(expressions, indent)
	case string:
		return quoted(decoded)
	case bool:
		return strconv.FormatBool(decoded)
	case json.Number:
		return decoded.String()
	default:
		return "null"
	}
}
