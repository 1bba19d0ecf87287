package blueprint

import (
	"encoding/json"
	"math/big"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// everything is a blueprint with every key that port_blueprint manages.
const everything = `{
	"identifier": "service", "title": "Service", "description": "", "icon": "Microservice",
	"schema": {
		"properties": {
			"language": {"type": "string", "title": "Language", "description": "d", "icon": "i", "default": "Go", "format": "url", "dateFormat": "x",
				"enum": ["Go", "C"], "enumColors": {"Go": "blue"}, "minLength": 1, "maxLength": 9007199254740993, "pattern": "^a", "spec": "embedded-url",
				"specAuthentication": {"clientId": "c", "authorizationUrl": "https://a", "tokenUrl": "https://t", "authorizationScope": ["openid", "email"]}},
			"replicas": {"type": "number", "default": 0.1, "enum": [1, 9007199254740993], "enumColors": {"1": "red"}, "minimum": -1.5, "maximum": 100000000000000000000},
			"locked": {"type": "boolean", "default": false},
			"labels": {"type": "object", "default": {"a": [1.0, "<&>"]}, "format": "labeled-url", "spec": "open-api"},
			"urls": {"type": "array", "minItems": 1, "maxItems": 2, "default": ["a"], "items": {"type": "string", "format": "url", "enum": ["a"], "enumColors": {"a": "red"}, "pattern": "a"}},
			"ports": {"type": "array", "default": [1, 2.5], "items": {"type": "number", "enum": [1, 2.5], "enumColors": {"1": "red"}}},
			"flags": {"type": "array", "default": [true], "items": {"type": "boolean"}},
			"links": {"type": "array", "default": [{"a": 1}], "items": {"type": "object", "format": "labeled-url"}},
			"anything": {"type": "array"},
			"something": {"type": "array", "default": [1, "a", {"b": null}]}
		},
		"required": ["language", "locked"]
	},
	"relations": {"domain": {"target": "domain", "title": "Domain", "description": "d", "required": true, "many": false}},
	"mirrorProperties": {"owner": {"path": "domain.owner", "title": "Owner"}},
	"calculationProperties": {"count": {"calculation": ".x", "type": "number", "title": "t", "description": "d", "icon": "i", "format": "f", "dateFormat": "x", "spec": "open-api",
		"specAuthentication": {"clientId": "c", "authorizationUrl": "https://a", "tokenUrl": "https://t", "authorizationScope": ["openid"]}, "colorized": true, "colors": {"1": "red"}},
		"names": {"calculation": ".x", "type": "array", "items": {"type": "string", "format": "url"}}},
	"aggregationProperties": {
		"count": {"title": "Count", "target": "t", "description": "d", "icon": "i", "calculationSpec": {"func": "count", "calculationBy": "entities"},
			"query": {"combinator": "and", "rules": []}, "pathFilter": [{"fromBlueprint": "f", "path": ["a", "b"]}]},
		"rate": {"title": "Rate", "target": "t", "calculationSpec": {"func": "average", "calculationBy": "entities", "averageOf": "week", "measureTimeBy": "$updatedAt"}},
		"load": {"title": "Load", "target": "t", "calculationSpec": {"func": "average", "calculationBy": "property", "property": "p", "averageOf": "day", "measureTimeBy": "$createdAt"}},
		"most": {"title": "Most", "target": "t", "calculationSpec": {"func": "max", "calculationBy": "property", "property": "p"}}},
	"ownership": {"type": "Inherited", "path": "domain", "title": "Owner"},
	"teamInheritance": {"path": "domain"},
	"changelogDestination": {"type": "WEBHOOK", "url": "https://listener.example.com/api/slack", "agent": true},
	"includeInGlobalSearch": true
}`

func decodeBlueprint(t *testing.T, text string) *port.Blueprint {
	t.Helper()
	var blueprint port.Blueprint
	if err := json.Unmarshal([]byte(text), &blueprint); err != nil {
		t.Fatal(err)
	}
	return &blueprint
}

// imported returns the model of a blueprint after an import.
func imported(t *testing.T, blueprint *port.Blueprint) *model {
	t.Helper()
	var read model
	if err := read.fromAPI(blueprint, true); err != nil {
		t.Fatal(err)
	}
	return &read
}

// over returns the blueprint after an update.
func over(t *testing.T, desired *model, current *port.Blueprint) *port.Blueprint {
	t.Helper()
	body, err := change{desired: *desired}.body(current)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestModelRoundTrip(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"everything":               everything,
		"only required attributes": `{"identifier": "a", "title": "A", "schema": {"properties": {}}, "relations": {}, "mirrorProperties": {}, "calculationProperties": {}, "aggregationProperties": {}}`,
		"Kafka": `{"identifier": "a", "title": "A", "schema": {"properties": {}}, "relations": {}, "mirrorProperties": {}, "calculationProperties": {}, "aggregationProperties": {},
			"changelogDestination": {"type": "KAFKA"}}`,
		"empty default lists": `{"identifier": "a", "title": "A", "schema": {"properties": {"x": {"type": "array", "default": [], "items": {"type": "string"}}}},
			"relations": {}, "mirrorProperties": {}, "calculationProperties": {}, "aggregationProperties": {}}`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := imported(t, decodeBlueprint(t, text))
			written, err := read.toAPI()
			if err != nil {
				t.Fatal(err)
			}
			expectSame(t, "written again", *written, *decodeBlueprint(t, text))
			again := imported(t, decodeBlueprint(t, text))
			if err := again.fromAPI(decodeBlueprint(t, text), false); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(read, again) {
				t.Errorf("a second read changes the model from\n%+v\nto\n%+v", read, again)
			}
		})
	}
}

