package emulator_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// foundIdentifiers returns the identifiers in the response to a search.
func foundIdentifiers(tb testing.TB, a response) string {
	tb.Helper()
	entities, ok := a.at(tb, "entities").([]any)
	if !ok {
		tb.Fatalf("%d %s", a.status, a.body)
	}
	identifiers := make([]string, len(entities))
	for i, e := range entities {
		identifiers[i], _ = e.(map[string]any)["identifier"].(string)
	}
	return strings.Join(identifiers, " ")
}

func and(rules ...string) string {
	return `{"combinator":"and","rules":[` + strings.Join(rules, ",") + `]}`
}

const ofService = `{"property":"$blueprint","operator":"=","value":"service"}`

func TestSearchEverywhere(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("other", `"language":{"type":"string"}`))
	s.createEntity(t, `{"identifier":"a","title":"Alpha","team":["red"],"properties":{"language":"Go","replicas":3}}`)
	s.clock.advance(time.Hour)
	s.createEntity(t, `{"identifier":"b","properties":{"language":"Rust","replicas":10}}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/other/entities?upsert=false", `{"identifier":"a","properties":{"language":"Go"}}`)
	for rules, want := range map[string]string{
		``: "a b a",
		`{"property":"$identifier","operator":"=","value":"a"}`:                                                                                   "a a",
		`{"property":"$identifier","operator":"in","value":["b","a","b","none"]},` + ofService:                                                    "a b",
		`{"property":"$blueprint","operator":"in","value":["other","nowhere"]}`:                                                                   "a",
		`{"property":"$blueprint","operator":"in","value":["service","service"]}`:                                                                 "a b",
		`{"property":"$blueprint","operator":"!=","value":"service"}`:                                                                             "a",
		`{"property":"language","operator":"=","value":"Go"}`:                                                                                     "a a",
		`{"property":"replicas","operator":">","value":9}`:                                                                                        "b",
		`{"property":"$title","operator":"isEmpty"}`:                                                                                              "b a",
		`{"property":"$title","operator":"contains","value":"lph"}`:                                                                               "a",
		`{"property":"$team","operator":"containsAny","value":["red","blue"]}`:                                                                    "a",
		`{"property":"$team","operator":"isEmpty"},` + ofService:                                                                                  "b",
		`{"property":"$createdAt","operator":">","value":"2026-06-15T17:00:00Z"},` + ofService:                                                    "b",
		`{"property":"$createdBy","operator":"=","value":"client@clients"},` + ofService:                                                          "a b",
		`{"property":"$updatedAt","operator":"between","value":{"preset":"today"}},` + ofService:                                                  "a b",
		`{"combinator":"or","rules":[{"property":"replicas","operator":"=","value":3},{"property":"$blueprint","operator":"=","value":"other"}]}`: "a a",
		`{"property":"unheard","operator":"=","value":"x"}`:                                                                                       "",
	} {
		t.Run(rules, func(t *testing.T) {
			t.Parallel()
			if got := foundIdentifiers(t, s.mustDo(t, http.MethodPost, "/v1/entities/search", and(rules))); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	t.Run("matching blueprints", func(t *testing.T) {
		t.Parallel()
		a := s.mustDo(t, http.MethodPost, "/v1/entities/search", and(`{"property":"replicas","operator":"=","value":3}`))
		same(t, a.at(t, "matchingBlueprints"), `["service"]`)
	})
	t.Run("include", func(t *testing.T) {
		t.Parallel()
		a := s.mustDo(t, http.MethodPost, "/v1/entities/search?include=identifier&include=blueprint", and(`{"property":"replicas","operator":"=","value":3}`))
		same(t, a.at(t, "entities"), `[{"identifier":"a","blueprint":"service"}]`)
	})
	t.Run("mistakes", func(t *testing.T) {
		t.Parallel()
		for body, part := range map[string]string{
			`{}`: "'combinator'", and(`{"property":"p","operator":"~"}`): "body/rules/0/operator", `{"combinator":"and","rules":[],"x":1}`: "'x'",
		} {
			s.do(t, http.MethodPost, "/v1/entities/search", body).refused(t, http.StatusUnprocessableEntity, "invalid_request", part)
		}
	})
}

func TestSearchSeesWritesAtOnce(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	search := func() string {
		return foundIdentifiers(t, s.mustDo(t, http.MethodPost, "/v1/entities/search", and(ofService, `{"property":"language","operator":"=","value":"Go"}`)))
	}
	s.createEntity(t, `{"identifier":"a","properties":{"language":"Go"}}`)
	if got := search(); got != "a" {
		t.Errorf("after the creation: %q", got)
	}
	s.mustDo(t, http.MethodPatch, serviceEntities+"/a", `{"properties":{"language":"Rust"}}`)
	if got := search(); got != "" {
		t.Errorf("after the change: %q", got)
	}
	s.mustDo(t, http.MethodPatch, serviceEntities+"/a", `{"properties":{"language":"Go"},"identifier":"b"}`)
	if got := search(); got != "b" {
		t.Errorf("after the rename: %q", got)
	}
	s.mustDo(t, http.MethodDelete, serviceEntities+"/b?delete_dependents=false", "")
	if got := search(); got != "" {
		t.Errorf("after the deletion: %q", got)
	}
}

func TestSearchPages(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	for i := range 450 {
		s.createEntity(t, fmt.Sprintf(`{"identifier":"e%03d","properties":{"replicas":%d}}`, i, i%2))
	}
	const path = serviceEntities + "/search"
	pages := func(t *testing.T, query, limit string) (sizes []int, all []string) {
		t.Helper()
		from := ""
		for {
			body := `{` + query + limit + from + `"include":["identifier"]}`
			a := s.mustDo(t, http.MethodPost, path, body)
			identifiers := strings.Fields(foundIdentifiers(t, a))
			sizes, all = append(sizes, len(identifiers)), append(all, identifiers...)
			next, _ := a.at(t, "next").(string)
			if next == "" {
				return sizes, all
			}
			from = `"from":` + strconv.Quote(next) + `,`
		}
	}
	for name, test := range map[string]struct{ query, limit, want string }{
		"by default":     {"", "", "[200 200 50]"},
		"with a limit":   {"", `"limit":225,`, "[225 225]"},
		"all at once":    {"", `"limit":1000,`, "[450]"},
		"with a query":   {`"query":` + and(`{"property":"replicas","operator":"=","value":1}`) + `,`, `"limit":100,`, "[100 100 25]"},
		"no matches":     {`"query":` + and(`{"property":"replicas","operator":"=","value":2}`) + `,`, "", "[0]"},
		"a single match": {`"query":` + and(`{"property":"$identifier","operator":"=","value":"e007"}`) + `,`, `"limit":1,`, "[1]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sizes, all := pages(t, test.query, test.limit)
			if fmt.Sprint(sizes) != test.want {
				t.Errorf("got %v, want %s", sizes, test.want)
			}
			seen := make(map[string]bool)
			for _, identifier := range all {
				if seen[identifier] {
					t.Errorf("%s appears twice", identifier)
				}
				seen[identifier] = true
			}
		})
	}
	t.Run("mistakes", func(t *testing.T) {
		t.Parallel()
		for body, part := range map[string]string{
			`{"limit":0}`: "body/limit must be >= 1", `{"limit":1001}`: "body/limit must be <= 1000", `{"limit":1.5}`: "body/limit must be integer",
			`{"from":"x"}`: "body/from", `{"from":"!"}`: "body/from", `{"include":"a"}`: "body/include must be array", `{"other":1}`: "'other'",
			`{"query":{"combinator":"and","rules":[{"property":"p"}]}}`: "body/query/rules/0/operator",
		} {
			s.do(t, http.MethodPost, path, body).refused(t, http.StatusUnprocessableEntity, "invalid_request", part)
		}
		s.do(t, http.MethodPost, "/v1/blueprints/none/entities/search", `{}`).refused(t, http.StatusNotFound, "not_found", "none")
	})
}

func TestPagesStayStableUnderWrites(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	for i := range 4 {
		s.createEntity(t, fmt.Sprintf(`{"identifier":"e%d"}`, i))
	}
	first := s.mustDo(t, http.MethodPost, serviceEntities+"/search", `{"limit":2}`)
	s.mustDo(t, http.MethodDelete, serviceEntities+"/e1?delete_dependents=false", "")
	s.mustDo(t, http.MethodPatch, serviceEntities+"/e0", `{"title":"changed"}`)
	s.createEntity(t, `{"identifier":"new"}`)
	next, _ := first.at(t, "next").(string)
	second := s.mustDo(t, http.MethodPost, serviceEntities+"/search", `{"from":"`+next+`"}`)
	if foundIdentifiers(t, first) != "e0 e1" || foundIdentifiers(t, second) != "e2 e3 new" {
		t.Errorf("%q, then %q", foundIdentifiers(t, first), foundIdentifiers(t, second))
	}
}

// createGraph creates deployments with relations to services and environments, pods with relations
// to deployments, and services with parents.
func createGraph(tb testing.TB) *server {
	tb.Helper()
	s := startWithService(tb)
	s.mustDo(tb, http.MethodPost, "/v1/blueprints", withProperties("environment", ""))
	s.mustDo(tb, http.MethodPost, "/v1/blueprints", `{"identifier":"deployment","title":"D","schema":{"properties":{}},"relations":{
		"of":{"target":"service","required":true,"many":false},"on":{"target":"environment","required":false,"many":false}}}`)
	s.mustDo(tb, http.MethodPost, "/v1/blueprints", `{"identifier":"pod","title":"P","schema":{"properties":{}},"relations":{
		"in":{"target":"deployment","required":false,"many":true}}}`)
	create := func(blueprint, body string) {
		s.mustDo(tb, http.MethodPost, "/v1/blueprints/"+blueprint+"/entities?upsert=false", body)
	}
	create("environment", `{"identifier":"prod"}`)
	create("service", `{"identifier":"root"}`)
	create("service", `{"identifier":"order","title":"Order","relations":{"parent":"root"}}`)
	create("service", `{"identifier":"cart","relations":{"parent":"order"}}`)
	create("deployment", `{"identifier":"order-prod","relations":{"of":"order","on":"prod"}}`)
	create("deployment", `{"identifier":"cart-prod","relations":{"of":"cart","on":"prod"}}`)
	create("pod", `{"identifier":"pod-1","relations":{"in":["order-prod"]}}`)
	create("pod", `{"identifier":"pod-2","relations":{"in":["order-prod","cart-prod"]}}`)
	return s
}

func TestRelatedTo(t *testing.T) {
	t.Parallel()
	s := createGraph(t)
	for _, test := range []struct{ blueprint, value, more, want string }{
		{"deployment", `"order-prod"`, `,"direction":"upstream"`, "root order prod"},
		{"deployment", `"order-prod"`, `,"direction":"downstream"`, "pod-1 pod-2"},
		{"deployment", `"order-prod"`, ``, "root order prod pod-1 pod-2"},
		{"deployment", `"order-prod"`, `,"direction":"upstream","required":true`, "order"},
		{"deployment", `"order-prod"`, `,"direction":"upstream","required":false`, "prod"},
		{"environment", `"prod"`, `,"direction":"downstream"`, "order-prod cart-prod pod-1 pod-2"},
		{"environment", `"prod"`, `,"required":true`, ""},
		{"service", `["cart","order"]`, `,"direction":"upstream"`, "root"},
		{"service", `"nobody"`, ``, ""},
		{"nowhere", `"x"`, ``, ""},
	} {
		rule := `{"operator":"relatedTo","blueprint":"` + test.blueprint + `","value":` + test.value + test.more + `}`
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			// Blueprints are listed in creation order.
			if got := foundIdentifiers(t, s.mustDo(t, http.MethodPost, "/v1/entities/search", and(rule))); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestMatchAnyAlongPaths(t *testing.T) {
	t.Parallel()
	s := createGraph(t)
	for _, test := range []struct{ blueprint, property, value, want string }{
		{"pod", `{"path":["in","on"]}`, `"prod"`, "pod-1 pod-2"},
		{"pod", `{"path":["in","of"]}`, `["cart"]`, "pod-2"},
		{"pod", `{"path":["in","none"]}`, `"prod"`, ""},
		{"environment", `{"path":["in","on"],"fromBlueprint":"pod"}`, `"pod-1"`, "prod"},
		{"service", `{"path":["in","of"],"fromBlueprint":"pod"}`, `"pod-2"`, "order cart"},
		{"service", `{"path":["parent","parent"],"fromBlueprint":"service"}`, `"cart"`, "root"},
		{"service", `{"path":[{"relation":"parent","maxHops":2}],"fromBlueprint":"service"}`, `"cart"`, "root order"},
		{"service", `{"path":[{"relation":"parent","maxHops":1}],"fromBlueprint":"service"}`, `"cart"`, "order"},
		{"service", `{"path":[{"relation":"parent","maxHops":5}]}`, `"root"`, "order cart"},
		{"service", `{"path":["parent"]}`, `{"context":"user","property":"$identifier"}`, ""},
	} {
		t.Run(test.property, func(t *testing.T) {
			t.Parallel()
			a := s.mustDo(t, http.MethodPost, "/v1/blueprints/"+test.blueprint+"/entities/search",
				`{"query":`+and(`{"operator":"matchAny","property":`+test.property+`,"value":`+test.value+`}`)+`}`)
			if got := foundIdentifiers(t, a); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSearchByRelation(t *testing.T) {
	t.Parallel()
	s := createGraph(t)
	for rule, want := range map[string]string{
		`{"relation":"parent","operator":"=","value":"order"}`:                           "cart",
		`{"relation":"parent","operator":"=","targetProperty":"$title","value":"Order"}`: "cart",
		`{"relation":"parent","operator":"isEmpty"}`:                                     "root",
		`{"relation":"parent","operator":"!=","value":"order"}`:                          "root order",
		`{"propertySchema":{"type":"string"},"operator":"=","value":"silver"}`:           "root order cart",
		`{"scorecard":"health","operator":"isEmpty"}`:                                    "root order cart",
	} {
		if got := foundIdentifiers(t, s.mustDo(t, http.MethodPost, serviceEntities+"/search", `{"query":`+and(rule)+`}`)); got != want {
			t.Errorf("%s: got %q, want %q", rule, got, want)
		}
	}
}
