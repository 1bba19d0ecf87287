package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// withProperties returns a blueprint with the given properties.
func withProperties(identifier, properties string) string {
	return `{"identifier":"` + identifier + `","title":"T","schema":{"properties":{` + properties + `}}}`
}

func TestBlueprintIsReturnedAsSent(t *testing.T) {
	t.Parallel()
	const sent = `{
		"identifier": "b", "title": "B", "description": "", "icon": "Cloud", "otherKey": {"z": [1.0, 1e2, 9007199254740993], "a": null},
		"schema": {"properties": {
			"z": {"type": "string", "format": "url", "spec": "embedded-url", "unknownKey": {"x": 0.1}, "specAuthentication":
				{"clientId": "c", "authorizationUrl": "https://a.example.com", "tokenUrl": "https://t.example.com", "authorizationScope": ["openid"]}},
			"a": {"type": "array", "uniqueItems": true, "items": {"type": "string", "minLength": 1, "odd": true}},
			"o": {"type": "object", "properties": {"k": {"type": "integer"}}, "required": ["k"]}
		}, "required": ["z"]},
		"ownership": {"type": "Direct"},
		"changelogDestination": {"type": "KAFKA"}
	}`
	s := start(t, emulator.Options{ChangelogDestination: emulator.KeepDestination})
	created := s.mustDo(t, http.MethodPost, "/v1/blueprints", sent)
	if created.status != http.StatusCreated {
		t.Errorf("status %d", created.status)
	}
	got := s.mustDo(t, http.MethodGet, "/v1/blueprints/b", "")
	want := strings.TrimSuffix(strings.TrimSpace(sent), "}") + `,"mirrorProperties":{},"calculationProperties":{},"aggregationProperties":{},"relations":{},
		"createdAt":"2026-06-15T16:44:56.288Z","createdBy":"client@clients","updatedAt":"2026-06-15T16:44:56.288Z","updatedBy":"client@clients"}`
	same(t, got.at(t, "blueprint"), want)
	if !strings.Contains(got.body, `"z":[1.0,1e2,9007199254740993]`) || strings.Index(got.body, `"z":{"type"`) > strings.Index(got.body, `"a":{"type"`) {
		t.Errorf("numbers or order changed: %s", got.body)
	}
	same(t, created.at(t, "blueprint"), compact(t, got.at(t, "blueprint")))
}

