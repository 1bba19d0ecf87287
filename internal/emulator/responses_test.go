package emulator_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// update rewrites the files of TestResponsesToInvalidRequests: go test -run
// InvalidRequests -update.
var update = flag.Bool("update", false, "write testdata/mistakes from the emulator's responses; review the diff")

// exchange is one request.
type exchange struct{ method, path, body string }

// area is a group of routes with valid and invalid requests.
type area struct {
	// valid requests succeed unmodified. In each, every key of the body is removed or replaced by
	// values of another type or form, and an unknown key is added.
	valid []exchange
	// invalid requests are refused for reasons that modifying a single key does not cover.
	invalid []exchange
}

// TestResponsesToInvalidRequests compares the emulator's responses to invalid requests with
// reviewed ones: testdata/mistakes has a file for each area.
func TestResponsesToInvalidRequests(t *testing.T) {
	t.Parallel()
	for name, area := range areas() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startForMistakes(t)
			var got strings.Builder
			for _, e := range area.valid {
				if a := s.do(t, e.method, e.path, e.body); a.status >= http.StatusBadRequest {
					t.Errorf("%s %s is valid: %d %s", e.method, e.path, a.status, a.body)
				}
				s.mustDo(t, http.MethodPost, "/_emulator/reset", "")
				fmt.Fprintf(&got, "%s %s\n", e.method, e.path)
				for _, m := range mutations(t, e.body) {
					m.describe(&got, func(body string) string { return s.responseTo(t, exchange{e.method, e.path, body}) })
				}
			}
			for _, e := range area.invalid {
				fmt.Fprintf(&got, "%s %s\n", e.method, e.path)
				if e.body != "" {
					fmt.Fprintf(&got, "\t%s\n", e.body)
				}
				fmt.Fprintf(&got, "\t%s\n", s.responseTo(t, e))
			}
			compareGolden(t, filepath.Join("testdata", "mistakes", name+".txt"), got.String())
		})
	}
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		var g, w string
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if g != w {
			t.Fatalf("%s, line %d:\ngot  %s\nwant %s\nRun the test with -update and review the diff.", file, i+1, g, w)
		}
	}
}

// responseTo describes the response to a request, and undoes the request's effect.
func (s *server) responseTo(t *testing.T, e exchange) string {
	t.Helper()
	a := s.do(t, e.method, e.path, e.body)
	if a.status < http.StatusBadRequest {
		s.mustDo(t, http.MethodPost, "/_emulator/reset", "")
		return strconv.Itoa(a.status)
	}
	o := a.object(t)
	described := fmt.Sprintf("%d %s: %s", a.status, o["error"], o["message"])
	if details, ok := o["details"]; ok {
		described += " " + compact(t, details)
	}
	return described
}

// mutation is one part of a body with the bodies that result from modifying it.
type mutation struct {
	part     string
	variants []variant
}

type variant struct{ name, body string }

// describe writes the responses to the variants, grouped by response.
func (m mutation) describe(to *strings.Builder, respond func(body string) string) {
	var responses []string
	variants := make(map[string][]string)
	for _, v := range m.variants {
		a := respond(v.body)
		if variants[a] == nil {
			responses = append(responses, a)
		}
		variants[a] = append(variants[a], v.name)
	}
	for _, a := range responses {
		fmt.Fprintf(to, "\t%s %s: %s\n", m.part, strings.Join(variants[a], ", "), a)
	}
}

// mutations modifies each part of a body in turn.
func mutations(t *testing.T, body string) []mutation {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	var root any
	if err := decoder.Decode(&root); err != nil {
		t.Fatalf("invalid test: %s: %s", err, body)
	}
	var all []mutation
	var visit func(part string, value any, set func(any), unset func())
	visit = func(part string, value any, set func(any), unset func()) {
		m := mutation{part: part}
		add := func(name string) { m.variants = append(m.variants, variant{name, compact(t, root)}) }
		if unset != nil {
			unset()
			add("missing")
		}
		for _, wrong := range []any{nil, json.Number("-1.5"), "?!", []any{}, map[string]any{}} {
			if !sameKind(value, wrong) {
				set(wrong)
				add(compact(t, wrong))
			}
		}
		set(value)
		if object, ok := value.(map[string]any); ok {
			object["unknownKey"] = true
			add("with unknownKey")
			delete(object, "unknownKey")
		}
		all = append(all, m)
		switch value := value.(type) {
		case []any:
			if len(value) > 0 {
				visit(part+"/0", value[0], func(v any) { value[0] = v }, nil)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				visit(part+"/"+key, value[key], func(v any) { value[key] = v }, func() { delete(value, key) })
			}
		}
	}
	visit("body", root, func(v any) { root = v }, nil)
	return all
}

