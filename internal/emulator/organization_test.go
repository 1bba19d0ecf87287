package emulator_test

import (
	"net/http"
	"testing"
)

func TestOrganization(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	const path = "/v1/organization"
	show := func() any { return s.mustDo(t, http.MethodGet, path, "").at(t, "organization") }
	same(t, show(), `{"id":"org_PortEmulator","name":"Port Emulator"}`)
	s.mustDo(t, http.MethodPut, path, `{"name":"Acme","settings":{"portalTitle":"P","hiddenBlueprints":["a"]},"announcement":{"content":"x","link":null}}`)
	same(t, show(), `{"id":"org_PortEmulator","name":"Acme","settings":{"portalTitle":"P","hiddenBlueprints":["a"]},"announcement":{"content":"x","link":null}}`)
	s.mustDo(t, http.MethodPatch, path, `{"name":"Acme 2","settings":{"hiddenBlueprints":[]}}`)
	same(t, show(), `{"id":"org_PortEmulator","name":"Acme 2","settings":{"portalTitle":"P","hiddenBlueprints":[]},"announcement":{"content":"x","link":null}}`)
	s.mustDo(t, http.MethodPut, path, `{"name":"Acme"}`)
	same(t, show(), `{"id":"org_PortEmulator","name":"Acme"}`)

	s.do(t, http.MethodPut, path, `{}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "'name'")
	s.do(t, http.MethodPut, path, `{"name":"x","announcement":{}}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "'content'")
	s.do(t, http.MethodPatch, path, `{"name":"x","settings":{"supportUserTTL":"NEVER"}}`).
		refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/settings/supportUserTTL")
	s.do(t, http.MethodPatch, path, `{"name":"x","other":1}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "'other'")
}
