package acctest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Listed is one object that a list resource has found.
type Listed struct {
	// Name is the one that people read.
	Name string
	// Identity is what tells the object from others.
	Identity map[string]string
	// State is the resource, null unless it was asked for.
	State tftypes.Value
}

// List asks a list resource as "terraform query" does, which needs Terraform 1.14. The
// configuration is given as for [Validate]; a limit of 0 is none. The diagnostics are
// those of the validation, or else of the listing.
func (e *Environment) List(t *testing.T, typeName, config string, includeResource bool, limit int64) (found []Listed, diagnostics []string) {
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
			found = append(found, session.listed(result))
		}
	}
	return found, diagnostics
}

func (s *Session) listed(result tfprotov6.ListResourceResult) Listed {
	s.t.Helper()
	s.identity = result.Identity
	one := Listed{Name: result.DisplayName, Identity: s.Identity(), State: s.state}
	if result.Resource != nil {
		one.State = s.decode(result.Resource)
	}
	return one
}

// Differences lists the attributes in which an object that was listed differs from the
// state of the session.
func (s *Session) Differences(listed Listed) []string {
	s.t.Helper()
	return differences(s.t, s.state, listed.State)
}