// sameKind reports whether the values have the same type. Strings never do: "?!" violates patterns,
// formats and enumerations.
func sameKind(a, b any) bool {
	if _, isText := a.(string); isText {
		return false
	}
	return fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b)
}

// startForMistakes returns an emulator seeded with one of everything, which a reset restores.
func startForMistakes(t *testing.T) *server {
	t.Helper()
	s := start(t, emulator.Options{ChangelogDestination: emulator.KeepDestination, DeliveryTransport: &receiver{}})
	if err := s.emulator.Seed(strings.NewReader(seedForMistakes)); err != nil {
		t.Fatal(err)
	}
	return s
}

const seedForMistakes = `{
	"blueprints": [
		{"identifier": "team-of-one", "title": "Team", "schema": {"properties": {}}},
		{"identifier": "service", "title": "Service",
			"schema": {"properties": {
				"name": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 4},
				"count": {"type": "number", "minimum": 0, "exclusiveMaximum": 10, "multipleOf": 0.5},
				"much": {"type": "number", "maximum": 100, "exclusiveMinimum": 1},
				"live": {"type": "boolean"},
				"tier": {"type": "string", "enum": ["gold", "silver"]},
				"tags": {"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 1, "maxItems": 2, "uniqueItems": true},
				"config": {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"], "maxProperties": 2, "additionalProperties": {"type": "string"}},
				"names": {"type": "object", "propertyNames": {"maxLength": 3}, "minProperties": 1, "additionalProperties": false, "properties": {"abc": {}}},
				"at": {"type": "string", "format": "date-time"},
				"mail": {"type": "string", "format": "email"},
				"link": {"type": "string", "format": "url"},
				"v4": {"type": "string", "format": "ipv4"},
				"v6": {"type": "string", "format": "ipv6"},
				"label": {"type": "object", "format": "labeled-url"},
				"who": {"type": "string", "format": "user"}}},
			"calculationProperties": {"sum": {"calculation": ".properties.count", "type": "number"}},
			"relations": {
				"one": {"target": "service", "required": false, "many": false},
				"some": {"target": "service", "required": false, "many": true}}},
		{"identifier": "deployment", "title": "Deployment", "schema": {"properties": {"n": {"type": "number"}}, "required": ["n"]},
			"relations": {"of": {"target": "service", "required": true, "many": false}}}],
	"entities": [
		{"blueprint": "service", "identifier": "cart", "title": "Cart", "properties": {"name": "ab"}},
		{"blueprint": "deployment", "identifier": "d", "properties": {"n": 1}, "relations": {"of": "cart"}}],
	"actions": [
		{"identifier": "scale", "trigger": {"type": "self-service", "operation": "DAY-2", "blueprintIdentifier": "service",
			"userInputs": {"properties": {"n": {"type": "number"}, "of": {"type": "string", "enum": ["a"]}}, "required": ["n"]}},
			"invocationMethod": {"type": "KAFKA"}},
		{"identifier": "told", "trigger": {"type": "automation", "event": {"type": "ANY_ENTITY_CHANGE", "blueprintIdentifier": "team-of-one"}},
			"invocationMethod": {"type": "KAFKA"}}]}`

func areas() map[string]area {
	return map[string]area{
		"blueprints":   blueprintMistakes(),
		"entities":     entityMistakes(),
		"actions":      actionMistakes(),
		"runs":         runMistakes(),
		"searches":     searchMistakes(),
		"organization": organizationMistakes(),
		"parameters":   parameterMistakes(),
	}
}

