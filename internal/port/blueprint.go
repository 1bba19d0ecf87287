package port

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// BlueprintService holds the operations under /v1/blueprints.
type BlueprintService struct {
	client *Client
}

// blueprintResponse is the envelope of responses with one blueprint.
type blueprintResponse struct {
	Blueprint *Blueprint `json:"blueprint"`
}

func (a *blueprintResponse) complete() error {
	if a.Blueprint == nil {
		return errors.New("the response contains no blueprint")
	}
	return nil
}

// CreateBlueprintOptions are the options of [BlueprintService.Create].
type CreateBlueprintOptions struct {
	// CatalogPage says whether Port creates a page for the blueprint in its software catalog. Nil
	// uses Port's default, true.
	CatalogPage *bool
}

// DeleteBlueprintOptions are the options of [BlueprintService.Delete].
type DeleteBlueprintOptions struct {
	// DeleteActions also deletes the self-service actions of the blueprint.
	DeleteActions bool
}

// BlueprintPatch contains the keys of a blueprint that a patch changes, by their JSON names. Values
// are anything that encoding/json accepts, such as the structs of a [Blueprint].
type BlueprintPatch map[string]any

// Get reads a blueprint: GET /v1/blueprints/{identifier}. It returns [ErrNotFound] if the blueprint
// does not exist.
func (s *BlueprintService) Get(ctx context.Context, identifier string) (*Blueprint, error) {
	var response blueprintResponse
	_, err := s.client.do(ctx, request{
		method: http.MethodGet,
		path:   []string{"blueprints", identifier},
	}, &response)
	if err != nil {
		return nil, err
	}
	return response.Blueprint, nil
}

// List reads all blueprints: GET /v1/blueprints. Port returns all of them at once.
func (s *BlueprintService) List(ctx context.Context) ([]Blueprint, error) {
	var response struct {
		Blueprints []Blueprint `json:"blueprints"`
	}
	_, err := s.client.do(ctx, request{method: http.MethodGet, path: []string{"blueprints"}}, &response)
	if err != nil {
		return nil, err
	}
	return response.Blueprints, nil
}

// Create creates a blueprint: POST /v1/blueprints. It returns [ErrExists] if the identifier is
// taken, and [ErrOutcomeUnknown] if the response was lost and a read could not determine whether
// the blueprint was created; see [EntityService.Create].
func (s *BlueprintService) Create(ctx context.Context, blueprint *Blueprint, options CreateBlueprintOptions) (*Blueprint, error) {
	query := url.Values{}
	if options.CatalogPage != nil {
		query.Set("create_catalog_page", strconv.FormatBool(*options.CatalogPage))
	}
	body := blueprint.writable()
	var response blueprintResponse
	call := creation[Blueprint]{
		read: func(ctx context.Context) (*Blueprint, error) { return s.Get(ctx, blueprint.Identifier) },
		sent: body.expected(),
		create: func(ctx context.Context) (*Blueprint, outcome, error) {
			outcome, err := s.client.do(ctx, request{
				method: http.MethodPost, path: []string{"blueprints"}, query: query, body: body,
			}, &response)
			return response.Blueprint, outcome, err
		},
	}
	return call.run(ctx)
}

// Update replaces a blueprint: PUT /v1/blueprints/{identifier}. Whatever the new blueprint omits is
// deleted. A different identifier renames the blueprint; in that case [ErrExists] means that the
// new identifier is taken.
func (s *BlueprintService) Update(ctx context.Context, identifier string, blueprint *Blueprint) (*Blueprint, error) {
	body := blueprint.writable()
	return s.write(ctx, http.MethodPut, identifier, blueprint.Identifier, body, body.expected())
}

// Patch changes parts of a blueprint: PATCH /v1/blueprints/{identifier}. A different identifier in
// the patch renames it.
func (s *BlueprintService) Patch(ctx context.Context, identifier string, patch BlueprintPatch) (*Blueprint, error) {
	renamed, _ := patch["identifier"].(string)
	return s.write(ctx, http.MethodPatch, identifier, renamed, patch, patch)
}

// write sends a PUT or PATCH. If the response to a rename is lost, it reads the new identifier to
// determine the outcome.
func (s *BlueprintService) write(ctx context.Context, method, identifier, renamed string, body, sent any) (*Blueprint, error) {
	lingering, release := Linger(ctx)
	defer release()
	var response blueprintResponse
	outcome, err := s.client.do(ctx, request{
		method: method, path: []string{"blueprints", identifier}, body: body,
	}, &response)
	if err == nil {
		return response.Blueprint, nil
	}
	if renamed == "" || renamed == identifier {
		return nil, err
	}
	call := renaming[Blueprint]{
		readNew: func(ctx context.Context) (*Blueprint, error) { return s.Get(ctx, renamed) },
		readOld: func(ctx context.Context) (*Blueprint, error) { return s.Get(ctx, identifier) },
		sent:    sent,
	}
	return call.settle(lingering, outcome, err)
}

// Delete deletes a blueprint: DELETE /v1/blueprints/{identifier}. It returns [ErrNotFound] if the
// blueprint does not exist and [ErrHasDependents] if it has entities, which also happens for a few
// seconds after they were deleted.
func (s *BlueprintService) Delete(ctx context.Context, identifier string, options DeleteBlueprintOptions) error {
	query := url.Values{}
	if options.DeleteActions {
		query.Set("delete_actions", "true")
	}
	return s.client.remove(ctx, request{
		method: http.MethodDelete, path: []string{"blueprints", identifier}, query: query,
	}, nil)
}

