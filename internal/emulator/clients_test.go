package emulator_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// The tests in this file send what Port's own clients send, and what Port accepts although its
// OpenAPI document does not say so.

func TestParametersWithADefaultAreOptional(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	created := s.mustDo(t, http.MethodPost, serviceEntities, `{"identifier":"a"}`)
	s.do(t, http.MethodPost, serviceEntities, `{"identifier":"a"}`).refused(t, http.StatusConflict, "identifier_taken", "a")
	same(t, created.at(t, "entity", "identifier"), `"a"`)
	s.mustDo(t, http.MethodPost, serviceEntities+"/bulk", `{"entities":[{"identifier":"b"},{"identifier":"c"}]}`)
	s.mustDo(t, http.MethodDelete, serviceEntities+"/a", "")
	same(t, s.mustDo(t, http.MethodPost, "/v1/blueprints/service/bulk/entities/delete", `{"entities":["b"]}`).at(t, "deletedEntities"), `["b"]`)
	s.createEntity(t, `{"identifier":"d","relations":{"parent":"c"}}`)
	s.do(t, http.MethodDelete, serviceEntities+"/c", "").refused(t, http.StatusConflict, "has_dependents", "d")
}

func TestUnknownParametersAreIgnored(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.mustDo(t, http.MethodPost, serviceEntities+"?upsert=true&colour=red", `{"identifier":"a"}`)
	s.mustDo(t, http.MethodGet, serviceEntities+"/a?colour=red", "")
}

func TestOptionalBodies(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	created := s.mustDo(t, http.MethodPost, serviceEntities, "")
	identifier, _ := created.at(t, "entity", "identifier").(string)
	for _, request := range []string{
		"PUT " + serviceEntities + "/" + identifier, "PATCH " + serviceEntities + "/" + identifier,
		"POST " + serviceEntities + "/search", "PATCH /v1/blueprints/service",
	} {
		method, path, _ := strings.Cut(request, " ")
		s.mustDo(t, method, path, "")
	}
}

func TestRelationsGetTheirDefaults(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	a := s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"b","title":"T","schema":{"properties":{}},
		"relations":{"r":{"target":"b"},"m":{"target":"b","many":true}}}`)
	same(t, a.at(t, "blueprint", "relations"), `{"r":{"target":"b","required":false,"many":false},"m":{"target":"b","required":false,"many":true}}`)
}

func TestListsRepeatedOrJoinedByCommas(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.createEntity(t, `{"identifier":"a","title":"A"}`)
	for _, query := range []string{"include=identifier&include=title", "include=identifier,title", "include=identifier%2Ctitle"} {
		same(t, s.mustDo(t, http.MethodGet, serviceEntities+"?"+query, "").at(t, "entities"), `[{"identifier":"a","title":"A"}]`)
	}
	for _, query := range []string{"resources=entity&resources=run", "resources=run,entity"} {
		events, _ := s.mustDo(t, http.MethodGet, "/v1/audit-log?includes=identifier,action&"+query, "").at(t, "audits").([]any)
		if event, _ := events[0].(map[string]any); len(events) != 1 || len(event) != 2 {
			t.Errorf("%s: %v", query, events)
		}
	}
}

func TestIdentifiersWithAnApostrophe(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.createEntity(t, `{"identifier":"o'brien"}`)
	s.createEntity(t, `{"identifier":"b","relations":{"parent":"o'brien","uses":["o'brien"]}}`)
	same(t, s.entity(t, url.PathEscape("o'brien")).at(t, "entity", "identifier"), `"o'brien"`)
	same(t, s.entity(t, "b").at(t, "entity", "relations"), `{"parent":"o'brien","uses":["o'brien"]}`)
}

func TestCalculationsAreAnyText(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	const calculations = `{"a":{"calculation":"test-rel.$identifier","type":"string"},
		"b":{"calculation":"@blueprint/environment.properties.name","type":"string"},
		"c":{"calculation":"","type":"string"},
		"d":{"calculation":".identifier","type":"string","format":"date-time","dateFormat":"24-hour"}}`
	a := s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"service","title":"T","schema":{"properties":{}},"calculationProperties":`+calculations+`}`)
	same(t, a.at(t, "blueprint", "calculationProperties"), calculations)
	s.createEntity(t, `{"identifier":"e"}`)
	for name, want := range map[string]string{"a": `null`, "b": `null`, "d": `"e"`} {
		same(t, s.entity(t, "e").at(t, "entity", "properties", name), want)
	}
}

