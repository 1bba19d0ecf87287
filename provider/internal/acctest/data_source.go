package acctest

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// ReadDataSource validates and reads a data source. The configuration has the format of [Validate].
// The result has the form of decoded JSON with exact numbers; it is nil after an error.
func (e *Environment) ReadDataSource(t *testing.T, typeName, config string) (read map[string]any, diagnostics []string) {
	t.Helper()
	session := e.NewSession(t, "port_entity")
	wireType := session.schemas.DataSourceSchemas[typeName].ValueType()
	decoded, err := jsonvalue.Decode([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	value, err := terraformValue(wireType, decoded)
	if err != nil {
		t.Fatal(err)
	}
	configured := encode(t, wireType, value)
	validated, err := session.server.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: typeName, Config: configured})
	if err != nil {
		t.Fatal(err)
	}
	if hasError(validated.Diagnostics) {
		return nil, describe(validated.Diagnostics)
	}
	response, err := session.server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: configured})
	if err != nil {
		t.Fatal(err)
	}
	if hasError(response.Diagnostics) {
		return nil, describe(response.Diagnostics)
	}
	state, err := response.State.Unmarshal(wireType)
	if err != nil {
		t.Fatal(err)
	}
	object, _ := plain(t, state).(map[string]any)
	return object, describe(response.Diagnostics)
}

// plain converts a known value to maps, lists and scalars.
func plain(t *testing.T, value tftypes.Value) any {
	t.Helper()
	if value.IsNull() {
		return nil
	}
	switch wireType := value.Type(); {
	case wireType.Is(tftypes.String):
		return scalar[string](t, value)
	case wireType.Is(tftypes.Bool):
		return scalar[bool](t, value)
	case wireType.Is(tftypes.Number):
		number := scalar[big.Float](t, value)
		return json.Number(number.Text('f', -1))
	case wireType.Is(tftypes.Object{}) || wireType.Is(tftypes.Map{}):
		object := map[string]any{}
		for name, member := range members(t, value) {
			object[name] = plain(t, member)
		}
		return object
	default:
		var elements []tftypes.Value
		if err := value.As(&elements); err != nil {
			t.Fatal(err)
		}
		list := make([]any, 0, len(elements))
		for _, element := range elements {
			list = append(list, plain(t, element))
		}
		return list
	}
}

func scalar[T any](t *testing.T, value tftypes.Value) T {
	t.Helper()
	var out T
	if err := value.As(&out); err != nil {
		t.Fatal(err)
	}
	return out
}