func TestBlueprintBodiesAreChecked(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	long := strings.Repeat("x", 101)
	for _, test := range []struct{ body, part string }{
		{`{"title":"T","schema":{"properties":{}}}`, "body must have required property 'identifier'"},
		{`{"identifier":"b","schema":{"properties":{}}}`, "'title'"},
		{`{"identifier":"b","title":"T"}`, "'schema'"},
		{`{"identifier":"b","title":"T","schema":{}}`, "body/schema must have required property 'properties'"},
		{`{"identifier":"b c","title":"T","schema":{"properties":{}}}`, "body/identifier must match pattern"},
		{`{"identifier":"..","title":"T","schema":{"properties":{}}}`, "body/identifier"},
		{`{"identifier":"` + long + `","title":"T","schema":{"properties":{}}}`, "body/identifier must NOT have more than 100"},
		{`{"identifier":"b","title":"","schema":{"properties":{}}}`, "body/title must NOT have fewer than 1"},
		{`{"identifier":"b","title":"` + long + `","schema":{"properties":{}}}`, "body/title"},
		{`{"identifier":"b","title":"T","description":"` + long + long + `","schema":{"properties":{}}}`, "body/description"},
		{`{"identifier":"b","title":"T","description":null,"schema":{"properties":{}}}`, "body/description must be string"},
		{`{"identifier":"b","title":"T","schema":{"properties":{},"more":1}}`, "body/schema must NOT have additional properties: 'more'"},
		{withProperties("b", `"a b":{"type":"string"}`), "body/schema/properties property name must be valid: 'a b' must match pattern"},
		{withProperties("b", `"`+long+`":{"type":"string"}`), "more than 100"},
		{withProperties("b", `"p":{}`), "body/schema/properties/p must have required property 'type'"},
		{withProperties("b", `"p":{"type":"text"}`), "body/schema/properties/p/type must be equal"},
		{withProperties("b", `"p":{"type":"string","format":"color"}`), "p/format"},
		{withProperties("b", `"p":{"type":"string","spec":"soap"}`), "p/spec"},
		{withProperties("b", `"p":{"type":"string","specAuthentication":{"clientId":"c"}}`), "'authorizationUrl'"},
		{withProperties("b", `"p":{"type":"string","enum":["a"],"enumColors":{"a":"mauve"}}`), "enumColors/a"},
		{withProperties("b", `"p":{"type":"string","minLength":"1"}`), "p/minLength"},
		{withProperties("b", `"p":{"type":"array","items":{"minLength":-1}}`), "p/items/minLength"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"relations":{"r":{"required":false,"many":false}}}`, "'target'"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"relations":{"r":{"target":"b","required":false,"many":false,"extra":1}}}`, "'extra'"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"relations":{"r":{"target":"nowhere","required":false,"many":false}}}`, "body/relations/r/target"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"mirrorProperties":{"m":{"path":"nodot"}}}`, "body/mirrorProperties/m/path must match"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"mirrorProperties":{"m":{"path":"r.x"}}}`, "must begin with a relation"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"calculationProperties":{"c":{"calculation":".","type":"text"}}}`, "c/type"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"calculationProperties":{"c":{"calculation":".","type":"string","dateFormat":"long"}}}`, "c/dateFormat must be equal"},
		{`{"identifier":"b","title":"T","schema":{"properties":{"p":{"type":"string"}}},"calculationProperties":{"p":{"calculation":".","type":"string"}}}`, `two properties with the identifier "p"`},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"aggregationProperties":{"a":{"title":"A","target":"nowhere","calculationSpec":{"func":"count","calculationBy":"entities"}}}}`, "aggregationProperties/a/target"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"aggregationProperties":{"a":{"title":"A","target":"b","calculationSpec":{"func":"average","calculationBy":"entities"}}}}`, "'averageOf'"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"aggregationProperties":{"a":{"title":"A","target":"b","calculationSpec":{"func":"guess","calculationBy":"entities"}}}}`, "func must be equal to one of the allowed values: count, average"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"aggregationProperties":{"a":{"title":"A","target":"b","query":{"combinator":"and","rules":[{"x":1}]},"calculationSpec":{"func":"count","calculationBy":"entities"}}}}`, "aggregationProperties/a/query/rules/0"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"changelogDestination":{"type":"WEBHOOK"}}`, "'url'"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"changelogDestination":{"type":"WEBHOOK","url":"x"}}`, "changelogDestination/url"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"changelogDestination":{"type":"PIGEON"}}`, "allowed values: WEBHOOK, KAFKA"},
		{`{"identifier":"b","title":"T","schema":{"properties":{}},"ownership":{"type":"Inherited"}}`, "'path'"},
	} {
		t.Run(test.part, func(t *testing.T) {
			t.Parallel()
			s.do(t, http.MethodPost, "/v1/blueprints", test.body).refused(t, http.StatusUnprocessableEntity, "invalid_request", test.part)
		})
	}
}

func TestBlueprintIdentifierIsTaken(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusConflict, http.StatusUnprocessableEntity} {
		s := start(t, emulator.Options{ConflictStatus: status})
		s.createService(t)
		s.do(t, http.MethodPost, "/v1/blueprints", withProperties("service", "")).refused(t, status, "identifier_taken", "service")
		s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("other", ""))
		s.do(t, http.MethodPut, "/v1/blueprints/other", withProperties("service", "")).refused(t, status, "identifier_taken", "service")
	}
}

func TestCatalogPage(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("with", ""))
	s.mustDo(t, http.MethodPost, "/v1/blueprints?create_catalog_page=false", withProperties("without", ""))
	s.mustDo(t, http.MethodGet, "/v1/pages/with", "")
	s.do(t, http.MethodGet, "/v1/pages/without", "").refused(t, http.StatusNotFound, "not_found", "without")
	s.mustDo(t, http.MethodDelete, "/v1/blueprints/with", "")
	s.do(t, http.MethodGet, "/v1/pages/with", "").refused(t, http.StatusNotFound, "not_found", "with")
}

