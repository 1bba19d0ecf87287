package blueprint_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// valid returns the configuration of a blueprint with additional attributes.
func valid(attributes string) string {
	if attributes != "" {
		attributes = ", " + attributes
	}
	return `{"title": "Service", "identifier": "service"` + attributes + `}`
}

func properties(maps string) string { return valid(`"properties": {` + maps + `}`) }

// invalidConfigs are configurations with one mistake each, and a part of the error.
func invalidConfigs() map[string]struct{ config, want string } {
	hundredAndOne := strings.Repeat("x", 101)
	return map[string]struct{ config, want string }{
		"an identifier with a space":                   {`{"title": "A", "identifier": "a b"}`, `"identifier"): Invalid Attribute Value Match: `},
		"an identifier that is too long":               {`{"title": "A", "identifier": "` + hundredAndOne + `"}`, `"identifier"): Invalid Attribute Value Length: `},
		"an identifier that is a path":                 {`{"title": "A", "identifier": ".."}`, `"identifier"): Invalid Attribute Value Match: `},
		"an empty title":                               {`{"title": "", "identifier": "a"}`, `"title"): Invalid Attribute Value Length: `},
		"a title that is too long":                     {`{"title": "` + hundredAndOne + `", "identifier": "a"}`, `"title"): Invalid Attribute Value Length: `},
		"a description that is too long":               {valid(`"description": "` + hundredAndOne + hundredAndOne + `"`), `"description"): Invalid Attribute Value Length: `},
		"a property key with a dot":                    {properties(`"string_props": {"a.b": {}}`), `Invalid Attribute Value Match: `},
		"a relation key with a slash":                  {valid(`"relations": {"a/b": {"target": "b"}}`), `Invalid Attribute Value Match: `},
		"a key in two maps":                            {properties(`"string_props": {"size": {}}, "number_props": {"size": {}}`), `Duplicate Key: The key "size" also appears in number_props`},
		"an unknown color":                             {properties(`"string_props": {"a": {"enum": ["x"], "enum_colors": {"x": "mauve"}}}`), `Invalid Attribute Value Match: `},
		"a color of an unknown value":                  {properties(`"string_props": {"a": {"enum": ["x"], "enum_colors": {"y": "red"}}}`), `Invalid Enum Color: "y" has a color but is not one of the values that enum allows: x.`},
		"a default outside the enum":                   {properties(`"string_props": {"a": {"enum": ["x", "y"], "default": "z"}}`), `"default"): Invalid Default: The default "z" is not one of the values that enum allows: x, y.`},
		"a number outside the enum":                    {properties(`"number_props": {"a": {"enum": [1, 0.1], "default": 0.2}}`), `Invalid Default: The default "0.2" is not one of the values that enum allows: 1, 0.1.`},
		"a list default outside the enum":              {properties(`"array_props": {"a": {"string_items": {"enum": ["x"], "default": ["x", "z"]}}}`), `Invalid Default: The default "z"`},
		"contradictory lengths":                        {properties(`"string_props": {"a": {"min_length": 5, "max_length": 4}}`), `"min_length"): Invalid Range: min_length is 5 and must not be above max_length, which is 4.`},
		"contradictory limits":                         {properties(`"number_props": {"a": {"minimum": 0.2, "maximum": 0.1}}`), `Invalid Range: minimum is 0.2`},
		"contradictory counts":                         {properties(`"array_props": {"a": {"min_items": 2, "max_items": 1}}`), `Invalid Range: min_items is 2`},
		"a default above its maximum":                  {properties(`"number_props": {"a": {"default": 6, "maximum": 5}}`), `"default"): Invalid Default: The default, 6, is above maximum, which is 5.`},
		"a default below its minimum":                  {properties(`"number_props": {"a": {"default": 0, "minimum": 0.1}}`), `Invalid Default: The default, 0, is below minimum, which is 0.1.`},
		"a default that is too long":                   {properties(`"string_props": {"a": {"default": "äöü", "max_length": 2}}`), `Invalid Default: The length of the default, 3, is above max_length, which is 2.`},
		"a default that is too short":                  {properties(`"string_props": {"a": {"default": "a", "min_length": 2}}`), `Invalid Default: The length of the default, 1, is below min_length`},
		"a default that does not match its pattern":    {properties(`"string_props": {"a": {"default": "b", "pattern": "^a"}}`), `Invalid Default: The default does not match the pattern ^a.`},
		"a default with too many elements":             {properties(`"array_props": {"a": {"max_items": 1, "string_items": {"default": ["a", "b"]}}}`), `Invalid Default: The number of elements of the default, 2, is above max_items, which is 1.`},
		"a default with too few elements":              {properties(`"array_props": {"a": {"min_items": 1, "default": "[]"}}`), `Invalid Default: The number of elements of the default, 0, is below min_items, which is 1.`},
		"an allowed value listed twice":                {properties(`"number_props": {"a": {"enum": [1, 2, 1.0]}}`), `Duplicate Enum Value: "1" appears twice.`},
		"an invalid pattern":                           {properties(`"string_props": {"a": {"pattern": "(["}}`), `Invalid Regular Expression: `},
		"a null among the allowed texts":               {properties(`"string_props": {"a": {"enum": ["x", null]}}`), `Null Element: `},
		"a null among allowed numbers":                 {properties(`"number_props": {"a": {"enum": [1, null]}}`), `Null Element: `},
		"a color that is null":                         {properties(`"string_props": {"a": {"enum_colors": {"x": null}}}`), `enum_colors["x"] is null`},
		"a number out of range":                        {properties(`"number_props": {"a": {"maximum": 1e400}}`), `"maximum"): Number Out of Range: 1e+400 is outside`},
		"an object default of null":                    {properties(`"object_props": {"a": {"default": "null"}}`), `"default"): JSON Null: `},
		"an object default that is HCL":                {properties(`"object_props": {"a": {"default": "{a = 1}"}}`), `Invalid JSON: `},
		"a list default that is HCL":                   {properties(`"array_props": {"a": {"object_items": {"default": ["{a = 1}"]}}}`), `Invalid JSON: `},
		"an unknown spec":                              {properties(`"string_props": {"a": {"spec": "swagger"}}`), `"spec"): Invalid Attribute Value Match: `},
		"a calculation of an unknown type":             {valid(`"calculation_properties": {"a": {"calculation": ".", "type": "text"}}`), `"type"): Invalid Attribute Value Match: `},
		"a mirror property without a relation":         {valid(`"relations": {"team": {"target": "t"}}, "mirror_properties": {"a": {"path": "owner.name"}}`), `Unknown Relation: The path "owner.name" starts at "owner", which is not a relation of this blueprint. Its relations: team.`},
		"an owner without a relation":                  {valid(`"relations": {}, "ownership": {"type": "Inherited", "path": "owner"}`), `Unknown Relation: The path "owner" starts at "owner", which is not a relation of this blueprint. Its relations: none.`},
		"an inherited owner without path":              {valid(`"ownership": {"type": "Inherited"}`), `"path"): Missing Ownership Path: `},
		"an unknown ownership type":                    {valid(`"ownership": {"type": "Shared"}`), `Invalid Attribute Value Match: `},
		"a relative changelog URL":                     {valid(`"webhook_changelog_destination": {"url": "/api/slack"}`), `"url"): Invalid URL: The value is not an absolute URL`},
		"a mirror without a property":                  {valid(`"mirror_properties": {"a": {"path": "owner"}}`), `"path"): Invalid Attribute Value Match: `},
		"a mirror property with the key of a property": {properties(`"string_props": {"a": {}}}, "mirror_properties": {"a": {"path": "owner.name"}`), `Duplicate Key: The key "a" also appears in properties.string_props.`},
		"one name for two calculations":                {valid(`"calculation_properties": {"a": {"calculation": ".", "type": "object"}}, "mirror_properties": {"a": {"path": "owner.name"}}`), `Duplicate Key: The key "a" also appears in mirror_properties.`},
		"an element outside the enum":                  {properties(`"array_props": {"a": {"number_items": {"enum": [1], "default": [1.0, 2]}}}`), `Invalid Default: The default "2" is not one of the values that enum allows: 1.`},
		"a color of an unknown element":                {properties(`"array_props": {"a": {"number_items": {"enum": [1], "enum_colors": {"2": "red"}}}}`), `Invalid Enum Color: "2" has a color`},
		"an element out of range":                      {properties(`"array_props": {"a": {"number_items": {"default": [1e400]}}}`), `Number Out of Range`},
		"two defaults of a list":                       {properties(`"array_props": {"a": {"default": "[]", "string_items": {}}}`), `"default"): Invalid Default: This default is for arrays without an item type. With string_items`},
		"a number out of range in JSON":                {properties(`"object_props": {"a": {"default": "{\"x\": [1e400]}"}}`), `"default"): Number Out of Range: 1e400 is outside`},
		"such a number in an element":                  {properties(`"array_props": {"a": {"object_items": {"default": ["{\"x\": 1e400}"]}}}`), `Number Out of Range: 1e400`},
		"a default that is not a list":                 {properties(`"array_props": {"a": {"default": "{}"}}`), `"default"): Not a JSON List: The value must be a JSON list.`},
		"extra JSON that is not an object":             {valid(`"extra_json": "[]"`), `"extra_json"): Not a JSON Object: The value must be a JSON object.`},
		"extra JSON that is not JSON":                  {valid(`"extra_json": "{a}"`), `"extra_json"): Invalid JSON: `},
		"a sign-in without a URL":                      {properties(`"string_props": {"a": {"spec_authentication": {"client_id": "c", "authorization_url": "login", "token_url": "https://t.example"}}}`), `"authorization_url"): Invalid URL: `},
		"an owner title that is too long":              {valid(`"ownership": {"type": "Direct", "title": "` + hundredAndOne + `"}`), `"title"): Invalid Attribute Value Length: `},
		"an invalid former key":                        {properties(`"string_props": {"a": {"renamed_from": "b.c"}}`), `"renamed_from"): Invalid Attribute Value Match: `},
		"an aggregation without a method":              {valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "t", "method": {}}}`), `"method"): Invalid Aggregation Method: Exactly one of aggregate_by_property, average_by_property, average_entities, count_entities must be set, but the configuration sets none.`},
		"an aggregation with two methods":              {valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "t", "method": {"count_entities": true, "average_entities": {}}}}`), `but the configuration sets average_entities, count_entities.`},
		"a false count":                                {valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "t", "method": {"count_entities": false}}}`), `"count_entities"): Invalid Attribute Value Match: `},
		"an aggregation with an unknown period":        {valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "t", "method": {"average_entities": {"average_of": "year"}}}}`), `"average_of"): Invalid Attribute Value Match: `},
		"an aggregation with an unknown function":      {valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "t", "method": {"aggregate_by_property": {"func": "mode", "property": "p"}}}}`), `"func"): Invalid Attribute Value Match: `},
		"a query that is not an object":                {valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "t", "method": {"count_entities": true}, "query": "[]"}}`), `"query"): Not a JSON Object: `},
		"two path filters":                             {valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "t", "method": {"count_entities": true}, "path_filter": [{"path": ["a"]}, {"path": ["b"]}]}}`), `"path_filter"): Invalid Attribute Value: `},
		"a path filter to nowhere":                     {valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "t", "method": {"count_entities": true}, "path_filter": [{"path": []}]}}`), `"path"): Invalid Attribute Value: `},
		"a query without rules":                        {valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "t", "method": {"count_entities": true}, "query": "{}"}}`), `"query"): Invalid Query: `},
		"a property that is null":                      {properties(`"string_props": {"a": null}`), `Null Element: properties.string_props["a"] is null.`},
		"a relation that is null":                      {valid(`"relations": {"a": null}`), `relations["a"] is null.`},
		"a length below zero":                          {properties(`"string_props": {"a": {"min_length": -1}}`), `"min_length"): Invalid Count: -1 is not a non-negative integer.`},
		"a length that is not an integer":              {properties(`"string_props": {"a": {"max_length": 1.5}}`), `"max_length"): Invalid Count: 1.5`},
		"a count below zero":                           {properties(`"array_props": {"a": {"min_items": -2}}`), `"min_items"): Invalid Count: -2`},
		"a relation to an invalid identifier":          {valid(`"relations": {"a": {"target": "a b"}}`), `"target"): Invalid Attribute Value Match: `},
		"an empty path of an owner":                    {valid(`"ownership": {"type": "Inherited", "path": ""}`), `"path"): Invalid Attribute Value Length: `},
		"a zero timeout":                               {valid(`"timeouts": {"create": "0s"}`), `"create"): Invalid Duration: "0s" is not greater than zero.`},
		"a former key of two properties":               {properties(`"string_props": {"a": {"renamed_from": "x"}, "b": {"renamed_from": "x"}}`), `"renamed_from"): Invalid Former Key: "x" is already the renamed_from of "a".`},
		"a key renamed from itself":                    {properties(`"string_props": {"a": {"renamed_from": "a"}}`), `Invalid Former Key: "a" cannot be renamed from itself.`},
		"an invalid timeout":                           {valid(`"timeouts": {"create": "soon"}`), `"create"): Invalid Attribute Value Time Duration: `},
		"both changelog destinations":                  {valid(`"webhook_changelog_destination": {"url": "https://a.example"}, "kafka_changelog_destination": {}`), `Invalid Attribute Combination: `},
	}
}

func TestValidate_refuses(t *testing.T) {
	t.Parallel()
	for name, test := range invalidConfigs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := acctest.Validate(t, "port_blueprint", test.config)
			if len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0], "ERROR ") || !strings.Contains(diagnostics[0], test.want) {
				t.Errorf("got %q, want one error with %q", diagnostics, test.want)
			}
		})
	}
}

func TestValidate_accepts(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"an identifier with all allowed characters": `{"title": "A", "identifier": "äb0@_.+:/-\\"}`,
		"a hundred characters of two bytes":         `{"title": "` + strings.Repeat("ä", 100) + `", "identifier": "a"}`,
		"unknown values": `{"title": "(unknown)", "identifier": "(unknown)", "description": "(unknown)", "relations": "(unknown)",
			"mirror_properties": {"a": {"path": "x.y"}}, "ownership": {"type": "Inherited", "path": "(unknown)"},
			"webhook_changelog_destination": {"url": "(unknown)"}}`,
		"unknown properties": properties(`"string_props": {"a": {"enum": ["(unknown)"], "default": "z", "enum_colors": {"z": "(unknown)"}, "pattern": "(unknown)"}},
			"number_props": "(unknown)", "array_props": {"b": {"min_items": "(unknown)", "max_items": 1, "string_items": "(unknown)", "number_items": {}}}`),
		"calculations that are any text": valid(`"calculation_properties": {"a": {"calculation": "test-rel.$identifier", "type": "string"},
			"b": {"calculation": "@blueprint/environment.properties.name", "type": "string", "format": "date-time", "date_format": "24-hour"}, "c": {"calculation": "", "type": "string"}}`),
		"a path over relations that others declare": valid(`"mirror_properties": {"a": {"path": "owner.name"}}`),
		"a number in another notation":              properties(`"number_props": {"a": {"enum": [100], "default": 1e2, "enum_colors": {"100.0": "red"}}}`),
		"lookaheads and named groups":               properties(`"string_props": {"a": {"pattern": "^(?!x)(?<year>\\d{4})\\/\\p{L}$"}}`),
		"no enum at all":                            properties(`"string_props": {"a": {"default": "z", "enum_colors": {"z": "red"}}}`),
		"a mirror property over a relation of Port": valid(`"relations": {}, "mirror_properties": {"a": {"path": "$team.name"}}`),
		"unknown extra JSON and aggregations":       valid(`"extra_json": "(unknown)", "aggregation_properties": {"a": {"title": "(unknown)", "target_blueprint_identifier": "t", "method": "(unknown)", "query": "(unknown)"}}`),
		"equal limits":                              properties(`"number_props": {"a": {"minimum": 1, "maximum": 1.0}}`),
	}
	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diagnostics := acctest.Validate(t, "port_blueprint", config); len(diagnostics) > 0 {
				t.Errorf("got %q", diagnostics)
			}
		})
	}
}

func TestValidate_refusesTwoItemTypes(t *testing.T) {
	t.Parallel()
	diagnostics := acctest.Validate(t, "port_blueprint", properties(`"array_props": {"a": {"string_items": {}, "number_items": {}}}`))
	if len(diagnostics) != 2 || !strings.Contains(diagnostics[0], "Invalid Attribute Combination: ") {
		t.Errorf("got %q, want an error on each of the two", diagnostics)
	}
}

func TestValidate_warnsAboutAFormatThatPortMayHaveAdded(t *testing.T) {
	t.Parallel()
	diagnostics := acctest.Validate(t, "port_blueprint", properties(`"string_props": {"a": {"format": "ipv8"}, "b": {"format": "ipv6"}}`))
	if len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0], "WARNING ") || !strings.Contains(diagnostics[0], `Unknown Format: "ipv8"`) {
		t.Errorf("got %q", diagnostics)
	}
}

func TestValidate_warnsAboutTeamInheritance(t *testing.T) {
	t.Parallel()
	diagnostics := acctest.Validate(t, "port_blueprint", valid(`"team_inheritance": {"path": "team"}`))
	if len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0], "WARNING ") || !strings.Contains(diagnostics[0], "ownership") {
		t.Errorf("got %q", diagnostics)
	}
}
