package emulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

func TestDeletionOfABlueprintWithItsEntities(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{DeleteLag: 10 * time.Second})
	s.createService(t)
	s.createEntity(t, `{"identifier":"a"}`)
	s.createEntity(t, `{"identifier":"b","relations":{"parent":"a"}}`)
	id, _ := s.mustDo(t, http.MethodDelete, "/v1/blueprints/service/all-entities?delete_blueprint=true", "").at(t, "migrationId").(string)
	status := func() any { return s.mustDo(t, http.MethodGet, "/v1/migrations/"+id, "").at(t, "migration", "status") }
	if status() != "RUNNING" {
		t.Errorf("at first: %v", status())
	}
	s.mustDo(t, http.MethodGet, "/v1/blueprints/service", "")
	s.clock.advance(10 * time.Second)
	if status() != "COMPLETED" {
		t.Errorf("in the end: %v", status())
	}
	s.do(t, http.MethodGet, "/v1/blueprints/service", "").refused(t, http.StatusNotFound, "not_found", "service")
	s.do(t, http.MethodGet, "/v1/migrations/none", "").refused(t, http.StatusNotFound, "not_found", "none")
}

func TestDeletionOfAllEntities(t *testing.T) {
	t.Parallel()
	s := createGraph(t)
	s.do(t, http.MethodDelete, "/v1/blueprints/deployment/all-entities", "").refused(t, http.StatusConflict, "has_dependents", "2 entities")
	s.do(t, http.MethodDelete, "/v1/blueprints/deployment/all-entities?delete_blueprint=true", "").refused(t, http.StatusConflict, "has_dependents", "pod")
	a := s.mustDo(t, http.MethodDelete, "/v1/blueprints/pod/all-entities?delete_blueprint=false&run_id=r", "")
	same(t, a.object(t), `{"ok":true}`)
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/pod/entities-count", "").at(t, "count"), `0`)
	s.do(t, http.MethodDelete, "/v1/blueprints/none/all-entities", "").refused(t, http.StatusNotFound, "not_found", "none")
}

func TestMigrationThatFails(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{DeleteLag: time.Second})
	s.createService(t)
	id, _ := s.mustDo(t, http.MethodDelete, "/v1/blueprints/service/all-entities?delete_blueprint=true", "").at(t, "migrationId").(string)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"d","title":"D","schema":{"properties":{}},
		"relations":{"of":{"target":"service","required":false,"many":false}}}`)
	s.clock.advance(time.Second)
	if got := s.mustDo(t, http.MethodGet, "/v1/migrations/"+id, "").at(t, "migration", "status"); got != "FAILURE" {
		t.Errorf("got %v", got)
	}
	s.mustDo(t, http.MethodGet, "/v1/blueprints/service", "")
}

func TestMigrationByMapping(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{DeleteLag: time.Second})
	s.createService(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"tag","title":"T","schema":{"properties":{"size":{"type":"number"}}},
		"relations":{"service":{"target":"service","required":false,"many":false}}}`)
	s.createEntity(t, `{"identifier":"a","properties":{"tags":["x","yy"],"live":true}}`)
	s.createEntity(t, `{"identifier":"b","properties":{"tags":["z"],"live":false}}`)
	body := `{"sourceBlueprint":"service","mapping":{"blueprint":"tag","filter":".properties.live","itemsToParse":".properties.tags","entity":{
		"identifier":".identifier + \"-\" + .item","title":".item","properties":{"size":".item | length"},"relations":{"service":".identifier"}}}}`
	started := s.mustDo(t, http.MethodPost, "/v1/migrations", body)
	if started.at(t, "migration", "status") != "RUNNING" {
		t.Error(started.body)
	}
	s.clock.advance(time.Second)
	got := s.mustDo(t, http.MethodGet, "/v1/blueprints/tag/entities?include=identifier&include=title&include=properties&include=relations", "")
	same(t, got.at(t, "entities"), `[{"identifier":"a-x","title":"x","properties":{"size":1},"relations":{"service":"a"}},
		{"identifier":"a-yy","title":"yy","properties":{"size":2},"relations":{"service":"a"}}]`)

	for body, part := range map[string]string{
		`{}`:                      "'sourceBlueprint'",
		`{"sourceBlueprint":"x"}`: "'mapping'",
		`{"sourceBlueprint":"service","mapping":{"entity":{"title":". |"}}}`: "body/mapping/entity/title is not valid",
	} {
		s.do(t, http.MethodPost, "/v1/migrations", body).refused(t, http.StatusUnprocessableEntity, "invalid_request", part)
	}
	s.do(t, http.MethodPost, "/v1/migrations", `{"sourceBlueprint":"none","mapping":{"entity":{}}}`).refused(t, http.StatusNotFound, "not_found", "none")
}

func TestMigrationsAreListedAndCancelled(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{DeleteLag: time.Second})
	s.createService(t)
	start := func() string {
		a := s.mustDo(t, http.MethodPost, "/v1/migrations", `{"sourceBlueprint":"service","mapping":{"entity":{"identifier":".identifier","title":"\"changed\""}}}`)
		id, _ := a.at(t, "migration", "id").(string)
		return id
	}
	count := func(query string) int {
		list, _ := s.mustDo(t, http.MethodGet, "/v1/migrations?"+query, "").at(t, "migrations").([]any)
		return len(list)
	}
	s.createEntity(t, `{"identifier":"a"}`)
	cancelled := start()
	a := s.mustDo(t, http.MethodPost, "/v1/migrations/"+cancelled+"/cancel", `{"reason":"a mistake"}`)
	if a.at(t, "migration", "status") != "CANCELLED" || a.at(t, "migration", "reason") != "a mistake" {
		t.Error(a.body)
	}
	s.clock.advance(time.Second)
	if title := s.entity(t, "a").at(t, "entity", "title"); title != nil {
		t.Errorf("a cancelled migration took effect: %v", title)
	}
	completed := start()
	s.clock.advance(time.Second)
	if title := s.entity(t, "a").at(t, "entity", "title"); title != "changed" {
		t.Errorf("the migration had no effect: %v", title)
	}
	s.do(t, http.MethodPost, "/v1/migrations/"+completed+"/cancel", "").refused(t, http.StatusUnprocessableEntity, "invalid_request", "COMPLETED")
	for query, want := range map[string]int{
		"": 2, "status=COMPLETED": 1, "status=COMPLETED&status=CANCELLED": 2, "status=FAILURE": 0,
		"blueprint=service": 2, "blueprint=x": 0, "actor=client@clients": 2, "actor=x": 0,
	} {
		if got := count(query); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
}