func TestBlueprintPutReplaces(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"b","title":"T","icon":"X","description":"d","extra":1,
		"schema":{"properties":{"p":{"type":"string"},"q":{"type":"string"}}}}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/b/entities?upsert=false", `{"identifier":"e","properties":{"p":"1","q":"2"}}`)
	s.clock.advance(time.Minute)
	a := s.mustDo(t, http.MethodPut, "/v1/blueprints/b", `{"title":"New","schema":{"properties":{"q":{"type":"string"}}}}`)
	same(t, a.at(t, "blueprint"), `{"identifier":"b","title":"New","schema":{"properties":{"q":{"type":"string"}}},
		"mirrorProperties":{},"calculationProperties":{},"aggregationProperties":{},"relations":{},
		"createdAt":"2026-06-15T16:44:56.288Z","createdBy":"client@clients","updatedAt":"2026-06-15T16:45:56.288Z","updatedBy":"client@clients"}`)

	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/b/entities/e", "").at(t, "entity", "properties"), `{"q":"2"}`)
	s.mustDo(t, http.MethodPut, "/v1/blueprints/b", withProperties("b", `"p":{"type":"string"},"q":{"type":"string"}`))
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/b/entities/e", "").at(t, "entity", "properties"), `{"p":null,"q":"2"}`)

	s.do(t, http.MethodPut, "/v1/blueprints/b", `{"schema":{"properties":{}}}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "'title'")
	s.do(t, http.MethodPut, "/v1/blueprints/none", withProperties("none", "")).refused(t, http.StatusNotFound, "not_found", "none")
}

func TestKeyRenamedByPutLosesItsValues(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("b", `"old":{"type":"string"}`))
	s.mustDo(t, http.MethodPost, "/v1/blueprints/b/entities?upsert=false", `{"identifier":"e","properties":{"old":"1"}}`)
	s.mustDo(t, http.MethodPut, "/v1/blueprints/b", withProperties("b", `"new":{"type":"string"}`))
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/b/entities/e", "").at(t, "entity", "properties"), `{"new":null}`)
}

func TestBlueprintPatchMerges(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"b","title":"T","icon":"X","extra":1,"schema":{"properties":{"p":{"type":"string"}}}}`)
	a := s.mustDo(t, http.MethodPatch, "/v1/blueprints/b", `{"title":"New","createdBy":"somebody"}`)
	if a.at(t, "blueprint", "title") != "New" || a.at(t, "blueprint", "icon") != "X" || a.at(t, "blueprint", "extra") != json.Number("1") ||
		a.at(t, "blueprint", "createdBy") != clientID || a.at(t, "blueprint", "schema", "properties", "p") == nil {
		t.Error(a.body)
	}
	if a.at(t, "blueprint", "updatedAt") == a.at(t, "blueprint", "createdAt") {
		t.Error("updatedAt did not change")
	}
}

