package port

import (
	"context"
	"encoding/json"
	"net/http"
)

// OrganizationService holds the operations on /v1/organization, the organization of the
// credentials.
type OrganizationService struct {
	client *Client
}

// Organization is the account that owns the catalog.
type Organization struct {
	ID   string `json:"id,omitzero"`
	Name string `json:"name"`
	// Settings and Announcement are objects, exactly as Port wrote them.
	Settings     json.RawMessage `json:"settings,omitzero"`
	Announcement json.RawMessage `json:"announcement,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
}

// MarshalJSON implements [encoding/json.Marshaler].
func (o Organization) MarshalJSON() ([]byte, error) { return encodeObject(o) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (o *Organization) UnmarshalJSON(data []byte) error {
	*o = Organization{}
	return decodeObject(data, o)
}

// OrganizationUpdate is the writable part of an organization. Port requires the name even in a
// patch.
type OrganizationUpdate struct {
	Name         string          `json:"name"`
	Settings     json.RawMessage `json:"settings,omitzero"`
	Announcement json.RawMessage `json:"announcement,omitzero"`
}

// organizationResponse decodes the response of a read, whose form Port does not document: the
// organization under its own key, or bare.
type organizationResponse struct {
	organization Organization
}

// UnmarshalJSON implements [encoding/json.Unmarshaler].
func (a *organizationResponse) UnmarshalJSON(data []byte) error {
	keys, err := objectKeys(data)
	if err != nil {
		return err
	}
	if raw, found := keys["organization"]; found {
		return a.organization.UnmarshalJSON(raw)
	}
	delete(keys, "ok")
	return decodeKeys(keys, &a.organization)
}

// Get reads the organization: GET /v1/organization.
func (s *OrganizationService) Get(ctx context.Context) (*Organization, error) {
	var response organizationResponse
	if _, err := s.client.do(ctx, request{method: http.MethodGet, path: []string{"organization"}}, &response); err != nil {
		return nil, err
	}
	return &response.organization, nil
}

// Update replaces the writable part of the organization: PUT /v1/organization.
func (s *OrganizationService) Update(ctx context.Context, update OrganizationUpdate) error {
	_, err := s.client.do(ctx, request{method: http.MethodPut, path: []string{"organization"}, body: update}, nil)
	return err
}

// Patch changes parts of the organization: PATCH /v1/organization.
func (s *OrganizationService) Patch(ctx context.Context, update OrganizationUpdate) error {
	_, err := s.client.do(ctx, request{method: http.MethodPatch, path: []string{"organization"}, body: update}, nil)
	return err
}
