package acctest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Listed is one result of a list resource.
type Listed struct {
	// Name is the display name.
	Name string
	// Identity is the resource identity of the object.
	Identity map[string]string
	// State is the resource, or null unless it was requested.
	State tftypes.Value
}

// List runs the query of a list resource, as "terraform query" does in Terraform 1.14 and later.
// The configuration has the format of [Validate]; a limit of 0 means no limit. The diagnostics are
// those of the validation, or if there is no error, of the query.
func (e *Environment) List(t *testing.T, typeName, config string, includeResource bool, limit int64) (objects []Listed, diagnostics []string) {
	t.Helper()
	session := e.NewSession(t, typeName)
	server, canList := session.server.(tfprotov6.ListResourceServer)
	if !canList {
		t.Fatal("the provider cannot list resources")
	}
	wireType := session.schemas.ListResourceSchemas[typeName].ValueType()
	decoded, err := jsonvalue.Decode([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	value, err := terraformValue(wireType, decoded)
	if err != nil {
		t.Fatal(err)
	}
	configured := encode(t, wireType, value)
	validated, err := server.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: configured})
	if err != nil {
		t.Fatal(err)
	}
	if hasError(validated.Diagnostics) {
		return nil, describe(validated.Diagnostics)
	}
	stream, err := server.ListResource(t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: typeName, Config: configured, IncludeResource: includeResource, Limit: limit,
	})
	if err != nil {
		t.Fatal(err)
	}
	for result := range stream.Results {
		diagnostics = append(diagnostics, describe(result.Diagnostics)...)
		if !hasError(result.Diagnostics) {
			objects = append(objects, session.listed(result))
		}
	}
	return objects, diagnostics
}

func (s *Session) listed(result tfprotov6.ListResourceResult) Listed {
	s.t.Helper()
	s.identity = result.Identity
	object := Listed{Name: result.DisplayName, Identity: s.Identity(), State: s.state}
	if result.Resource != nil {
		object.State = s.decode(result.Resource)
	}
	return object
}

// Differences returns the attributes in which a listed object differs from the state of the
// session.
func (s *Session) Differences(listed Listed) []string {
	s.t.Helper()
	return differences(s.t, s.state, listed.State)
}