func TestBlueprintRename(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.createService(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/service/entities?upsert=false", `{"identifier":"a"}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/service/entities?upsert=false", `{"identifier":"b","relations":{"parent":"a"}}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"deployment","title":"D","schema":{"properties":{}},
		"relations":{"of":{"target":"service","required":true,"many":false}},
		"aggregationProperties":{"n":{"title":"N","target":"service","calculationSpec":{"func":"count","calculationBy":"entities"}}}}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/deployment/entities?upsert=false", `{"identifier":"d","relations":{"of":"a"}}`)

	body := s.mustDo(t, http.MethodGet, "/v1/blueprints/service", "").at(t, "blueprint")
	renamed, _ := body.(map[string]any)
	renamed["identifier"] = "component"
	s.mustDo(t, http.MethodPut, "/v1/blueprints/service", compact(t, renamed))

	s.do(t, http.MethodGet, "/v1/blueprints/service", "").refused(t, http.StatusNotFound, "not_found", "service")
	component := s.mustDo(t, http.MethodGet, "/v1/blueprints/component", "")
	if component.at(t, "blueprint", "relations", "parent", "target") != "component" {
		t.Errorf("the relation to itself was not updated: %s", component.body)
	}
	deployment := s.mustDo(t, http.MethodGet, "/v1/blueprints/deployment", "")
	if deployment.at(t, "blueprint", "relations", "of", "target") != "component" ||
		deployment.at(t, "blueprint", "aggregationProperties", "n", "target") != "component" {
		t.Errorf("the targets were not updated: %s", deployment.body)
	}
	same(t, s.mustDo(t, http.MethodGet, "/v1/pages/service", "").at(t, "page", "blueprint"), `"component"`)
	entity := s.mustDo(t, http.MethodGet, "/v1/blueprints/component/entities/b", "")
	if entity.at(t, "entity", "blueprint") != "component" || entity.at(t, "entity", "relations", "parent") != "a" {
		t.Error(entity.body)
	}
	s.do(t, http.MethodDelete, "/v1/blueprints/component/entities/a?delete_dependents=false", "").
		refused(t, http.StatusConflict, "has_dependents", "2 entities")
}

func TestChangesRefusedBecauseOfEntities(t *testing.T) {
	t.Parallel()
	const relation = `{"identifier":"b","title":"T","schema":{"properties":{}},"relations":{"r":{"target":"%s","required":false,"many":%t}}}`
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("other", ""))
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("b", `"p":{"type":"string"}`))

	s.mustDo(t, http.MethodPut, "/v1/blueprints/b", withProperties("b", `"p":{"type":"number"}`)) // It has no entities.
	s.mustDo(t, http.MethodPost, "/v1/blueprints/b/entities?upsert=false", `{"identifier":"e"}`)
	s.do(t, http.MethodPut, "/v1/blueprints/b", withProperties("b", `"p":{"type":"string"}`)).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/schema/properties/p/type must NOT change from number to string")
	s.mustDo(t, http.MethodPut, "/v1/blueprints/b", withProperties("b", ``))
	s.mustDo(t, http.MethodPut, "/v1/blueprints/b", withProperties("b", `"p":{"type":"string"}`))

	s.mustDo(t, http.MethodPut, "/v1/blueprints/b", fmt.Sprintf(relation, "other", false))
	s.mustDo(t, http.MethodPut, "/v1/blueprints/b", fmt.Sprintf(relation, "b", false)) // No entity uses it yet.
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/b/entities/e", `{"relations":{"r":"e"}}`)
	for _, change := range []string{fmt.Sprintf(relation, "other", false), fmt.Sprintf(relation, "b", true)} {
		s.do(t, http.MethodPut, "/v1/blueprints/b", change).refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/relations/r")
	}
}

func TestBlueprintDeletion(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{DeleteLag: 5 * time.Second})
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("b", ""))
	s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"c","title":"C","schema":{"properties":{}},
		"relations":{"r":{"target":"b","required":false,"many":false}}}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/b/entities?upsert=false", `{"identifier":"e"}`)

	s.do(t, http.MethodDelete, "/v1/blueprints/b", "").refused(t, http.StatusConflict, "has_dependents", `"c"`)
	s.mustDo(t, http.MethodDelete, "/v1/blueprints/c", "")
	s.do(t, http.MethodDelete, "/v1/blueprints/b", "").refused(t, http.StatusConflict, "has_dependents", "entities")
	s.mustDo(t, http.MethodDelete, "/v1/blueprints/b/entities/e?delete_dependents=false", "")
	s.clock.advance(4999 * time.Millisecond)
	s.do(t, http.MethodDelete, "/v1/blueprints/b", "").refused(t, http.StatusConflict, "has_dependents", "not complete")
	s.clock.advance(time.Millisecond)
	s.mustDo(t, http.MethodDelete, "/v1/blueprints/b?delete_actions=true", "")
	s.do(t, http.MethodDelete, "/v1/blueprints/b", "").refused(t, http.StatusNotFound, "not_found", `"b"`)
}

func TestSystemBlueprints(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	for _, identifier := range []string{"_user", "_team", "_rule_result", "_rule", "_scorecard", "_scorecard_group"} {
		base := s.mustDo(t, http.MethodGet, "/v1/blueprints/system/"+identifier+"/structure", "")
		if base.at(t, "blueprint", "identifier") != identifier {
			t.Error(base.body)
		}
		s.mustDo(t, http.MethodGet, "/v1/blueprints/"+identifier, "")
		s.do(t, http.MethodDelete, "/v1/blueprints/"+identifier, "").refused(t, http.StatusUnprocessableEntity, "invalid_request", "system")
		s.do(t, http.MethodDelete, "/v1/blueprints/"+identifier+"/all-entities?delete_blueprint=true", "").
			refused(t, http.StatusUnprocessableEntity, "invalid_request", "system")
	}
	s.do(t, http.MethodGet, "/v1/blueprints/system/service/structure", "").refused(t, http.StatusNotFound, "not_found", "service")

	base, _ := s.mustDo(t, http.MethodGet, "/v1/blueprints/system/_user/structure", "").at(t, "blueprint").(map[string]any)
	properties, _ := base["schema"].(map[string]any)["properties"].(map[string]any)
	properties["nickname"] = map[string]any{"type": "string"}
	s.mustDo(t, http.MethodPut, "/v1/blueprints/_user", compact(t, base))
	s.mustDo(t, http.MethodPost, "/v1/blueprints/_user/entities?upsert=false", `{"identifier":"a@example.com","properties":{"nickname":"a"}}`)
	unchanged := s.mustDo(t, http.MethodGet, "/v1/blueprints/system/_user/structure", "")
	if strings.Contains(unchanged.body, "nickname") {
		t.Error("the base structure changed")
	}
	s.do(t, http.MethodPut, "/v1/blueprints/_user", withProperties("_user", "")).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "must have system property")
	base["identifier"] = "people"
	s.do(t, http.MethodPut, "/v1/blueprints/_user", compact(t, base)).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/identifier must NOT change")
}

func TestSystemBlueprintsKeepTheirBaseStructure(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	for _, identifier := range []string{"_rule", "_scorecard_group"} {
		for _, method := range []string{http.MethodPut, http.MethodPatch} {
			s.do(t, method, "/v1/blueprints/"+identifier, compact(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/"+identifier, "").at(t, "blueprint"))).
				refused(t, http.StatusUnprocessableEntity, "invalid_request", "protected")
		}
	}

	const added = `{"relations":{"rule":{"title":"Rule","target":"_rule","required":false,"many":false},"team":{"target":"_team","required":false,"many":false}}}`
	s.do(t, http.MethodPut, "/v1/blueprints/_rule_result", compact(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/_rule_result", "").at(t, "blueprint"))).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "only updated")
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/_rule_result", added)
	s.do(t, http.MethodPatch, "/v1/blueprints/_rule_result", strings.Replace(added, `"many":false`, `"many":true`, 1)).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/relations/rule must NOT change")
	s.do(t, http.MethodPatch, "/v1/blueprints/_scorecard", `{"aggregationProperties":{}}`).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "must have system aggregation property")
}

func TestBlueprintsAreListedInOrder(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	for _, identifier := range []string{"zebra", "ant", "moth"} {
		s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties(identifier, ""))
	}
	all, _ := s.mustDo(t, http.MethodGet, "/v1/blueprints", "").at(t, "blueprints").([]any)
	var own []string
	for _, item := range all {
		if identifier, _ := item.(map[string]any)["identifier"].(string); !strings.HasPrefix(identifier, "_") {
			own = append(own, identifier)
		}
	}
	if strings.Join(own, " ") != "zebra ant moth" {
		t.Error(own)
	}
}

func TestChangelogDestinationIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{ChangelogDestination: emulator.RefuseDestination})
	const with = `{"identifier":"b","title":"T","schema":{"properties":{}},"changelogDestination":{"type":"KAFKA"}}`
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("c", ""))
	for _, request := range []string{"POST /v1/blueprints", "PUT /v1/blueprints/c", "PATCH /v1/blueprints/c"} {
		method, path, _ := strings.Cut(request, " ")
		s.do(t, method, path, with).refused(t, http.StatusUnprocessableEntity, "invalid_request", "'changelogDestination'")
	}
	s.mustDo(t, http.MethodPut, "/v1/blueprints/c", withProperties("c", `"p":{"type":"string"}`))
}

func TestChangelogDestinationIsDropped(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{ChangelogDestination: emulator.DropDestination})
	a := s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"b","title":"T","schema":{"properties":{}},
		"changelogDestination":{"type":"WEBHOOK","url":"https://example.com"}}`)
	if strings.Contains(a.body, "changelogDestination") {
		t.Error(a.body)
	}
}
