package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

const serviceEntities = "/v1/blueprints/service/entities"

// startWithService returns an emulator with the service blueprint.
func startWithService(tb testing.TB) *server {
	tb.Helper()
	s := startWithout(tb)
	s.createService(tb)
	return s
}

func (s *server) createEntity(tb testing.TB, body string) response {
	tb.Helper()
	return s.mustDo(tb, http.MethodPost, serviceEntities+"?upsert=false", body)
}

func (s *server) entity(tb testing.TB, identifier string) response {
	tb.Helper()
	return s.mustDo(tb, http.MethodGet, serviceEntities+"/"+identifier, "")
}

func TestEntityDefaultsToNull(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	created := s.createEntity(t, `{"identifier":"a","title":"A","properties":{"replicas":9007199254740993,"language":"Go","tags":["z","a","z"],"config":{"z":0.10,"a":[]}}}`)
	const stamps = `"createdAt":"2026-06-15T16:44:56.288Z","createdBy":"client@clients","updatedAt":"2026-06-15T16:44:56.288Z","updatedBy":"client@clients"`
	same(t, created.at(t, "entity"), `{"identifier":"a","title":"A","blueprint":"service",
		"properties":{"replicas":9007199254740993,"language":"Go","tags":["z","a","z"],"config":{"z":0.10,"a":[]},"tier":"silver"},"relations":{},"team":[],`+stamps+`}`)
	got := s.entity(t, "a")
	same(t, got.at(t, "entity"), `{"identifier":"a","title":"A","blueprint":"service","team":[],
		"properties":{"replicas":9007199254740993,"language":"Go","tags":["z","a","z"],"config":{"z":0.10,"a":[]},"tier":"silver","url":null,"live":null,"checked":null},
		"relations":{"parent":null,"uses":[]},`+stamps+`}`)
	if !strings.Contains(got.body, `"config":{"z":0.10,"a":[]}`) {
		t.Errorf("the value of an object changed: %s", got.body)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	tier := func(identifier string) any { return s.entity(t, identifier).at(t, "entity", "properties", "tier") }
	s.createEntity(t, `{"identifier":"missing"}`)
	s.createEntity(t, `{"identifier":"null","properties":{"tier":null}}`)
	s.createEntity(t, `{"identifier":"given","properties":{"tier":"gold"}}`)
	if tier("missing") != "silver" || tier("null") != nil || tier("given") != "gold" {
		t.Errorf("%v %v %v", tier("missing"), tier("null"), tier("given"))
	}
	s.mustDo(t, http.MethodPut, serviceEntities+"/missing", `{}`)
	if tier("missing") != nil {
		t.Errorf("a replacement got the default %v", tier("missing"))
	}
}

func TestEntityIdentifierIsGenerated(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	first, _ := s.createEntity(t, `{}`).at(t, "entity", "identifier").(string)
	second, _ := s.createEntity(t, `{}`).at(t, "entity", "identifier").(string)
	if first == "" || first == second {
		t.Errorf("%q and %q", first, second)
	}
	s.entity(t, first)
}

func TestEntityValidation(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.mustDo(t, http.MethodPut, "/v1/blueprints/service", `{"title":"S","schema":{"required":["name"],"properties":{
		"name":{"type":"string","pattern":"^[a-z]+$"},
		"count":{"type":"number","minimum":0,"exclusiveMaximum":10,"multipleOf":0.5},
		"live":{"type":"boolean"},
		"mail":{"type":"string","format":"email"},
		"tier":{"type":"string","enum":["gold","silver"]},
		"tags":{"type":"array","items":{"type":"string","maxLength":3},"minItems":1,"maxItems":2,"uniqueItems":true},
		"free":{"type":"array"},
		"config":{"type":"object","properties":{"size":{"type":"integer"}},"required":["size"]}}},
		"calculationProperties":{"sum":{"calculation":"1","type":"number"}},
		"relations":{"one":{"target":"service","required":false,"many":false},"some":{"target":"service","required":false,"many":true}}}`)
	for _, test := range []struct{ properties, part string }{
		{`{}`, "body/properties must have required property 'name'"},
		{`{"name":null}`, "required property 'name'"},
		{`{"name":"A"}`, "body/properties/name must match pattern"},
		{`{"name":1}`, "body/properties/name must be string"},
		{`{"name":"a","count":"1"}`, "body/properties/count must be number"},
		{`{"name":"a","count":-1}`, "count must be >= 0"},
		{`{"name":"a","count":10}`, "count must be < 10"},
		{`{"name":"a","count":0.3}`, "multiple of 0.5"},
		{`{"name":"a","live":"true"}`, "body/properties/live must be boolean"},
		{`{"name":"a","mail":"x"}`, `mail must match format "email"`},
		{`{"name":"a","tier":"bronze"}`, "allowed values: gold, silver"},
		{`{"name":"a","tags":"x"}`, "tags must be array"},
		{`{"name":"a","tags":[]}`, "fewer than 1 items"},
		{`{"name":"a","tags":["a","b","c"]}`, "more than 2 items"},
		{`{"name":"a","tags":["a","a"]}`, "duplicate"},
		{`{"name":"a","tags":["long"]}`, "body/properties/tags/0 must NOT have more than 3"},
		{`{"name":"a","config":[]}`, "config must be object"},
		{`{"name":"a","config":{}}`, "config must have required property 'size'"},
		{`{"name":"a","config":{"size":1.5}}`, "body/properties/config/size must be integer"},
		{`{"name":"a","unknown":1}`, "must NOT have additional properties: 'unknown'"},
		{`{"name":"a","sum":1}`, "must NOT have additional properties: 'sum' is calculated"},
	} {
		t.Run(test.properties, func(t *testing.T) {
			t.Parallel()
			s.do(t, http.MethodPost, serviceEntities+"?upsert=true", `{"identifier":"x","properties":`+test.properties+`}`).
				refused(t, http.StatusUnprocessableEntity, "invalid_request", test.part)
		})
	}
	for _, test := range []struct{ body, part string }{
		{`{"identifier":"a b"}`, "body/identifier must match pattern"},
		{`{"identifier":""}`, "body/identifier must match pattern"},
		{`{"identifier":"` + strings.Repeat("x", 1001) + `"}`, "more than 1000"},
		{`{"identifier":5}`, "body/identifier must be string"},
		{`{"title":null}`, "body/title must be string"},
		{`{"icon":1}`, "body/icon must be string"},
		{`{"team":5}`, "body/team must be string"},
		{`{"team":["a",1]}`, "body/team/1 must be string"},
		{`{"properties":[]}`, "body/properties must be object"},
		{`{"relations":{"one":5}}`, "body/relations/one must be string"},
		{`{"properties":{"name":"a"},"relations":{"one":["x"]}}`, "body/relations/one must be string: the relation has a single target"},
		{`{"properties":{"name":"a"},"relations":{"some":"x"}}`, "body/relations/some must be array"},
		{`{"properties":{"name":"a"},"relations":{"one":"nobody"}}`, `"nobody" of blueprint "service" was not found`},
		{`{"properties":{"name":"a"},"relations":{"some":["nobody"]}}`, "was not found"},
		{`{"properties":{"name":"a"},"relations":{"other":"x"}}`, "body/relations must NOT have additional properties: 'other'"},
	} {
		t.Run(test.body[:min(len(test.body), 60)], func(t *testing.T) {
			t.Parallel()
			s.do(t, http.MethodPost, serviceEntities+"?upsert=true", test.body).
				refused(t, http.StatusUnprocessableEntity, "invalid_request", test.part)
		})
	}
	t.Run("good", func(t *testing.T) {
		t.Parallel()
		s.createEntity(t, `{"identifier":"good","properties":{"name":"a","count":9.5,"free":[1,"a",null,{}],"config":{"size":2,"more":true}},"relations":{"one":"good","some":[]}}`)
	})
	t.Run("PATCH refuses other keys", func(t *testing.T) {
		t.Parallel()
		s.do(t, http.MethodPatch, serviceEntities+"/x", `{"blueprint":"service"}`).
			refused(t, http.StatusUnprocessableEntity, "invalid_request", "additional properties: 'blueprint'")
	})
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.createEntity(t, `{"identifier":"a","title":"A","icon":"I","team":["t"],"properties":{"language":"Go","replicas":1}}`)
	s.clock.advance(time.Second)

	s.do(t, http.MethodPost, serviceEntities+"?upsert=false", `{"identifier":"a"}`).refused(t, http.StatusConflict, "identifier_taken", `"a"`)
	s.do(t, http.MethodPost, serviceEntities+"?upsert=false&merge=true", `{"identifier":"a"}`).refused(t, http.StatusConflict, "identifier_taken", `"a"`)

	merged := s.mustDo(t, http.MethodPost, serviceEntities+"?upsert=true&merge=true", `{"identifier":"a","properties":{"replicas":2}}`)
	same(t, merged.at(t, "entity"), `{"identifier":"a","title":"A","icon":"I","team":["t"],"blueprint":"service",
		"properties":{"language":"Go","replicas":2,"tier":"silver"},"relations":{},
		"createdAt":"2026-06-15T16:44:56.288Z","createdBy":"client@clients","updatedAt":"2026-06-15T16:44:57.288Z","updatedBy":"client@clients"}`)
	whole := s.mustDo(t, http.MethodPost, serviceEntities+"?upsert=true", `{"identifier":"a","properties":{"replicas":3}}`)
	same(t, whole.at(t, "entity"), `{"identifier":"a","blueprint":"service","team":[],"properties":{"replicas":3},"relations":{},
		"createdAt":"2026-06-15T16:44:56.288Z","createdBy":"client@clients","updatedAt":"2026-06-15T16:44:57.289Z","updatedBy":"client@clients"}`)
}

func TestPutAndPatch(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.createEntity(t, `{"identifier":"p"}`)
	s.createEntity(t, `{"identifier":"a","title":"A","icon":"I","team":"t","properties":{"language":"Go","config":{"x":1}},"relations":{"parent":"p","uses":["p"]}}`)
	view := func() string {
		o, _ := s.entity(t, "a").at(t, "entity").(map[string]any)
		for _, key := range []string{"createdAt", "createdBy", "updatedAt", "updatedBy", "blueprint"} {
			delete(o, key)
		}
		properties, _ := o["properties"].(map[string]any)
		for key, value := range properties {
			if value == nil {
				delete(properties, key)
			}
		}
		return compact(t, o)
	}
	for _, test := range []struct{ method, body, want string }{
		{http.MethodPatch, `{}`, `{"icon":"I","identifier":"a","properties":{"config":{"x":1},"language":"Go","tier":"silver"},"relations":{"parent":"p","uses":["p"]},"team":["t"],"title":"A"}`},
		{http.MethodPatch, `{"properties":{"config":{"y":2},"language":null}}`, `{"icon":"I","identifier":"a","properties":{"config":{"y":2},"tier":"silver"},"relations":{"parent":"p","uses":["p"]},"team":["t"],"title":"A"}`},
		{http.MethodPatch, `{"title":null,"icon":null,"team":["u"],"relations":{"parent":null}}`, `{"identifier":"a","properties":{"config":{"y":2},"tier":"silver"},"relations":{"parent":null,"uses":["p"]},"team":["u"]}`},
		{http.MethodPatch, `{"team":null,"relations":{"uses":[]}}`, `{"identifier":"a","properties":{"config":{"y":2},"tier":"silver"},"relations":{"parent":null,"uses":[]},"team":[]}`},
		{http.MethodPut, `{"title":"B","properties":{"live":true,"language":null}}`, `{"identifier":"a","properties":{"live":true},"relations":{"parent":null,"uses":[]},"team":[],"title":"B"}`},
		{http.MethodPut, `{"blueprint":"service","scorecards":{},"relations":{"parent":"a"}}`, `{"identifier":"a","properties":{},"relations":{"parent":"a","uses":[]},"team":[]}`},
	} {
		before := s.entity(t, "a").at(t, "entity", "updatedAt")
		s.mustDo(t, test.method, serviceEntities+"/a", test.body)
		if got := view(); got != test.want {
			t.Errorf("%s %s:\ngot  %s\nwant %s", test.method, test.body, got, test.want)
		}
		if s.entity(t, "a").at(t, "entity", "updatedAt") == before {
			t.Errorf("%s %s: updatedAt did not change", test.method, test.body)
		}
	}
	s.do(t, http.MethodPut, serviceEntities+"/none", `{}`).refused(t, http.StatusNotFound, "not_found", "none")
	s.do(t, http.MethodPatch, "/v1/blueprints/none/entities/a", `{}`).refused(t, http.StatusNotFound, "not_found", "none")
}

func TestEntityRename(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.createEntity(t, `{"identifier":"a","relations":{}}`)
	s.mustDo(t, http.MethodPatch, serviceEntities+"/a", `{"relations":{"parent":"a"}}`)
	s.createEntity(t, `{"identifier":"b","relations":{"parent":"a","uses":["b","a"]}}`)
	s.mustDo(t, http.MethodPut, serviceEntities+"/a", `{"identifier":"c","relations":{"parent":"a"}}`)

	s.do(t, http.MethodGet, serviceEntities+"/a", "").refused(t, http.StatusNotFound, "not_found", `"a"`)
	same(t, s.entity(t, "c").at(t, "entity", "relations"), `{"parent":"c","uses":[]}`)
	same(t, s.entity(t, "b").at(t, "entity", "relations"), `{"parent":"c","uses":["b","c"]}`)
	s.do(t, http.MethodDelete, serviceEntities+"/c?delete_dependents=false", "").refused(t, http.StatusConflict, "has_dependents", `"b"`)
	s.do(t, http.MethodPatch, serviceEntities+"/c", `{"identifier":"b"}`).refused(t, http.StatusConflict, "identifier_taken", `"b"`)
	s.mustDo(t, http.MethodPatch, serviceEntities+"/b", `{"identifier":"b2"}`)
	same(t, s.entity(t, "b2").at(t, "entity", "relations"), `{"parent":"c","uses":["b2","c"]}`)
}

func TestValidationOnly(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	a := s.mustDo(t, http.MethodPost, serviceEntities+"?upsert=false&validation_only=true", `{"identifier":"a","relations":{}}`)
	if a.at(t, "entity", "identifier") != "a" {
		t.Error(a.body)
	}
	s.mustDo(t, http.MethodPost, serviceEntities+"?upsert=false&validation_only=true&create_missing_related_entities=true", `{"relations":{"parent":"x"}}`)
	s.do(t, http.MethodPost, serviceEntities+"?upsert=false&validation_only=true", `{"properties":{"nope":1}}`).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "nope")
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/service/entities-count", "").at(t, "count"), `0`)
}

