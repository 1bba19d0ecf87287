package acctest

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ImportByIdentity is [Session.Import] by what tells the object from others, a
// JSON object of strings, as an import block of Terraform 1.12 has it.
func (s *Session) ImportByIdentity(identity string) {
	s.t.Helper()
	schemas, err := s.server.GetResourceIdentitySchemas(s.t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	identityType := schemas.IdentitySchemas[s.resourceType].ValueType()
	value, err := tftypes.ValueFromJSON([]byte(identity), identityType) //nolint:staticcheck // It is deprecated for providers, which must read a DynamicValue; a test has none.
	if err != nil {
		s.t.Fatal(err)
	}
	s.importAs(&tfprotov6.ImportResourceStateRequest{
		TypeName: s.resourceType,
		Identity: &tfprotov6.ResourceIdentityData{IdentityData: encode(s.t, identityType, value)},
	})
}

// Identity is what tells the object from others, as the provider last said, or
// nil before that.
func (s *Session) Identity() map[string]string {
	s.t.Helper()
	if s.identity == nil {
		return nil
	}
	schemas, err := s.server.GetResourceIdentitySchemas(s.t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	value, err := s.identity.IdentityData.Unmarshal(schemas.IdentitySchemas[s.resourceType].ValueType())
	if err != nil {
		s.t.Fatal(err)
	}
	identity := map[string]string{}
	for name, member := range members(s.t, value) {
		var text string
		if err := member.As(&text); err != nil {
			s.t.Fatal(err)
		}
		identity[name] = text
	}
	return identity
}