const fullBlueprint = `{"identifier": "b", "title": "B", "description": "", "icon": "Cloud", "otherKey": 1,
	"schema": {"required": ["p"], "properties": {"p": {"type": "string", "title": "P", "description": "", "icon": "I", "format": "url", "default": "https://a.example.com",
		"spec": "embedded-url", "enum": ["https://a.example.com"], "enumColors": {"https://a.example.com": "red"}, "minLength": 1, "maxLength": 100, "pattern": "a",
		"specAuthentication": {"clientId": "c", "authorizationUrl": "https://a.example.com", "tokenUrl": "https://a.example.com", "authorizationScope": ["openid"]}},
		"n": {"type": "number", "minimum": 1, "maximum": 5, "exclusiveMinimum": 0, "exclusiveMaximum": 6, "multipleOf": 1},
		"a": {"type": "array", "uniqueItems": true, "minItems": 1, "maxItems": 2, "items": {"type": "string", "anyOf": [{"minLength": 1}]}},
		"o": {"type": "object", "properties": {"k": {"type": ["integer", "null"]}}, "required": ["k"], "minProperties": 1, "maxProperties": 2,
			"additionalProperties": {"type": "string"}, "propertyNames": {"maxLength": 3}}}},
	"relations": {"r": {"target": "service", "required": false, "many": false, "title": "R", "description": "d", "type": "t"}},
	"mirrorProperties": {"m": {"path": "r.name", "title": "M"}},
	"calculationProperties": {"c": {"calculation": "1", "type": "number", "title": "C", "description": "d", "icon": "I", "format": "date-time", "dateFormat": "iso",
		"spec": "open-api", "colorized": true, "colors": {"a": "blue"}, "items": {}}},
	"aggregationProperties": {
		"count": {"title": "A", "target": "deployment", "description": "d", "icon": "I", "type": "number", "calculationSpec": {"func": "count", "calculationBy": "entities"},
			"query": {"combinator": "and", "rules": []}, "pathFilter": [{"path": ["of"], "fromBlueprint": "deployment"}]},
		"sum": {"title": "A", "target": "deployment", "calculationSpec": {"func": "sum", "calculationBy": "property", "property": "n"}},
		"mean": {"title": "A", "target": "deployment", "calculationSpec": {"func": "average", "calculationBy": "property", "property": "n", "averageOf": "day", "measureTimeBy": "$createdAt"}}},
	"changelogDestination": {"type": "WEBHOOK", "url": "https://a.example.com", "agent": false},
	"ownership": {"type": "Inherited", "path": "r", "title": "O"}}`