func TestFormatsDoNotChange(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]string{
		"another": `{"type":"string","format":"email"}`, "none": `{"type":"string"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWithout(t)
			s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("b", `"link":{"type":"string","format":"url"}`))
			refusal := s.do(t, http.MethodPut, "/v1/blueprints/b", withProperties("b", `"link":`+after))
			refusal.refused(t, http.StatusUnprocessableEntity, "forbidden_format_change", `"link"`)
			same(t, refusal.at(t, "details"), `{"property":"link"}`)
			// The property can be deleted and added again.
			s.mustDo(t, http.MethodPut, "/v1/blueprints/b", withProperties("b", ""))
			s.mustDo(t, http.MethodPut, "/v1/blueprints/b", withProperties("b", `"link":`+after))
		})
	}
}

func TestErrorsNameTheProperty(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	for _, properties := range []string{`{"replicas":"x"}`, `{"replicas2":1}`} {
		refusal := s.do(t, http.MethodPost, serviceEntities, `{"properties":`+properties+`}`)
		refusal.refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/properties")
		if property, _ := refusal.at(t, "details", "property").(string); !strings.HasPrefix(property, "replicas") {
			t.Errorf("%s: %s", properties, refusal.body)
		}
	}
}

func TestScorecardLevelsAreObjects(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/_scorecard/entities", `{"identifier":"s","properties":{"levels":[{"color":"gold","title":"Gold"}]}}`)
	s.do(t, http.MethodPost, "/v1/blueprints/_scorecard/entities", `{"identifier":"t","properties":{"levels":["Gold"]}}`).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/properties/levels/0 must be object")
}

// as sends a request with a User-Agent.
func (s *server) as(t *testing.T, userAgent, method, path, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", userAgent)
	w := httptest.NewRecorder()
	s.emulator.ServeHTTP(w, r)
	if w.Code >= http.StatusBadRequest {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
}

func TestDatasourceIsTheUserAgentOfTheWriter(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	const exporter = "port-ocean/github/my-integration/1.2.3/exporter"
	s.as(t, exporter, http.MethodPost, serviceEntities, `{"identifier":"a"}`)
	s.as(t, "curl/8", http.MethodPost, serviceEntities, `{"identifier":"b"}`)
	found := func() any {
		return s.mustDo(t, http.MethodPost, "/v1/entities/search?include=identifier", `{"combinator":"and","rules":[
			{"property":"$datasource","operator":"contains","value":"port-ocean/github/my-integration"}]}`).at(t, "entities")
	}
	same(t, found(), `[{"identifier":"a"}]`)
	s.as(t, "curl/8", http.MethodPatch, serviceEntities+"/a", `{"title":"A"}`)
	s.as(t, exporter, http.MethodPut, serviceEntities+"/b", `{"title":"B"}`)
	same(t, found(), `[{"identifier":"b"}]`)
}

func TestFuturePresets(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	checked := func(identifier string, days int) {
		s.createEntity(t, `{"identifier":"`+identifier+`","properties":{"checked":"`+s.clock.Now().AddDate(0, 0, days).Format(time.RFC3339)+`"}}`)
	}
	checked("long-ago", -700)
	checked("soon", 5)
	checked("late", 300)
	for preset, want := range map[string]string{
		"nextDay": ``, "nextWeek": `soon`, "next2Weeks": `soon`, "nextMonth": `soon`, "next3Months": `soon`, "next6Months": `soon`,
		"next12Months": `soon late`, "last12Months": ``, "last2Years": `long-ago`, "last3Years": `long-ago`,
	} {
		list, _ := s.mustDo(t, http.MethodPost, serviceEntities+"/search", `{"query":{"combinator":"and","rules":[
			{"property":"checked","operator":"between","value":{"preset":"`+preset+`"}}]}}`).at(t, "entities").([]any)
		var names []string
		for _, item := range list {
			name, _ := item.(map[string]any)["identifier"].(string)
			names = append(names, name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s finds %q, want %q", preset, got, want)
		}
	}
}

func blueprintWith(identifier, rest string) string {
	return strings.TrimSuffix(withProperties(identifier, ""), "}") + "," + rest + "}"
}

// TestTeamsFollowOwnership makes deployments inherit the teams of their service's system, over two
// relations.
func TestTeamsFollowOwnership(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", blueprintWith("system", `"ownership":{"type":"Direct"}`))
	s.mustDo(t, http.MethodPost, "/v1/blueprints", blueprintWith("service", `"relations":{"systems":{"target":"system","many":true}}`))
	s.mustDo(t, http.MethodPost, "/v1/blueprints", blueprintWith("deployment", `"relations":{"service":{"target":"service"}},
		"ownership":{"type":"Inherited","path":"service.systems"}`))
	s.mustDo(t, http.MethodPost, "/v1/blueprints/system/entities", `{"identifier":"x","team":"one"}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/system/entities", `{"identifier":"y","team":["two","one"]}`)
	s.createEntity(t, `{"identifier":"a","team":["ignored-by-deployments"],"relations":{"systems":["x","y"]}}`)
	written := s.mustDo(t, http.MethodPost, "/v1/blueprints/deployment/entities", `{"identifier":"d","team":["mine"],"relations":{"service":"a"}}`)
	same(t, written.at(t, "entity", "team"), `["one","two"]`)
	read := func() response { return s.mustDo(t, http.MethodGet, "/v1/blueprints/deployment/entities/d", "") }
	same(t, read().at(t, "entity", "team"), `["one","two"]`)
	same(t, s.mustDo(t, http.MethodPost, "/v1/entities/search?include=identifier", `{"combinator":"and","rules":[
		{"property":"$team","operator":"containsAny","value":["two"]}]}`).at(t, "entities"), `[{"identifier":"y"},{"identifier":"d"}]`)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/system/entities/y", `{"team":null}`)
	same(t, read().at(t, "entity", "team"), `["one"]`)
	s.createEntity(t, `{"identifier":"b"}`)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/deployment/entities/d", `{"relations":{"service":"b"}}`)
	same(t, read().at(t, "entity", "team"), `[]`)
	// Renaming a relation on the path preserves the inheritance.
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/deployment/entities/d", `{"relations":{"service":"a"}}`)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/service/relations/systems/rename", `{"newRelationIdentifier":"parts"}`)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/deployment/relations/service/rename", `{"newRelationIdentifier":"of"}`)
	same(t, read().at(t, "entity", "team"), `["one"]`)
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/deployment", "").at(t, "blueprint", "ownership", "path"), `"of.parts"`)
}