// DeleteEntities starts the deletion of all entities of a blueprint, but not of the blueprint:
// DELETE /v1/blueprints/{identifier}/all-entities. It returns the id of the migration that deletes
// them, for [MigrationService.Wait]; "" if Port returned none.
func (s *BlueprintService) DeleteEntities(ctx context.Context, identifier string) (migrationID string, err error) {
	return s.deleteAll(ctx, identifier, false)
}

// DeleteWithEntities starts the deletion of a blueprint with all its entities: DELETE
// /v1/blueprints/{identifier}/all-entities?delete_blueprint=true. It returns the id of the
// migration that deletes them, for [MigrationService.Wait]; "" if Port returned none, for example
// because the blueprint was already deleted when the request was retried after a lost response.
func (s *BlueprintService) DeleteWithEntities(ctx context.Context, identifier string) (migrationID string, err error) {
	return s.deleteAll(ctx, identifier, true)
}

func (s *BlueprintService) deleteAll(ctx context.Context, identifier string, blueprintToo bool) (string, error) {
	var response struct {
		MigrationID string `json:"migrationId"`
	}
	err := s.client.remove(ctx, request{
		method: http.MethodDelete,
		path:   []string{"blueprints", identifier, "all-entities"},
		query:  url.Values{"delete_blueprint": {strconv.FormatBool(blueprintToo)}},
	}, &response)
	return response.MigrationID, err
}

// RenameProperty renames a property and keeps its value in every entity,
// unlike [BlueprintService.Update]: PATCH /v1/blueprints/{blueprint}/properties/{from}/rename.
func (s *BlueprintService) RenameProperty(ctx context.Context, blueprint, from, to string) (*Blueprint, error) {
	keys := func(b *Blueprint) (hasFrom, hasTo bool) { return hasBoth(b.Schema.Properties, from, to) }
	return s.renameKey(ctx, []string{"blueprints", blueprint, "properties", from, "rename"}, "newPropertyName", to, keys)
}

// RenameMirror renames a mirror property: PATCH /v1/blueprints/{blueprint}/mirror/{from}/rename.
func (s *BlueprintService) RenameMirror(ctx context.Context, blueprint, from, to string) (*Blueprint, error) {
	keys := func(b *Blueprint) (hasFrom, hasTo bool) { return hasBoth(b.MirrorProperties, from, to) }
	return s.renameKey(ctx, []string{"blueprints", blueprint, "mirror", from, "rename"}, "newMirrorName", to, keys)
}

// RenameRelation renames a relation and keeps its value in every entity: PATCH
// /v1/blueprints/{blueprint}/relations/{from}/rename.
func (s *BlueprintService) RenameRelation(ctx context.Context, blueprint, from, to string) (*Blueprint, error) {
	keys := func(b *Blueprint) (hasFrom, hasTo bool) { return hasBoth(b.Relations, from, to) }
	return s.renameKey(ctx, []string{"blueprints", blueprint, "relations", from, "rename"}, "newRelationIdentifier", to, keys)
}

// renameKey sends a rename of a key. A retry of a rename fails, so after a lost response the
// blueprint is read: the rename took effect if the blueprint has the new key and no longer has the
// old one.
func (s *BlueprintService) renameKey(
	ctx context.Context, path []string, field, to string, keys func(*Blueprint) (hasFrom, hasTo bool),
) (*Blueprint, error) {
	lingering, release := Linger(ctx)
	defer release()
	var response blueprintResponse
	outcome, err := s.client.do(ctx, request{
		method: http.MethodPatch, path: path, body: map[string]string{field: to},
	}, &response)
	if err == nil {
		return response.Blueprint, nil
	}
	if !outcome.mayHaveHappened {
		return nil, err
	}
	blueprint, readErr := s.Get(lingering, path[1])
	if readErr != nil {
		return nil, outcome.explain(err)
	}
	if hasFrom, hasTo := keys(blueprint); hasFrom || !hasTo {
		return nil, err
	}
	return blueprint, nil
}

func hasBoth[T any](keys map[string]T, from, to string) (hasFrom, hasTo bool) {
	_, hasFrom = keys[from]
	_, hasTo = keys[to]
	return hasFrom, hasTo
}

// SystemStructure reads the part of a system blueprint that Port itself defines, such as _user or
// _team: GET /v1/blueprints/system/{identifier}/structure, which Port does not document.
func (s *BlueprintService) SystemStructure(ctx context.Context, identifier string) (*Blueprint, error) {
	var response structureResponse
	_, err := s.client.do(ctx, request{
		method: http.MethodGet, path: []string{"blueprints", "system", identifier, "structure"},
	}, &response)
	if err != nil {
		return nil, err
	}
	return &response.blueprint, nil
}

// structureResponse decodes the undocumented response in any of its possible forms: the structure
// under either of two keys, or bare.
type structureResponse struct {
	blueprint Blueprint
}

// UnmarshalJSON implements [encoding/json.Unmarshaler].
func (a *structureResponse) UnmarshalJSON(data []byte) error {
	keys, err := objectKeys(data)
	if err != nil {
		return err
	}
	for _, key := range []string{"structure", "blueprint"} {
		if raw, found := keys[key]; found {
			if err := json.Unmarshal(raw, &a.blueprint); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			return nil
		}
	}
	delete(keys, "ok")
	return decodeKeys(keys, &a.blueprint)
}

// writable is the part of a blueprint that a create or an update sends.
func (b *Blueprint) writable() Blueprint {
	sent := *b
	sent.CreatedAt, sent.CreatedBy, sent.UpdatedAt, sent.UpdatedBy = "", "", "", ""
	return sent
}

// expected is the part of a sent blueprint that a response must contain: Port may drop a changelog
// destination.
func (b Blueprint) expected() Blueprint {
	b.ChangelogDestination = nil
	return b
}