func blueprintMistakes() area {
	long := strings.Repeat("x", 101)
	property := func(definition string) exchange {
		return exchange{http.MethodPost, "/v1/blueprints", withProperties("b", `"p":`+definition)}
	}
	blueprint := func(more string) exchange {
		return exchange{http.MethodPost, "/v1/blueprints", `{"identifier":"b","title":"T","schema":{"properties":{}},` + more + `}`}
	}
	return area{
		valid: []exchange{
			{http.MethodPost, "/v1/blueprints", fullBlueprint},
			{http.MethodPut, "/v1/blueprints/team-of-one", `{"title":"T","schema":{"properties":{}}}`},
			{http.MethodPatch, "/v1/blueprints/team-of-one", `{"title":"T","schema":{"properties":{}},"ownership":{"type":"Direct","title":"O"},"changelogDestination":{"type":"KAFKA"}}`},
			{http.MethodPatch, "/v1/blueprints/service/properties/name/rename", `{"newPropertyName":"title"}`},
			{http.MethodPatch, "/v1/blueprints/service/relations/one/rename", `{"newRelationIdentifier":"other"}`},
			{http.MethodPost, "/v1/migrations", `{"sourceBlueprint":"service","mapping":{"blueprint":"team-of-one","filter":"true","entity":{"identifier":".identifier","title":".title","properties":{"a":".x"},"relations":{"b":".y"}}}}`},
		},
		invalid: []exchange{
			blueprint(`"description":"` + long + long + `"`),
			{http.MethodPost, "/v1/blueprints", withProperties(long, "")},
			{http.MethodPost, "/v1/blueprints", withProperties("..", "")},
			{http.MethodPost, "/v1/blueprints", withProperties("service", "")},
			{http.MethodPost, "/v1/blueprints", withProperties("b", `"`+long+`":{"type":"string"}`)},
			{http.MethodPut, "/v1/blueprints/service", withProperties("service", `"count":{"type":"string"},"name":{"type":"string"}`)},
			{http.MethodPut, "/v1/blueprints/absent", withProperties("absent", "")},
			{http.MethodDelete, "/v1/blueprints/service", ""},
			{http.MethodPatch, "/v1/blueprints/service/properties/absent/rename", `{"newPropertyName":"title"}`},
			{http.MethodPatch, "/v1/blueprints/service/properties/name/rename", `{"newPropertyName":"count"}`},
			{http.MethodPatch, "/v1/blueprints/service/mirror/absent/rename", `{"newMirrorName":"m"}`},
			{http.MethodPatch, "/v1/blueprints/service/mirror/absent/rename", `{"newMirrorName":"m m"}`},
			{http.MethodPost, "/v1/migrations", `{"sourceBlueprint":"absent","mapping":{"entity":{}}}`},
			{http.MethodPost, "/v1/migrations/absent/cancel", `{"reason":1}`},
			{http.MethodPost, "/v1/migrations/absent/cancel", `{"reason":"r"}`},
			property(`{"type":"string","pattern":"("}`),
			property(`{"type":"string","pattern":"^(?!x).*$"}`),
			property(`{"type":"string","minLength":1.5}`),
			property(`{"type":"number","maximum":1e999}`),
			property(`{"type":"number","maximum":1e399}`),
			property(`{"type":"number","multipleOf":0}`),
			property(`{"type":"array","items":[{"type":"string"}]}`),
			property(`{"type":"array","items":{"type":"text"}}`),
			property(`{"type":"array","items":{"type":["string",5]}}`),
			property(`{"type":"object","properties":{"a":1}}`),
			property(`{"type":"object","additionalProperties":1}`),
			property(`{"type":"object","anyOf":[]}`),
			property(`{"type":"object","anyOf":[1]}`),
			property(`{"type":"string","enum":[]}`),
			blueprint(`"relations":{"r":{"target":"nowhere","required":false,"many":false}}`),
			blueprint(`"mirrorProperties":{"m":{"path":"r.x"}}`),
			blueprint(`"mirrorProperties":{"m":{"path":"r."}}`),
			blueprint(`"mirrorProperties":{"m":{"path":".r.x"}}`),
			blueprint(`"calculationProperties":{"c":{"calculation":".","type":"string"}},"mirrorProperties":{"c":{"path":"r.x"}}`),
			blueprint(`"aggregationProperties":{"a":{"title":"A","target":"service","calculationSpec":{"func":"sum","calculationBy":"entities"}}}`),
			blueprint(`"aggregationProperties":{"a":{"title":"A","target":"service","query":{"combinator":"and","rules":[{"x":1}]},"calculationSpec":{"func":"count","calculationBy":"entities"}}}`),
		},
	}
}

