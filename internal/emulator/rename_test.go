package emulator_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestRenameProperty(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/service", `{"schema":{"required":["language"],"properties":{"a":{"type":"string"},"language":{"type":"string"},"z":{"type":"string"}}}}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"d","title":"D","schema":{"properties":{}},
		"relations":{"of":{"target":"service","required":false,"many":false}},"mirrorProperties":{"lang":{"path":"of.language"}}}`)
	s.createEntity(t, `{"identifier":"e","properties":{"language":"Go"}}`)
	s.mustDo(t, http.MethodPost, "/v1/blueprints/d/entities?upsert=false", `{"identifier":"f","relations":{"of":"e"}}`)

	a := s.mustDo(t, http.MethodPatch, "/v1/blueprints/service/properties/language/rename", `{"newPropertyName":"lang"}`)
	if !strings.Contains(a.body, `{"a":{"type":"string"},"lang":{"type":"string"},"z"`) || !strings.Contains(a.body, `"required":["lang"]`) {
		t.Error(a.body)
	}
	same(t, s.entity(t, "e").at(t, "entity", "properties", "lang"), `"Go"`)
	d := s.mustDo(t, http.MethodGet, "/v1/blueprints/d/entities/f", "")
	same(t, d.at(t, "entity", "properties", "lang"), `"Go"`)

	s.do(t, http.MethodPatch, "/v1/blueprints/service/properties/language/rename", `{"newPropertyName":"x"}`).refused(t, http.StatusNotFound, "not_found", "language")
	s.do(t, http.MethodPatch, "/v1/blueprints/service/properties/lang/rename", `{"newPropertyName":"a"}`).refused(t, http.StatusConflict, "identifier_taken", `"a"`)
	s.do(t, http.MethodPatch, "/v1/blueprints/service/properties/lang/rename", `{"newPropertyName":"a b"}`).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/newPropertyName")
	s.do(t, http.MethodPatch, "/v1/blueprints/service/properties/lang/rename", `{}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "newPropertyName")
	s.do(t, http.MethodPatch, "/v1/blueprints/none/properties/lang/rename", `{"newPropertyName":"x"}`).refused(t, http.StatusNotFound, "not_found", "none")
}

func TestRenameRelation(t *testing.T) {
	t.Parallel()
	s := createGraph(t)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/deployment", `{"ownership":{"type":"Inherited","path":"of"},"mirrorProperties":{"tier":{"path":"of.tier"}}}`)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/pod", `{"mirrorProperties":{"tiers":{"path":"in.of.tier"}}}`)
	a := s.mustDo(t, http.MethodPatch, "/v1/blueprints/deployment/relations/of/rename", `{"newRelationIdentifier":"service"}`)
	if a.at(t, "blueprint", "ownership", "path") != "service" || a.at(t, "blueprint", "mirrorProperties", "tier", "path") != "service.tier" {
		t.Error(a.body)
	}
	deployment := s.mustDo(t, http.MethodGet, "/v1/blueprints/deployment/entities/order-prod", "")
	same(t, deployment.at(t, "entity", "relations"), `{"service":"order","on":"prod"}`)
	same(t, deployment.at(t, "entity", "properties", "tier"), `"silver"`)
	pod := s.mustDo(t, http.MethodGet, "/v1/blueprints/pod/entities/pod-1", "")
	same(t, pod.at(t, "entity", "properties", "tiers"), `["silver"]`)
	s.do(t, http.MethodDelete, serviceEntities+"/cart?delete_dependents=false", "").refused(t, http.StatusConflict, "has_dependents", "cart-prod")

	s.do(t, http.MethodPatch, "/v1/blueprints/deployment/relations/of/rename", `{"newRelationIdentifier":"x"}`).refused(t, http.StatusNotFound, "not_found", `"of"`)
	s.do(t, http.MethodPatch, "/v1/blueprints/deployment/relations/on/rename", `{"newRelationIdentifier":"service"}`).refused(t, http.StatusConflict, "identifier_taken", "service")
}

func TestRenameMirror(t *testing.T) {
	t.Parallel()
	s := createGraph(t)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/deployment", `{"mirrorProperties":{"tier":{"path":"of.tier","title":"Tier"}}}`)
	s.mustDo(t, http.MethodPatch, "/v1/blueprints/pod", `{"mirrorProperties":{"tiers":{"path":"in.tier"}}}`)
	a := s.mustDo(t, http.MethodPatch, "/v1/blueprints/deployment/mirror/tier/rename", `{"newMirrorName":"level"}`)
	same(t, a.at(t, "blueprint", "mirrorProperties"), `{"level":{"path":"of.tier","title":"Tier"}}`)
	pod := s.mustDo(t, http.MethodGet, "/v1/blueprints/pod/entities/pod-1", "")
	same(t, pod.at(t, "entity", "properties", "tiers"), `["silver"]`)
	s.do(t, http.MethodPatch, "/v1/blueprints/deployment/mirror/tier/rename", `{"newMirrorName":"x"}`).refused(t, http.StatusNotFound, "not_found", "tier")
	s.do(t, http.MethodPatch, "/v1/blueprints/deployment/mirror/level/rename", `{"newMirrorName":"level"}`).refused(t, http.StatusConflict, "identifier_taken", "level")
}