func TestCreateMissingRelatedEntities(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	body := `{"identifier":"a","relations":{"parent":"p","uses":["u","p","a"]}}`
	s.mustDo(t, http.MethodPost, serviceEntities+"?upsert=false&create_missing_related_entities=true&run_id=r_1", body)
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/service/entities-count", "").at(t, "count"), `3`)
	if tier := s.entity(t, "p").at(t, "entity", "properties", "tier"); tier != "silver" {
		t.Errorf("the created entity has the tier %v", tier)
	}
	s.mustDo(t, http.MethodPatch, serviceEntities+"/a?create_missing_related_entities=true", `{"relations":{"parent":"q"}}`)
	s.mustDo(t, http.MethodPut, serviceEntities+"/a?create_missing_related_entities=true", `{"relations":{"parent":"r"}}`)
	s.entity(t, "q")
	s.entity(t, "r")
	s.do(t, http.MethodPost, serviceEntities+"?upsert=false&create_missing_related_entities=true", `{"relations":{"parent":"z"},"properties":{"nope":1}}`).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "nope")
	s.do(t, http.MethodGet, serviceEntities+"/z", "").refused(t, http.StatusNotFound, "not_found", "z")
}

func TestRequiredRelation(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"d","title":"D","schema":{"properties":{}},
		"relations":{"of":{"target":"service","required":true,"many":false},"in":{"target":"service","required":true,"many":true}}}`)
	s.createEntity(t, `{"identifier":"a"}`)
	for _, relations := range []string{`{}`, `{"of":"a"}`, `{"of":"a","in":[]}`, `{"of":null,"in":["a"]}`} {
		s.do(t, http.MethodPost, "/v1/blueprints/d/entities?upsert=true", `{"relations":`+relations+`}`).
			refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/relations must have required relation")
	}
	s.mustDo(t, http.MethodPost, "/v1/blueprints/d/entities?upsert=true", `{"relations":{"of":"a","in":["a"]}}`)
}

func TestValuesByQuery(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.createEntity(t, `{"identifier":"a","title":"Alpha","properties":{"language":"Go"}}`)
	s.createEntity(t, `{"identifier":"b","properties":{"language":"Go"}}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/_team/entities?upsert=false", `{"identifier":"red","title":"Red"}`)
	const byTitle = `{"combinator":"and","rules":[{"property":"$title","operator":"=","value":"%"}]}`
	const byLanguage = `{"combinator":"and","rules":[{"property":"language","operator":"=","value":"Go"}]}`
	alpha, nobody := strings.Replace(byTitle, "%", "Alpha", 1), strings.Replace(byTitle, "%", "Nobody", 1)

	s.createEntity(t, `{"identifier":"c","team":`+strings.Replace(byTitle, "%", "Red", 1)+`,"relations":{"parent":`+alpha+`,"uses":`+byLanguage+`}}`)
	got := s.entity(t, "c")
	same(t, got.at(t, "entity", "relations"), `{"parent":"a","uses":["a","b"]}`)
	same(t, got.at(t, "entity", "team"), `["red"]`)
	s.createEntity(t, `{"identifier":"d","relations":{"parent":`+nobody+`,"uses":`+nobody+`}}`)
	same(t, s.entity(t, "d").at(t, "entity", "relations"), `{"parent":null,"uses":[]}`)
	s.do(t, http.MethodPost, serviceEntities+"?upsert=false", `{"relations":{"parent":`+byLanguage+`}}`).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "it found 2")

	s.mustDo(t, http.MethodPost, serviceEntities+"?upsert=true&merge=true", `{"identifier":`+alpha+`,"properties":{"replicas":7}}`)
	same(t, s.entity(t, "a").at(t, "entity", "properties", "replicas"), `7`)
	s.do(t, http.MethodPost, serviceEntities+"?upsert=true", `{"identifier":`+nobody+`}`).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "it found 0")
	s.do(t, http.MethodPost, serviceEntities+"?upsert=true", `{"relations":{"parent":{"combinator":"and","rules":[{"property":"x","operator":"~"}]}}}`).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/relations/parent/rules/0/operator")
}

