package emulator_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

func dump(tb testing.TB, s *server) string {
	tb.Helper()
	var buffer bytes.Buffer
	if err := s.emulator.Dump(&buffer); err != nil {
		tb.Fatal(err)
	}
	return buffer.String()
}

func TestDumpIsASeed(t *testing.T) {
	t.Parallel()
	s := createGraph(t)
	s.createEntity(t, `{"identifier":"exact","team":["t"],"icon":"I","properties":{"replicas":9007199254740993,"config":{"z":1.0,"a":null}}}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints?create_catalog_page=false", withProperties("pageless", ""))
	s.mustDo(t, http.MethodPut, "/v1/organization", `{"name":"Acme"}`)
	want := dump(t, s)

	copied := startWithout(t)
	copied.clock.advance(1)
	if err := copied.emulator.Seed(strings.NewReader(want)); err != nil {
		t.Fatal(err)
	}
	if got := dump(t, copied); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	copied.do(t, http.MethodDelete, serviceEntities+"/order?delete_dependents=false", "").refused(t, http.StatusConflict, "has_dependents", "")
	same(t, copied.mustDo(t, http.MethodGet, "/v1/audit-log", "").at(t, "audits"), `[]`)
}

func TestSeedDefinesTheMembers(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	same(t, s.mustDo(t, http.MethodGet, "/v1/users", "").at(t, "users"), `[]`)
	same(t, s.mustDo(t, http.MethodGet, "/v1/apps", "").at(t, "apps"), `[{"id":"client@clients","name":"Port Emulator","enabled":true}]`)
	const users = `[{"id":"auth0|1","email":"ada@example.com","firstName":"Ada"}]`
	if err := s.emulator.Seed(strings.NewReader(`{"users":` + users + `}`)); err != nil {
		t.Fatal(err)
	}
	s.mustDo(t, http.MethodPost, "/_emulator/reset", "")
	same(t, s.mustDo(t, http.MethodGet, "/v1/users", "").at(t, "users"), users)
	if apps := dump(t, s); !strings.Contains(apps, "Port Emulator") {
		t.Errorf("the applications are missing: %s", apps)
	}
}

func TestSeedInAnyOrder(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	err := s.emulator.Seed(strings.NewReader(`{
		"entities": [
			{"blueprint": "d", "identifier": "x", "relations": {"of": "y"}},
			{"blueprint": "b", "identifier": "y", "relations": {"main": "x"}}],
		"blueprints": [
			{"identifier": "d", "title": "D", "schema": {"properties": {}}, "relations": {"of": {"target": "b", "required": true, "many": false}}},
			{"identifier": "b", "title": "B", "schema": {"properties": {}}, "relations": {"main": {"target": "d", "required": true, "many": false}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s.do(t, http.MethodDelete, "/v1/blueprints/b/entities/y?delete_dependents=false", "").refused(t, http.StatusConflict, "has_dependents", `"x"`)
}

func TestSeedAddsToTheCatalog(t *testing.T) {
	t.Parallel()
	s := createGraph(t)
	err := s.emulator.Seed(strings.NewReader(`{
		"blueprints": [{"identifier": "_team", "title": "Squad", "schema": {"properties": {"description": {"type": "string"}, "size": {"type": "number"}}}}],
		"entities": [{"blueprint": "service", "identifier": "seeded", "relations": {"parent": "order"}, "createdAt": "2020-01-01T00:00:00+01:00", "createdBy": "them"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/_team", "").at(t, "blueprint", "title"), `"Squad"`)
	seeded := s.entity(t, "seeded")
	same(t, seeded.at(t, "entity", "createdAt"), `"2019-12-31T23:00:00.000Z"`)
	same(t, seeded.at(t, "entity", "createdBy"), `"them"`)
	s.mustDo(t, http.MethodPatch, serviceEntities+"/order", `{"identifier":"orders","title":"Changed"}`)
	same(t, s.entity(t, "seeded").at(t, "entity", "relations", "parent"), `"orders"`)
	same(t, s.entity(t, "cart").at(t, "entity", "relations", "parent"), `"orders"`)
	if got := foundIdentifiers(t, s.mustDo(t, http.MethodPost, serviceEntities+"/search", "{}")); got != "root orders cart seeded" {
		t.Errorf("got %q", got)
	}
	s.mustDo(t, http.MethodDelete, serviceEntities+"/root?delete_dependents=true", "")
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/service/entities-count", "").at(t, "count"), `0`)
}

func TestBadSeeds(t *testing.T) {
	t.Parallel()
	const blueprint = `"blueprints":[{"identifier":"b","title":"B","schema":{"properties":{"p":{"type":"number"}}},"relations":{"r":{"target":"b","required":false,"many":false}}}]`
	for _, test := range []struct{ text, part string }{
		{``, "not valid JSON"},
		{`{"blueprints":[}`, "at byte 16"},
		{`[]`, "seed must be object"},
		{`{"blueprint":[]}`, "additional properties: 'blueprint'"},
		{`{"blueprints":[{"identifier":"b"}]}`, "blueprints/0 must have required property 'title'"},
		{`{"blueprints":[5]}`, "blueprints/0 must be object"},
		{`{"blueprints":{}}`, "blueprints must be array"},
		{`{"entities":"x"}`, "entities must be array"},
		{`{"blueprints":[{"identifier":"b","title":"B","schema":{"properties":{"p":{"type":"number","minimum":"x"}}}}]}`, "blueprints/0 (b): "},
		{`{"blueprints":[{"identifier":"b","title":"B","schema":{"properties":{}},"relations":{"r":{"target":"c","required":false,"many":false}}}]}`, `blueprints/0 (b): body/relations/r/target`},
		{`{"blueprints":[{"identifier":"b","title":"B","schema":{"properties":{}},"createdAt":"then"}]}`, "createdAt must match"},
		{`{` + blueprint + `,"entities":[{"identifier":"e"}]}`, `entities/0 (e of blueprint ): Blueprint with identifier "" was not found`},
		{`{` + blueprint + `,"entities":[{"blueprint":"b"}]}`, "must have an identifier"},
		{`{` + blueprint + `,"entities":[{"blueprint":"b","identifier":"e"},{"blueprint":"b","identifier":"e"}]}`, "entities/1 (e of blueprint b): Entity with identifier"},
		{`{` + blueprint + `,"entities":[{"blueprint":"b","identifier":"e","properties":{"p":"x"}}]}`, "body/properties/p must be number"},
		{`{` + blueprint + `,"entities":[{"blueprint":"b","identifier":"e","relations":{"r":"none"}}]}`, "entities/0 (e of blueprint b): body/relations/r"},
		{`{` + blueprint + `,"pages":[{"identifier":"p","blueprint":"none"}]}`, "pages/0"},
		{`{` + blueprint + `,"pages":[{"blueprint":"b"}]}`, "pages/0"},
	} {
		t.Run(test.part, func(t *testing.T) {
			t.Parallel()
			s := startWithout(t)
			before := dump(t, s)
			err := s.emulator.Seed(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.part) {
				t.Errorf("got %v, want %q", err, test.part)
			}
			if dump(t, s) != before {
				t.Error("something was added")
			}
		})
	}
	t.Run("existing objects", func(t *testing.T) {
		t.Parallel()
		s := startWithService(t)
		err := s.emulator.Seed(strings.NewReader(`{"blueprints":[{"identifier":"service","title":"B","schema":{"properties":{}}}]}`))
		if err == nil || !strings.Contains(err.Error(), "already exists") {
			t.Errorf("got %v", err)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{ChangelogDestination: emulator.KeepDestination, DeliveryTransport: &receiver{}})
	s.createService(t)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/service", `{"changelogDestination":{"type":"WEBHOOK","url":"`+hook+`"}}`)
	s.createEntity(t, `{"identifier":"hub"}`)
	var clients sync.WaitGroup
	for n := range 16 {
		clients.Go(func() {
			for i := range 30 {
				identifier := fmt.Sprintf("e%d-%d", n, i)
				s.do(t, http.MethodPost, serviceEntities+"?upsert=true", `{"identifier":"`+identifier+`","relations":{"parent":"hub"}}`)
				s.do(t, http.MethodPatch, serviceEntities+"/hub", fmt.Sprintf(`{"properties":{"replicas":%d}}`, i))
				s.do(t, http.MethodPost, "/v1/entities/search", and(ofService, `{"property":"replicas","operator":">","value":5}`))
				s.do(t, http.MethodGet, serviceEntities+"/"+identifier, "")
				s.do(t, http.MethodPatch, fmt.Sprintf("/v1/blueprints/service/properties/%s/rename", []string{"language", "speech"}[i%2]),
					fmt.Sprintf(`{"newPropertyName":%q}`, []string{"speech", "language"}[i%2]))
				if i%2 == 1 {
					s.do(t, http.MethodDelete, serviceEntities+"/"+identifier+"?delete_dependents=true", "")
				}
			}
		})
	}
	clients.Wait()
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/service/entities-count", "").at(t, "count"), `241`)
	s.do(t, http.MethodDelete, serviceEntities+"/hub?delete_dependents=false", "").refused(t, http.StatusConflict, "has_dependents", "240 entities")
}
