package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestBulkCreation(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	const path = serviceEntities + "/bulk?upsert="
	s.createEntity(t, `{"identifier":"there"}`)

	good := s.mustDo(t, http.MethodPost, path+"true", `{"entities":[{"identifier":"a"},{"identifier":"there","title":"T"},{"identifier":"b","relations":{"parent":"a"}}]}`)
	if good.status != http.StatusOK {
		t.Errorf("status %d", good.status)
	}
	same(t, good.object(t), `{"ok":true,"errors":[],"entities":[
		{"created":true,"identifier":"a","index":0},{"created":false,"identifier":"there","index":1},{"created":true,"identifier":"b","index":2}]}`)

	mixed := s.mustDo(t, http.MethodPost, path+"false", `{"entities":[{"identifier":"c"},{"identifier":"there"},{"identifier":"d","properties":{"replicas":"x"}}]}`)
	if mixed.status != http.StatusMultiStatus {
		t.Errorf("status %d", mixed.status)
	}
	same(t, mixed.object(t), `{"ok":false,"entities":[{"created":true,"identifier":"c","index":0}],"errors":[
		{"index":1,"identifier":"there","statusCode":409,"error":"identifier_taken","message":"Entity with identifier \"there\" of blueprint \"service\" already exists"},
		{"index":2,"identifier":"d","statusCode":422,"error":"invalid_request","message":"body/properties/replicas must be number"}]}`)

	s.do(t, http.MethodPost, path+"true", `{"entities":[]}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "fewer than 1")
	many := strings.TrimSuffix(strings.Repeat(`{},`, 21), ",")
	s.do(t, http.MethodPost, path+"true", `{"entities":[`+many+`]}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "more than 20")
	s.do(t, http.MethodPost, path+"true", `{"entities":[{"title":5}]}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/entities/0/title")
	s.do(t, http.MethodPost, "/v1/blueprints/none/entities/bulk?upsert=true", `{"entities":[{}]}`).refused(t, http.StatusNotFound, "not_found", "none")
}

func TestBulkDeletion(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	const path = "/v1/blueprints/service/bulk/entities/delete?delete_dependents="
	s.createEntity(t, `{"identifier":"a"}`)
	s.createEntity(t, `{"identifier":"b","relations":{"parent":"a"}}`)
	s.createEntity(t, `{"identifier":"c"}`)

	s.do(t, http.MethodPost, path+"false", `{"entities":["c","a"]}`).refused(t, http.StatusConflict, "has_dependents", `"b"`)
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/service/entities-count", "").at(t, "count"), `3`)
	a := s.mustDo(t, http.MethodPost, path+"false", `{"entities":["a","b","none","a"]}`)
	same(t, a.object(t), `{"ok":true,"deletedEntities":["a","b"]}`)
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/service/entities-count", "").at(t, "count"), `1`)

	names := make([]string, 101)
	for i := range names {
		names[i] = fmt.Sprintf(`"e%d"`, i)
	}
	s.do(t, http.MethodPost, path+"true", `{"entities":[`+strings.Join(names, ",")+`]}`).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "more than 100")
	s.do(t, http.MethodPost, path+"true", `{"entities":[1]}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/entities/0")
}

func TestBulkDeletionWithDependents(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.createEntity(t, `{"identifier":"a"}`)
	s.createEntity(t, `{"identifier":"b","relations":{"parent":"a"}}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/service/bulk/entities/delete?delete_dependents=true", `{"entities":["a"]}`)
	same(t, s.mustDo(t, http.MethodGet, "/v1/blueprints/service/entities-count", "").at(t, "count"), `0`)
}