func TestEntityDeletion(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.createEntity(t, `{"identifier":"a"}`)
	s.createEntity(t, `{"identifier":"b","relations":{"parent":"a"}}`)
	s.createEntity(t, `{"identifier":"c","relations":{"uses":["b"]}}`)
	s.createEntity(t, `{"identifier":"d"}`)
	s.do(t, http.MethodDelete, serviceEntities+"/a?delete_dependents=false", "").refused(t, http.StatusConflict, "has_dependents", "2 entities")
	s.mustDo(t, http.MethodDelete, serviceEntities+"/a?delete_dependents=true&run_id=r", "")
	entities, _ := s.mustDo(t, http.MethodGet, serviceEntities, "").at(t, "entities").([]any)
	if len(entities) != 1 {
		t.Errorf("%v", entities)
	}
	s.do(t, http.MethodDelete, serviceEntities+"/a?delete_dependents=true", "").refused(t, http.StatusNotFound, "not_found", `"a"`)
	s.createEntity(t, `{"identifier":"self","relations":{"parent":"self"}}`)
	s.mustDo(t, http.MethodDelete, serviceEntities+"/self?delete_dependents=false", "")

	s.createEntity(t, `{"identifier":"e","relations":{"parent":"d","uses":["d"]}}`)
	s.mustDo(t, http.MethodPatch, serviceEntities+"/e", `{"relations":{"parent":null}}`)
	s.do(t, http.MethodDelete, serviceEntities+"/d?delete_dependents=false", "").refused(t, http.StatusConflict, "has_dependents", `"e"`)
	s.mustDo(t, http.MethodPatch, serviceEntities+"/e", `{"relations":{"uses":[]}}`)
	s.mustDo(t, http.MethodDelete, serviceEntities+"/d?delete_dependents=false", "")
}