func entityMistakes() area {
	const entities = "/v1/blueprints/service/entities"
	const full = `{"identifier":"e","title":"E","icon":"I","team":["t"],"properties":{"name":"ab","count":1.5,"much":2,"live":true,"tier":"gold","tags":["a"],
		"config":{"size":1,"more":"x"},"names":{"abc":1},"at":"2026-06-15T16:44:56Z","mail":"a@example.com","link":"https://example.com","v4":"10.0.0.1","v6":"::1",
		"label":{"url":"https://example.com","displayText":"x"},"who":"a@example.com"},"relations":{"one":"cart","some":["cart"]}}`
	properties := func(properties string) exchange {
		return exchange{http.MethodPost, entities, `{"identifier":"e","properties":` + properties + `}`}
	}
	return area{
		valid: []exchange{
			{http.MethodPost, entities, full},
			{http.MethodPut, entities + "/cart", `{"identifier":"cart","title":"E","icon":"I","team":"t","properties":{"name":"ab"},"relations":{"one":{"combinator":"and","rules":[{"property":"name","operator":"=","value":"ab"}]}}}`},
			{http.MethodPatch, entities + "/cart", `{"identifier":"trolley","title":null,"icon":"I","team":null,"properties":{"name":null},"relations":{"one":null}}`},
			{http.MethodPost, entities + "/bulk", `{"entities":[{"identifier":"e","properties":{"name":"ab"}}]}`},
			{http.MethodPost, "/v1/blueprints/service/bulk/entities/delete?delete_dependents=true", `{"entities":["cart"]}`},
		},
		invalid: []exchange{
			properties(`{"name":"a"}`), properties(`{"name":"abcde"}`), properties(`{"name":"AB"}`),
			properties(`{"count":-1}`), properties(`{"count":10}`), properties(`{"count":0.3}`), properties(`{"count":1e999}`), properties(`{"count":1e-999}`),
			properties(`{"much":101}`), properties(`{"much":1}`), properties(`{"tags":["a","b","c"]}`), properties(`{"tags":["a","a"]}`), properties(`{"tags":["long"]}`),
			properties(`{"config":{"size":1.5}}`), properties(`{"config":{"size":1,"x":1}}`), properties(`{"config":{"size":1,"x":"1","y":"1"}}`),
			properties(`{"names":{"abcd":1}}`), properties(`{"names":{"ab":1}}`), properties(`{"unknown":1}`), properties(`{"sum":1}`),
			properties(`{"label":{"url":"x"}}`), properties(`{"link":"ftp://example.com"}`), properties(`{"link":"mailto:a@example.com"}`), properties(`{"who":"somebody"}`),
			properties(`{"at":"2026-06-15"}`), properties(`{"v4":"::1"}`), properties(`{"v6":"fe80::1%eth0"}`), properties(`{"config":{"size":1e999}}`),
			{http.MethodPost, entities, `{"identifier":"` + strings.Repeat("x", 1001) + `"}`},
			{http.MethodPost, entities, `{"identifier":"."}`},
			{http.MethodPost, entities, `{"identifier":"e","relations":{"one":"nobody"}}`},
			{http.MethodPost, entities, `{"identifier":"e","relations":{"one":["cart"]}}`},
			{http.MethodPost, entities, `{"identifier":"e","relations":{"some":"cart"}}`},
			{http.MethodPost, entities, `{"identifier":"e","relations":{"some":[5]}}`},
			{http.MethodPost, entities, `{"identifier":"e","relations":{"absent":"cart"}}`},
			{http.MethodPost, entities, `{"identifier":"e","relations":{"one":{"combinator":"and","rules":[{"operator":"~"}]}}}`},
			{http.MethodPost, entities, `{"identifier":{"combinator":"and","rules":[]}}`},
			{http.MethodPost, entities, `{"identifier":"e","team":["a",1]}`},
			{http.MethodPost, entities, `{"identifier":"cart"}`},
			{http.MethodPost, entities + "?upsert=false", `{"identifier":"cart"}`},
			{http.MethodPost, "/v1/blueprints/absent/entities", `{"identifier":"e"}`},
			{http.MethodPost, "/v1/blueprints/deployment/entities", `{"identifier":"e","properties":{}}`},
			{http.MethodPost, "/v1/blueprints/deployment/entities", `{"identifier":"e","properties":{"n":1}}`},
			{http.MethodPatch, entities + "/absent", `{}`},
			{http.MethodPatch, entities + "/cart", `{"properties":{"a b":1}}`},
			{http.MethodDelete, entities + "/cart", ""},
			{http.MethodDelete, entities + "/absent", ""},
			{http.MethodGet, entities + "/absent", ""},
			{http.MethodDelete, "/v1/blueprints/absent/all-entities", ""},
			{http.MethodPost, entities + "/bulk", `{"entities":[` + strings.TrimSuffix(strings.Repeat(`{},`, 21), ",") + `]}`},
		},
	}
}

