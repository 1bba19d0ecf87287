package action

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
)

// documents returns actions as Port stores them, by file name.
func documents(t *testing.T) map[string]document.Object {
	t.Helper()
	files, err := filepath.Glob("testdata/documents/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	all := map[string]document.Object{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonvalue.Decode(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")], _ = value.(document.Object)
	}
	return all
}

// TestModel_roundTrip reads actions into the model and writes them back: values with an attribute
// do not change, a second read gives the same model, and a write over the same action changes
// nothing.
func TestModel_roundTrip(t *testing.T) {
	t.Parallel()
	for name, action := range documents(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var read, again model
			if err := document.Read(action, read.Bindings(), true); err != nil {
				t.Fatal(err)
			}
			written := document.Object{}
			document.Write(written, read.Bindings())
			expectSame(t, "written to an empty document", written, action)
			over := maps.Clone(action)
			document.Write(over, read.Bindings())
			expectSame(t, "written over itself", over, action)
			if err := document.Read(written, again.Bindings(), true); err != nil || !reflect.DeepEqual(read, again) {
				t.Errorf("a second read gives\n%+v\nwant\n%+v (%v)", again, read, err)
			}
		})
	}
}

// TestModel_foreignKeysSurvive writes an action with an unknown key in each of its objects over
// itself.
func TestModel_foreignKeysSurvive(t *testing.T) {
	t.Parallel()
	for name, action := range documents(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			foreign, _ := withForeignKeys(action, "").(document.Object)
			var read model
			if err := document.Read(foreign, read.Bindings(), true); err != nil {
				t.Fatal(err)
			}
			over := maps.Clone(foreign)
			document.Write(over, read.Bindings())
			expectSame(t, "written over foreign keys", over, foreign)
		})
	}
}

// opaque names the keys whose value belongs to a single attribute, which objects with unknown keys
// would change.
var opaque = map[string]bool{
	"body": true, "payload": true, "headers": true, "default": true, "enumColors": true, "workflowInputs": true, "pipelineVariables": true,
	"condition": true, "dataset": true, "visible": true, "disabled": true, "enum": true, "pattern": true, "minItems": true, "maxItems": true,
	"required": true,
}

// withForeignKeys adds a key to every object that is bound to a nested attribute.
func withForeignKeys(value any, at string) any {
	object, isObject := value.(document.Object)
	if list, isList := value.([]any); isList {
		changed := make([]any, 0, len(list))
		for _, element := range list {
			changed = append(changed, withForeignKeys(element, at))
		}
		return changed
	}
	if !isObject {
		return value
	}
	changed := document.Object{}
	for key, member := range object {
		changed[key] = member
		if !opaque[key] && (at != "mapping" || key != "properties") {
			changed[key] = withForeignKeys(member, key)
		}
	}
	if at != "properties" && at != "titles" {
		changed["novel"] = document.Object{"list": []any{"x"}}
	}
	return changed
}

func expectSame(t *testing.T, when string, got, want document.Object) {
	t.Helper()
	gotText, gotErr := jsonvalue.Encode(got)
	wantText, wantErr := jsonvalue.Encode(want)
	if gotErr != nil || wantErr != nil {
		t.Fatal(gotErr, wantErr)
	}
	if !jsonvalue.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", when, gotText, wantText)
	}
}

// TestModel_leavesEquivalentForms writes actions over themselves whose form differs from that of a
// new action.
func TestModel_leavesEquivalentForms(t *testing.T) {
	t.Parallel()
	const method = `"invocationMethod": {"type": "WEBHOOK", "url": "https://example.com", "headers": {}, "agent": "false"}`
	for name, text := range map[string]string{
		"a condition without expressions": `{"identifier": "a", "publish": true, ` + method + `, "trigger": {"type": "automation", "event": {"type": "RUN_CREATED", "actionIdentifier": "b"},
			"condition": {"type": "JQ", "expressions": [], "combinator": "or"}}}`,
		"required inputs in another order": `{"identifier": "a", "publish": true, ` + method + `, "trigger": {"type": "self-service", "operation": "CREATE",
			"userInputs": {"properties": {"x": {"type": "string", "dependsOn": []}, "y": {"type": "number"}}, "required": ["y", "x"], "order": []}}}`,
	} {
		value, err := jsonvalue.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		action, _ := value.(document.Object)
		var read model
		if err := document.Read(action, read.Bindings(), true); err != nil {
			t.Fatal(err)
		}
		over := maps.Clone(action)
		document.Write(over, read.Bindings())
		expectSame(t, name, over, action)
	}
}