func TestViews(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.createEntity(t, `{"identifier":"p","title":"Parent"}`)
	s.createEntity(t, `{"identifier":"a","title":"A","properties":{"language":"Go"},"relations":{"parent":"p","uses":["p"]}}`)
	for query, want := range map[string]string{
		"include=identifier&include=properties.language": `{"identifier":"a","properties":{"language":"Go"}}`,
		"include=relations": `{"relations":{"parent":"p","uses":["p"]}}`,
		"include=relations&attach_title_to_relation=true": `{"relations":{"parent":{"identifier":"p","title":"Parent"},"uses":[{"identifier":"p","title":"Parent"}]}}`,
		"exclude=properties&exclude=relations.uses&exclude=team&exclude=createdAt&exclude=updatedAt": `{"identifier":"a","title":"A","blueprint":"service",
			"relations":{"parent":"p"},"createdBy":"client@clients","updatedBy":"client@clients"}`,
	} {
		same(t, s.mustDo(t, http.MethodGet, serviceEntities+"/a?"+query, "").at(t, "entity"), want)
	}
}

func TestNumbersAsInJavaScript(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{JSNumbers: true})
	s.createService(t)
	s.createEntity(t, `{"identifier":"a","properties":{"replicas":9007199254740993,"config":{"a":1.0,"b":1e21,"c":-0,"d":0.1}}}`)
	got := s.entity(t, "a").body
	if !strings.Contains(got, `"replicas":9007199254740992,"config":{"a":1,"b":1e+21,"c":0,"d":0.1}`) {
		t.Error(got)
	}
}