func actionMistakes() area {
	const webhook = `"invocationMethod":{"type":"WEBHOOK","url":"u"}`
	automation, form := automationOf("a", "service"), selfService("a")
	action := func(body string) exchange { return exchange{http.MethodPost, "/v1/actions", body} }
	methods := []string{
		`{"type":"WEBHOOK","url":"u","agent":true,"synchronized":"{{ .x }}","method":"PUT","headers":{"a":"b"},"body":{"a":1}}`,
		`{"type":"KAFKA","payload":[1]}`,
		`{"type":"UPSERT_ENTITY","blueprintIdentifier":"service","mapping":{"identifier":"i","title":"t","icon":"i","team":["t"],"properties":{"a":1},"relations":{"one":["x"],"two":null}}}`,
		`{"type":"GITHUB","org":"o","repo":"r","workflow":"w","workflowInputs":{"a":1},"reportWorkflowStatus":true}`,
		`{"type":"GITLAB","projectName":"p","groupName":"g","defaultRef":"r","pipelineVariables":{"a":1}}`,
		`{"type":"AZURE_DEVOPS","webhook":"w","org":"o","payload":{}}`,
		`{"type":"INTEGRATION_ACTION","installationId":"i","integrationActionType":"dispatch_workflow","integrationActionExecutionProperties":{}}`,
	}
	valid := []exchange{
		{http.MethodPost, "/v1/actions", `{"identifier":"a","title":"A","icon":"I","description":"d","publish":true,"requiredApproval":{"type":"ANY"},"allowAnyoneToViewRuns":true,
			"approvalNotification":{"type":"webhook","url":"https://a.example.com","format":"slack"},
			"trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service","actionCardButtonText":"Go on","executeActionButtonText":"Go on",
				"condition":{"type":"SEARCH","combinator":"and","rules":[{}]},
				"userInputs":{"properties":{"n":{"type":"string","format":"entity","blueprint":"service","dependsOn":["m"],"visible":{"jqQuery":"."},"icon":"I",
					"dataset":{"combinator":"or","rules":[{}]},"sort":{"property":"p","order":"ASC"}}},
					"required":["n"],"titles":{"t":{"title":"T","description":"d","visible":true}},"order":["n"]}},
			"invocationMethod":{"type":"KAFKA"}}`},
		{http.MethodPost, "/v1/actions", changed(form, `{"properties":{}}`, `{"properties":{},"required":{"jqQuery":"."},"steps":[{"title":"T","order":["n"],"visible":{"jqQuery":"."}}]}`)},
		{http.MethodPost, "/v1/actions", changed(automation, `"automation",`, `"automation","condition":{"type":"JQ","expressions":["."],"combinator":"or"},`)},
		{http.MethodPost, "/v1/actions", changed(changed(automation, `"ANY_ENTITY_CHANGE",`, `"TIMER_PROPERTY_EXPIRED","propertyIdentifier":"at",`), `"trigger"`, `"requiredApproval":true,"approvalNotification":{},"trigger"`)},
		{http.MethodPost, "/v1/actions", `{"identifier":"a","trigger":{"type":"automation","event":{"type":"RUN_UPDATED","actionIdentifier":"scale"}},"invocationMethod":{"type":"KAFKA"},"approvalNotification":{"type":"none"}}`},
		{http.MethodPatch, "/v1/actions/scale/permissions", `{"execute":{"users":["u"],"roles":["r"],"teams":["t"],"ownedByTeam":true,
			"policy":{"queries":{"q":{"combinator":"and","rules":[{}]}},"conditions":["."]}},"approve":{"users":["u"],"policy":null}}`},
	}
	for _, method := range methods {
		valid = append(valid, exchange{http.MethodPut, "/v1/actions/told", `{"identifier":"told","trigger":{"type":"automation","event":{"type":"ANY_RUN_CHANGE","actionIdentifier":"scale"}},"invocationMethod":` + method + `}`})
	}
	return area{
		valid: valid,
		invalid: []exchange{
			action(selfService("scale")), action(selfService("a/b")), action(selfService("..")), action(automationOf("a", "nowhere")),
			action(changed(form, `"CREATE"`, `"CREATE","condition":{"type":"SEARCH","rules":[],"combinator":"and"}`)),
			action(changed(form, `"CREATE"`, `"DAY-2","condition":{"type":"SEARCH","rules":[],"combinator":"and"}`)),
			action(changed(form, `"CREATE"`, `"CREATE","actionCardButtonText":" Go"`)),
			action(changed(form, `"CREATE"`, `"CREATE","executeActionButtonText":"sixteen letters!"`)),
			action(changed(form, `{"properties":{}}`, `{"properties":{},"order":[],"steps":[]}`)),
			action(changed(form, `{"properties":{}}`, `{"properties":{"a b":{"type":"string"}}}`)),
			action(changed(form, `{"properties":{}}`, `{"properties":{"a":{"type":"string","dataset":{"rules":[]}}}}`)),
			action(changed(form, `{"properties":{}}`, `{"properties":{},"titles":{"t":{"title":""}}}`)),
			action(changed(automation, `"ANY_ENTITY_CHANGE",`, `"ANY_ENTITY_CHANGE","propertyIdentifier":"p",`)),
			action(changed(automation, `"invocationMethod":{"type":"WEBHOOK","url":"https://listener.example.com"}`, `"invocationMethod":{"type":"WEBHOOK","url":"u","body":"text"}`)),
			action(changed(automation, `"invocationMethod":{"type":"WEBHOOK","url":"https://listener.example.com"}`, `"invocationMethod":{"type":"SLACK","url":"u"}`)),
			action(changed(automation, `"trigger"`, `"approvalNotification":{"type":"email","url":"https://a.example.com"},"trigger"`)),
			action(changed(automation, `"trigger"`, `"id":"action_1","trigger"`)),
			{http.MethodGet, "/v1/actions/absent", ""},
			{http.MethodPut, "/v1/actions/absent", `{"identifier":"absent","trigger":{"type":"automation","event":{"type":"ANY_RUN_CHANGE","actionIdentifier":"scale"}},` + webhook + `}`},
			{http.MethodDelete, "/v1/actions/absent", ""},
			{http.MethodPatch, "/v1/actions/scale/permissions", `{"execute":{"policy":{"queries":{},"conditions":["."]}}}`},
			{http.MethodPatch, "/v1/actions/scale/permissions", `{"execute":{"policy":{"queries":{"q":{"combinator":"and","rules":[]}},"conditions":[]}}}`},
			{http.MethodPatch, "/v1/actions/absent/permissions", `{}`},
		},
	}
}

