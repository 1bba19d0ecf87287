package acctest

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ImportIdentity replaces the state by that of the object with an identity, as Terraform 1.12 and
// later can.
func (s *Session) ImportIdentity(identity map[string]string) {
	s.t.Helper()
	wireType, values := s.identityType(), map[string]tftypes.Value{}
	for name, attributeType := range wireType.AttributeTypes {
		values[name] = tftypes.NewValue(attributeType, identity[name])
	}
	s.importAs(&tfprotov6.ImportResourceStateRequest{
		TypeName: s.resourceType,
		Identity: &tfprotov6.ResourceIdentityData{IdentityData: encode(s.t, wireType, tftypes.NewValue(wireType, values))},
	})
}

func (s *Session) identityType() tftypes.Object {
	s.t.Helper()
	schemas, err := s.server.GetResourceIdentitySchemas(s.t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	wireType := tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
	for _, attribute := range schemas.IdentitySchemas[s.resourceType].IdentityAttributes {
		wireType.AttributeTypes[attribute.Name] = attribute.Type
	}
	return wireType
}

// Identity returns the resource identity that the provider last returned, or nil.
func (s *Session) Identity() map[string]string {
	s.t.Helper()
	if s.identity == nil {
		return nil
	}
	value, err := s.identity.IdentityData.Unmarshal(s.identityType())
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
