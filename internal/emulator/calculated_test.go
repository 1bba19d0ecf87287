package emulator_test

import (
	"net/http"
	"testing"
	"time"
)

func TestMirrorProperties(t *testing.T) {
	t.Parallel()
	s := createGraph(t)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/deployment", `{"mirrorProperties":{
		"tier":{"path":"of.tier"},"name":{"path":"of.$title"},"grand":{"path":"of.parent.$identifier"},
		"where":{"path":"on.$identifier"},"absent":{"path":"of.nothing"}}}`)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/pod", `{"mirrorProperties":{"names":{"path":"in.of.$identifier"},"again":{"path":"in.name"}}}`)
	deployment := s.mustDo(t, http.MethodGet, "/v1/blueprints/deployment/entities/order-prod", "")
	same(t, deployment.at(t, "entity", "properties"), `{"tier":"silver","name":"Order","grand":"root","where":"prod","absent":null}`)
	pod := s.mustDo(t, http.MethodGet, "/v1/blueprints/pod/entities/pod-2", "")
	same(t, pod.at(t, "entity", "properties"), `{"names":["order","cart"],"again":["Order"]}`)
	without := s.mustDo(t, http.MethodGet, "/v1/blueprints/pod/entities/pod-2?exclude_calculated_properties=true", "")
	same(t, without.at(t, "entity", "properties"), `{}`)
	listed := s.mustDo(t, http.MethodGet, "/v1/blueprints/deployment/entities?exclude_calculated_properties=true&include=properties", "")
	same(t, listed.at(t, "entities"), `[{"properties":{}},{"properties":{}}]`)
	searched := s.mustDo(t, http.MethodPost, "/v1/entities/search", and(`{"property":"name","operator":"=","value":"Order"}`))
	if got := foundIdentifiers(t, searched); got != "order-prod" {
		t.Errorf("a search by a mirror property finds %q", got)
	}
}

func TestMirrorPropertiesInACircle(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/service", `{"mirrorProperties":{"loop":{"path":"parent.loop"}}}`)
	s.createEntity(t, `{"identifier":"a"}`)
	s.mustDo(t, http.MethodPatch, serviceEntities+"/a", `{"relations":{"parent":"a"}}`)
	if value := s.entity(t, "a").at(t, "entity", "properties", "loop"); value != nil {
		t.Errorf("got %v", value)
	}
}

func TestCalculationProperties(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/service", `{
		"mirrorProperties":{"of":{"path":"parent.$title"}},
		"calculationProperties":{
			"double":{"calculation":".properties.replicas * 2","type":"number"},
			"slug":{"calculation":".identifier + \"@\" + .blueprint","type":"string"},
			"mirrored":{"calculation":".properties.of","type":"string"},
			"exact":{"calculation":".properties.replicas","type":"number"},
			"object":{"calculation":"{b: 1, a: [.title]}","type":"object"},
			"fails":{"calculation":"error(\"x\")","type":"string"},
			"none":{"calculation":"empty","type":"string"},
			"endless":{"calculation":"last(repeat(1))","type":"number"},
			"secret":{"calculation":"env | length","type":"number"}}}`)
	s.createEntity(t, `{"identifier":"p","title":"Parent"}`)
	s.createEntity(t, `{"identifier":"a","title":"A","properties":{"replicas":9007199254740993},"relations":{"parent":"p"}}`)
	got := s.mustDo(t, http.MethodGet, serviceEntities+"/a?exclude=properties.endless", "")
	for name, want := range map[string]string{
		"double": `18014398509481986`, "slug": `"a@service"`, "mirrored": `"Parent"`, "exact": `9007199254740993`, "object": `{"a":["A"],"b":1}`,
		"fails": `null`, "none": `null`, "secret": `0`,
	} {
		same(t, got.at(t, "entity", "properties", name), want)
	}
	same(t, s.entity(t, "p").at(t, "entity", "properties", "double"), `null`) // null * 2 is an error in jq.
	same(t, s.entity(t, "p").at(t, "entity", "properties", "endless"), `null`)
}

func TestAggregationProperties(t *testing.T) {
	t.Parallel()
	s := createGraph(t)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/service", `{"aggregationProperties":{
		"pods":{"title":"A","target":"pod","calculationSpec":{"func":"count","calculationBy":"entities"}},
		"firstPod":{"title":"A","target":"pod","calculationSpec":{"func":"count","calculationBy":"entities"},
			"query":{"combinator":"and","rules":[{"property":"$identifier","operator":"=","value":"pod-1"}]}},
		"direct":{"title":"A","target":"deployment","pathFilter":[{"path":["of"]}],"calculationSpec":{"func":"count","calculationBy":"entities"}},
		"perDay":{"title":"A","target":"pod","calculationSpec":{"func":"average","calculationBy":"entities","averageOf":"day"}},
		"perWeek":{"title":"A","target":"pod","calculationSpec":{"func":"average","calculationBy":"entities","averageOf":"week","measureTimeBy":"$updatedAt"}},
		"perHour":{"title":"A","target":"service","calculationSpec":{"func":"average","calculationBy":"property","property":"replicas","averageOf":"hour","measureTimeBy":"checked"}}}}`)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/environment", `{"schema":{"properties":{}},"aggregationProperties":{
		"sum":{"title":"A","target":"service","calculationSpec":{"func":"sum","calculationBy":"property","property":"replicas"}},
		"min":{"title":"A","target":"service","calculationSpec":{"func":"min","calculationBy":"property","property":"replicas"}},
		"max":{"title":"A","target":"service","calculationSpec":{"func":"max","calculationBy":"property","property":"replicas"}},
		"median":{"title":"A","target":"service","calculationSpec":{"func":"median","calculationBy":"property","property":"replicas"}},
		"mean":{"title":"A","target":"service","calculationSpec":{"func":"average","calculationBy":"property","property":"replicas","averageOf":"total"}},
		"nothing":{"title":"A","target":"service","calculationSpec":{"func":"sum","calculationBy":"property","property":"none"}}}}`)
	for identifier, replicas := range map[string]string{"root": "1", "order": "2.5", "cart": "10"} {
		s.mustDo(t, http.MethodPatch, serviceEntities+"/"+identifier, `{"properties":{"replicas":`+replicas+`}}`)
	}
	s.clock.advance(4 * 24 * time.Hour)
	s.authenticate(t)
	for _, identifier := range []string{"root", "cart"} { // Two hours ago.
		s.mustDo(t, http.MethodPatch, serviceEntities+"/"+identifier, `{"properties":{"checked":"2026-06-19T14:44:56.288Z"}}`)
	}
	order := s.entity(t, "order")
	// The environment is related to the services through the deployments, neither upstream nor
	// downstream.
	for name, want := range map[string]string{"pods": "2", "firstPod": "1", "direct": "1", "perDay": "0.5", "perWeek": "2", "perHour": "5.5"} {
		same(t, order.at(t, "entity", "properties", name), want)
	}
	environment := s.mustDo(t, http.MethodGet, "/v1/blueprints/environment/entities/prod", "")
	same(t, environment.at(t, "entity", "properties"), `{"sum":null,"min":null,"max":null,"median":null,"mean":null,"nothing":null}`)

	s.mustDo(t, http.MethodPatch, "/v1/blueprints/service", `{"aggregationProperties":{
		"sum":{"title":"A","target":"service","calculationSpec":{"func":"sum","calculationBy":"property","property":"replicas"}},
		"min":{"title":"A","target":"service","calculationSpec":{"func":"min","calculationBy":"property","property":"replicas"}},
		"max":{"title":"A","target":"service","calculationSpec":{"func":"max","calculationBy":"property","property":"replicas"}},
		"median":{"title":"A","target":"service","calculationSpec":{"func":"median","calculationBy":"property","property":"replicas"}},
		"mean":{"title":"A","target":"service","calculationSpec":{"func":"average","calculationBy":"property","property":"replicas","averageOf":"total"}},
		"nothing":{"title":"A","target":"service","calculationSpec":{"func":"sum","calculationBy":"property","property":"none"}}}}`)
	root := s.entity(t, "root")
	for name, want := range map[string]string{"sum": "12.5", "min": "2.5", "max": "10", "median": "6.25", "mean": "6.25", "nothing": "null"} {
		same(t, root.at(t, "entity", "properties", name), want)
	}
}