func runMistakes() area {
	return area{
		valid: []exchange{
			{http.MethodPost, "/v1/actions/scale/runs", `{"entity":"cart","properties":{"n":1,"of":"a"}}`},
			{http.MethodPost, "/v1/actions/runs/claim-pending", `{"installationId":"i","limit":5,"visibilityTimeoutMs":100,"exclude":["r"]}`},
		},
		invalid: []exchange{
			{http.MethodPost, "/v1/actions/told/runs", `{"properties":{}}`},
			{http.MethodPost, "/v1/actions/absent/runs", `{"properties":{}}`},
			{http.MethodPost, "/v1/actions/scale/runs", `{"properties":{"n":1}}`},
			{http.MethodPost, "/v1/actions/scale/runs", `{"entity":"absent","properties":{"n":1}}`},
			{http.MethodPost, "/v1/actions/scale/runs", `{"entity":"cart","properties":{"n":1,"x":1}}`},
			{http.MethodPost, "/v1/actions/runs/claim-pending", `{"installationId":"i","limit":0}`},
			{http.MethodPost, "/v1/actions/runs/claim-pending", `{"installationId":"i","limit":1001}`},
			{http.MethodPatch, "/v1/actions/runs/absent", `{"status":"SUCCESS"}`},
			{http.MethodPatch, "/v1/actions/runs/absent", `{"status":"IN_PROGRESS"}`},
			{http.MethodPatch, "/v1/actions/runs/absent", `{"link":1}`},
			{http.MethodPatch, "/v1/actions/runs/absent", `{"link":["a",1]}`},
			{http.MethodPatch, "/v1/actions/runs/absent", `{"message":"m"}`},
			{http.MethodPatch, "/v1/actions/runs/absent", `{"other":1}`},
			{http.MethodPatch, "/v1/actions/runs/absent/approval", `{}`},
			{http.MethodPatch, "/v1/actions/runs/absent/approval", `{"status":"MAYBE"}`},
			{http.MethodPatch, "/v1/actions/runs/absent/approval", `{"status":"APPROVE","by":1}`},
			{http.MethodPatch, "/v1/actions/runs/absent/approval", `{"status":"APPROVE"}`},
			{http.MethodPost, "/v1/actions/runs/absent/logs", `{}`},
			{http.MethodPost, "/v1/actions/runs/absent/logs", `{"message":"m","terminationStatus":"MAYBE"}`},
			{http.MethodPost, "/v1/actions/runs/absent/logs", `{"message":"m"}`},
			{http.MethodPatch, "/v1/actions/runs/absent/response", `{}`},
			{http.MethodPatch, "/v1/actions/runs/absent/response", `{"response":1}`},
			{http.MethodPatch, "/v1/actions/runs/ack", `{"runIds":[1]}`},
			{http.MethodPatch, "/v1/actions/runs/ack", `{"runId":1}`},
		},
	}
}