func TestPathFiltersFollowARename(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("system", ""))
	s.mustDo(t, http.MethodPost, "/v1/blueprints", blueprintWith("service", `"relations":{"system":{"target":"system"}}`))
	s.mustDo(t, http.MethodPut, "/v1/blueprints/system", blueprintWith("system", `"aggregationProperties":{"n":{"title":"N","target":"service",
		"pathFilter":[{"path":["system"]}],"calculationSpec":{"func":"count","calculationBy":"entities"}}}`))
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/service/relations/system/rename", `{"newRelationIdentifier":"of"}`)
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/system", "").
		at(t, "blueprint", "aggregationProperties", "n", "pathFilter"), `[{"path":["of"]}]`)
}

// TestDanglingPathsAreDropped writes a blueprint before and after the relations on its paths exist.
func TestDanglingPathsAreDropped(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{})
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("service", ""))
	deployment := blueprintWith("deployment", `"relations":{"service":{"target":"service"}},
		"ownership":{"type":"Inherited","path":"service.system"},
		"aggregationProperties":{"n":{"title":"N","target":"service","pathFilter":[{"path":["system"]}],"calculationSpec":{"func":"count","calculationBy":"entities"}},
			"own":{"title":"O","target":"service","pathFilter":[{"path":["service"],"fromBlueprint":"deployment"}],"calculationSpec":{"func":"count","calculationBy":"entities"}}}`)
	before := s.mustDo(t, http.MethodPost, "/v1/blueprints", deployment).object(t)["blueprint"].(map[string]any)
	if _, has := before["ownership"]; has {
		t.Errorf("the ownership was stored: %v", before)
	}
	aggregations := func(b map[string]any) string { return compact(t, b["aggregationProperties"]) }
	if got := aggregations(before); strings.Contains(got, `"system"`) || !strings.Contains(got, `["service"]`) {
		t.Errorf("the path filters are %s", got)
	}
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("system", ""))
	s.mustDo(t, http.MethodPut, "/v1/blueprints/service", blueprintWith("service", `"relations":{"system":{"target":"system"}}`))
	after := s.mustDo(t, http.MethodPut, "/v1/blueprints/deployment", deployment).object(t)["blueprint"].(map[string]any)
	if _, has := after["ownership"]; !has || !strings.Contains(aggregations(after), `"system"`) {
		t.Errorf("the paths were dropped: %v", after)
	}
}