func TestFromAPIKeepsFormOfEmptyValues(t *testing.T) {
	t.Parallel()
	response := `{"identifier": "a", "title": "A", "schema": {"properties": {"s": {"type": "string"}}}, "relations": {"r": {"target": "t", "required": false, "many": false}}}`
	fresh := &model{
		Description: types.StringValue(""),
		contentModel: contentModel{
			Properties: &propertiesModel{
				String: map[string]stringModel{"s": {Enum: []types.String{}, EnumColors: map[string]types.String{}, Format: types.StringValue("")}},
				Number: map[string]numberModel{},
			},
			MirrorProperties: map[string]mirrorModel{},
		},
	}
	if err := fresh.fromAPI(decodeBlueprint(t, response), false); err != nil {
		t.Fatal(err)
	}
	property := fresh.Properties.String["s"]
	checks := map[string]bool{
		"description stays empty text":          fresh.Description.Equal(types.StringValue("")),
		"icon stays null":                       fresh.Icon.IsNull(),
		"an empty enum stays":                   property.Enum != nil && len(property.Enum) == 0,
		"empty colors stay":                     property.EnumColors != nil,
		"an empty format stays":                 property.Format.Equal(types.StringValue("")),
		"an empty map of properties stays":      fresh.Properties.Number != nil,
		"a null map of properties stays":        fresh.Properties.Boolean == nil,
		"an empty map of mirrors stays":         fresh.MirrorProperties != nil,
		"a null map of calculations stays":      fresh.CalculationProperties == nil,
		"relations that nobody configured hide": fresh.Relations == nil,
	}
	for name, holds := range checks {
		if !holds {
			t.Errorf("%s: it does not", name)
		}
	}
}

// TestOddValuesAreLeftAlone reads properties whose default or enum has a different type, which Port
// may have: everything else can be read, and a write keeps these values.
func TestOddValuesAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, property := range []string{
		`{"type": "string", "default": {"jqQuery": ".x"}}`,
		`{"type": "string", "default": 1}`,
		`{"type": "number", "default": "1"}`,
		`{"type": "boolean", "default": "true"}`,
		`{"type": "boolean", "enum": [true]}`,
		`{"type": "string", "enum": ["a", 1]}`,
		`{"type": "array", "default": "a", "items": {"type": "string"}}`,
		`{"type": "array", "default": [1], "items": {"type": "string"}}`,
		`{"type": "array", "items": {}}`,
	} {
		current := decodeBlueprint(t, `{"identifier": "a", "title": "A", "schema": {"properties": {"odd": `+property+`, "plain": {"type": "string", "title": "P"}}},
			"mirrorProperties": {}, "calculationProperties": {}, "aggregationProperties": {}, "relations": {}}`)
		read := imported(t, current)
		if got := read.Properties.String["plain"].Title.ValueString(); got != "P" {
			t.Errorf("%s: the title next to it reads %q", property, got)
		}
		expectSame(t, property, *over(t, read, current), *current)
	}
}

