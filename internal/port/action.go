package port

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
)

// ActionService holds the operations under /v1/actions: self-service actions and automations.
type ActionService struct {
	client *Client
}

// Action is a self-service action or an automation as the JSON object that Port stores, with
// numbers as json.Number. Port adds the creation and update metadata, which writes omit.
type Action map[string]any

// Identifier is the unique identifier of the action.
func (a Action) Identifier() string {
	identifier, _ := a["identifier"].(string)
	return identifier
}

// writable is the part of an action that a create or an update sends.
func (a Action) writable() Action {
	sent := maps.Clone(a)
	for _, key := range []string{"id", "createdAt", "createdBy", "updatedAt", "updatedBy"} {
		delete(sent, key)
	}
	return sent
}

// ActionPermissions says who may execute an action and who may approve its runs, as the JSON object
// that Port stores.
type ActionPermissions map[string]any

// ListActionsOptions are the filters of [ActionService.List]. The zero value lists everything.
type ListActionsOptions struct {
	// Blueprint is the identifier of the blueprint that an action belongs to, or whose entities
	// trigger it.
	Blueprint string
	// TriggerType is "automation" or "self-service".
	TriggerType string
}

type actionResponse struct {
	Action Action `json:"action"`
}

func (a *actionResponse) complete() error {
	if a.Action.Identifier() == "" {
		return errors.New("the response contains no action")
	}
	return nil
}

// Get reads an action: GET /v1/actions/{identifier}. It returns [ErrNotFound] if the action does
// not exist.
func (s *ActionService) Get(ctx context.Context, identifier string) (Action, error) {
	var response actionResponse
	_, err := s.client.do(ctx, request{method: http.MethodGet, path: []string{"actions", identifier}}, &response)
	return response.Action, err
}

// List reads all actions, or those that the options select: GET /v1/actions. Port returns all of
// them at once.
func (s *ActionService) List(ctx context.Context, options ListActionsOptions) ([]Action, error) {
	query := url.Values{}
	for key, value := range map[string]string{"blueprint_identifier": options.Blueprint, "trigger_type": options.TriggerType} {
		if value != "" {
			query.Set(key, value)
		}
	}
	var response struct {
		Actions []Action `json:"actions"`
	}
	_, err := s.client.do(ctx, request{method: http.MethodGet, path: []string{"actions"}, query: query}, &response)
	return response.Actions, err
}

// Create creates an action: POST /v1/actions. It returns [ErrExists] if the identifier is taken,
// and [ErrOutcomeUnknown] if the response was lost and a read could not determine whether the
// action was created.
func (s *ActionService) Create(ctx context.Context, action Action) (Action, error) {
	body := action.writable()
	var response actionResponse
	call := creation[Action]{
		read: func(ctx context.Context) (*Action, error) { return addressed(s.Get(ctx, action.Identifier())) },
		sent: body,
		create: func(ctx context.Context) (*Action, outcome, error) {
			outcome, err := s.client.do(ctx, request{method: http.MethodPost, path: []string{"actions"}, body: body}, &response)
			return &response.Action, outcome, err
		},
	}
	created, err := call.run(ctx)
	if err != nil {
		return nil, err
	}
	return *created, nil
}

// Update replaces an action: PUT /v1/actions/{identifier}. A different identifier in the new action
// renames it; in that case [ErrExists] means that the new identifier is taken.
func (s *ActionService) Update(ctx context.Context, identifier string, action Action) (Action, error) {
	lingering, release := Linger(ctx)
	defer release()
	body := action.writable()
	var response actionResponse
	outcome, err := s.client.do(ctx, request{method: http.MethodPut, path: []string{"actions", identifier}, body: body}, &response)
	if err == nil {
		return response.Action, nil
	}
	renamed := action.Identifier()
	if renamed == identifier {
		return nil, err
	}
	call := renaming[Action]{
		readNew: func(ctx context.Context) (*Action, error) { return addressed(s.Get(ctx, renamed)) },
		readOld: func(ctx context.Context) (*Action, error) { return addressed(s.Get(ctx, identifier)) },
		sent:    body,
	}
	updated, err := call.settle(lingering, outcome, err)
	if err != nil {
		return nil, err
	}
	return *updated, nil
}

// Delete deletes an action: DELETE /v1/actions/{identifier}. It returns [ErrNotFound] if the action
// does not exist.
func (s *ActionService) Delete(ctx context.Context, identifier string) error {
	return s.client.remove(ctx, request{method: http.MethodDelete, path: []string{"actions", identifier}}, nil)
}

type actionPermissionsResponse struct {
	Permissions ActionPermissions `json:"permissions"`
}

func (a *actionPermissionsResponse) complete() error {
	if a.Permissions == nil {
		return errors.New("the response contains no permissions")
	}
	return nil
}

// Permissions reads who may execute an action and approve its runs: GET
// /v1/actions/{identifier}/permissions.
func (s *ActionService) Permissions(ctx context.Context, identifier string) (ActionPermissions, error) {
	var response actionPermissionsResponse
	_, err := s.client.do(ctx, request{method: http.MethodGet, path: []string{"actions", identifier, "permissions"}}, &response)
	return response.Permissions, err
}

// UpdatePermissions changes the permissions of an action: PATCH
// /v1/actions/{identifier}/permissions.
func (s *ActionService) UpdatePermissions(ctx context.Context, identifier string, permissions ActionPermissions) (ActionPermissions, error) {
	var response actionPermissionsResponse
	_, err := s.client.do(ctx, request{
		method: http.MethodPatch, path: []string{"actions", identifier, "permissions"}, body: permissions,
	}, &response)
	return response.Permissions, err
}

// addressed returns a pointer to the result of a read, as creation and renaming require.
func addressed[T any](read T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return &read, nil
}