func searchMistakes() area {
	const rule = `{"property":"name","operator":"=","value":"ab"}`
	search := func(rule string) exchange {
		return exchange{http.MethodPost, "/v1/entities/search", `{"combinator":"and","rules":[` + rule + `]}`}
	}
	return area{
		valid: []exchange{
			{http.MethodPost, "/v1/entities/search", `{"combinator":"and","rules":[` + rule + `]}`},
			{http.MethodPost, "/v1/blueprints/service/entities/search", `{"query":{"combinator":"or","rules":[` + rule + `]},"limit":10,"include":["name"],"exclude":[]}`},
		},
		invalid: []exchange{
			search(`{"operator":"relatedTo"}`), search(`{"operator":"between","property":"$createdAt","value":5}`), search(`5`), search(`{"combinator":"and","rules":5}`),
			{http.MethodPost, "/v1/blueprints/service/entities/search", `{"limit":0}`},
			{http.MethodPost, "/v1/blueprints/service/entities/search", `{"limit":1001}`},
			{http.MethodPost, "/v1/blueprints/service/entities/search", `{"limit":1.5}`},
			{http.MethodPost, "/v1/blueprints/service/entities/search", `{"from":"nonsense"}`},
			{http.MethodPost, "/v1/blueprints/absent/entities/search", `{}`},
		},
	}
}

func organizationMistakes() area {
	return area{
		valid: []exchange{
			{http.MethodPut, "/v1/organization", `{"name":"A","announcement":{"content":"c","color":"blue","enabled":true,"link":"https://a.example.com"},
				"settings":{"federatedLogout":true,"hiddenBlueprints":["b"],"portalIcon":"i","portalTitle":"T"}}`},
			{http.MethodPatch, "/v1/organization", `{"name":"A","isOnboarded":true,"announcement":{"link":null},"toolSelectionProvisioning":{"status":"DONE"},
				"settings":{"portalTitle":"T","supportUserPermission":"OPT_IN","supportUserTTL":"ONE_DAY","supportUserExpiresAt":"2026-06-15T16:44:56Z"}}`},
		},
		invalid: []exchange{
			{http.MethodPut, "/v1/organization", `{"name":"A","announcement":{"content":""}}`},
			{http.MethodPut, "/v1/organization", `{"name":"A","settings":{"portalTitle":"` + strings.Repeat("x", 31) + `"}}`},
		},
	}
}

func parameterMistakes() area {
	return area{
		valid: []exchange{
			{http.MethodPost, "/v1/auth/access_token", `{"clientId":"` + clientID + `","clientSecret":"` + clientSecret + `"}`},
		},
		invalid: []exchange{
			{http.MethodPost, "/v1/auth/access_token", `{"clientId":"x","clientSecret":"y"}`},
			{http.MethodPost, "/v1/blueprints/service/entities?upsert=yes", `{}`},
			{http.MethodPost, "/v1/blueprints?create_catalog_page=no", `{}`},
			{http.MethodGet, "/v1/audit-log?from=yesterday", ""},
			{http.MethodGet, "/v1/audit-log?limit=0", ""},
			{http.MethodGet, "/v1/audit-log?resources=planet", ""},
			{http.MethodGet, "/v1/migrations?status=DONE", ""},
			{http.MethodGet, "/v1/migrations/absent", ""},
			{http.MethodGet, "/v1/pages/absent", ""},
			{http.MethodGet, "/v1/actions?operation=UPDATE", ""},
			{http.MethodGet, "/v1/actions?published=maybe", ""},
			{http.MethodGet, "/v1/actions?version=v3", ""},
			{http.MethodGet, "/v1/actions/runs?limit=1001", ""},
			{http.MethodGet, "/v1/actions/runs/absent/logs?offset=-1", ""},
			{http.MethodGet, "/v1/blueprints/system/absent/structure", ""},
			{http.MethodGet, "/v2/blueprints", ""},
			{http.MethodPut, "/v1/blueprints", ""},
			{http.MethodPost, "/v1/blueprints", ""},
			{http.MethodPost, "/v1/blueprints", `{"identifier":`},
			{http.MethodPost, "/v1/blueprints", `[]`},
			{http.MethodPost, "/v1/blueprints", `{} {}`},
			{http.MethodPost, "/_emulator/faults", `{"method":"GET","route":"/v1/nowhere"}`},
			{http.MethodPost, "/_emulator/faults", `{"drop":"sometimes"}`},
			{http.MethodPost, "/_emulator/faults", `{"status":"x"}`},
		},
	}
}