func TestUpdateKeepsKeysWithoutAttribute(t *testing.T) {
	t.Parallel()
	current := decodeBlueprint(t, `{"identifier": "a", "title": "A", "newKey": {"x": 1},
		"schema": {"properties": {
			"known": {"type": "array", "uniqueItems": true, "items": {"type": "string", "minLength": 3, "default": "x"}},
			"free": {"type": "array", "default": [1, "a"], "items": {"type": "array", "items": {"type": "string"}}},
			"retyped": {"type": "array", "default": ["a"], "items": {"type": "string", "minLength": 3}, "minItems": 2},
			"turned": {"type": "boolean", "unit": "x"},
			"spec": {"type": "string", "minimum": 3, "specAuthentication": {"clientId": "c", "authorizationUrl": "a", "tokenUrl": "t", "scheme": "oauth"}},
			"dropped": {"type": "string", "unit": "x"},
			"novel": {"type": "duration", "unit": "h"}}, "required": ["novel", "dropped", "spec"]},
		"ownership": {"type": "Direct", "color": "red"}, "teamInheritance": {"path": "theirs", "deep": true},
		"relations": {"theirs": {"target": "t", "required": false, "many": true}},
		"aggregationProperties": {"sum": {"title": "S", "target": "t", "calculationSpec": {"func": "count", "calculationBy": "entities"}}}}`)
	desired := &model{
		Identifier: types.StringValue("a"),
		Title:      types.StringValue("B"),
		contentModel: contentModel{Properties: &propertiesModel{
			Array:  map[string]arrayModel{"known": {StringItems: &stringItemsModel{}}, "free": {}, "retyped": {NumberItems: &numberItemsModel{}}},
			String: map[string]stringModel{"spec": {SpecAuthentication: &specAuthenticationModel{ClientID: types.StringValue("d")}}, "turned": {}},
		}},
		Ownership: &ownershipModel{Type: types.StringValue("Inherited"), Path: types.StringValue("theirs")},
	}
	written, err := json.Marshal(withoutStamp(over(t, desired, current)))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"identifier": "a", "title": "B", "newKey": {"x": 1},
		"schema": {"properties": {
			"known": {"type": "array", "uniqueItems": true, "items": {"type": "string", "minLength": 3, "default": "x"}},
			"free": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
			"retyped": {"type": "array", "items": {"type": "number"}},
			"turned": {"type": "string"},
			"spec": {"type": "string", "minimum": 3, "specAuthentication": {"clientId": "d", "authorizationUrl": "", "tokenUrl": "", "scheme": "oauth"}},
			"novel": {"type": "duration", "unit": "h"}}, "required": ["novel"]},
		"ownership": {"type": "Inherited", "path": "theirs"},
		"relations": {"theirs": {"target": "t", "required": false, "many": true}},
		"aggregationProperties": {"sum": {"title": "S", "target": "t", "calculationSpec": {"func": "count", "calculationBy": "entities"}}}}`
	if !jsonvalue.EqualText(string(written), want) {
		t.Errorf("got\n%s\nwant\n%s", written, want)
	}
}

func withoutStamp(blueprint *port.Blueprint) *port.Blueprint {
	blueprint.CreatedAt, blueprint.CreatedBy, blueprint.UpdatedAt, blueprint.UpdatedBy = "", "", "", ""
	return blueprint
}

func TestDeclaredRelationsReplaceOthers(t *testing.T) {
	t.Parallel()
	current := decodeBlueprint(t, `{"identifier": "a", "title": "A", "schema": {"properties": {}}, "relations": {"theirs": {"target": "t", "required": false, "many": true}}}`)
	desired := &model{contentModel: contentModel{Relations: map[string]relationModel{}}}
	if kept := over(t, desired, current).Relations; len(kept) != 0 {
		t.Errorf("relations = {} keeps %v", kept)
	}
}

func TestNumbersAreExactOnTheWire(t *testing.T) {
	t.Parallel()
	exact, _, err := big.ParseFloat("9007199254740993", 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	written := (&model{contentModel: contentModel{Properties: &propertiesModel{
		Number: map[string]numberModel{"n": {Default: types.NumberValue(exact), Maximum: types.NumberValue(big.NewFloat(0.1))}},
	}}})
	whole, err := written.toAPI()
	if err != nil {
		t.Fatal(err)
	}
	if property := whole.Schema.Properties["n"]; string(property.Default) != "9007199254740993" || *property.Maximum != "0.1" {
		t.Errorf("default %s, maximum %s", property.Default, *property.Maximum)
	}
}

// TestExtraJSONAcceptsUnknownPropertyTypes sets a property of a type without an attribute, which
// the emulator would not accept.
func TestExtraJSONAcceptsUnknownPropertyTypes(t *testing.T) {
	t.Parallel()
	desired := &model{
		Identifier: types.StringValue("a"), Title: types.StringValue("A"),
		ExtraJSON: jsontype.New(`{"schema": {"properties": {"age": {"type": "duration", "title": "Age"}}}}`),
	}
	_, diagnostics := desired.checkExtra()
	if diagnostics.HasError() {
		t.Error(diagnostics)
	}
}
