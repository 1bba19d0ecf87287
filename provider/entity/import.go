package entity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
)

// json returns the unambiguous form of an import ID.
func (a address) json() string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(a) // Two strings always have a JSON form.
	return strings.TrimSpace(text.String())
}

// ImportState accepts an identity, `<blueprint>:<identifier>` or the unambiguous form
// `{"blueprint":"…","identifier":"…"}`. Identifiers of blueprints and entities may both contain
// colons, so if the second form can be split in several ways, it looks up which of the entities
// exist.
func (r *entityResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var identity identityModel
	if req.ID == "" && req.Identity != nil && !req.Identity.Raw.IsNull() {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
	} else {
		resolved, diagnostics := r.resolve(ctx, req.ID)
		resp.Diagnostics.Append(diagnostics...)
		identity = identityModel{Blueprint: types.StringValue(resolved.Blueprint), Identifier: types.StringValue(resolved.Identifier)}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	id := entityID(identity.Blueprint.ValueString(), identity.Identifier.ValueString())
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("blueprint"), identity.Blueprint)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("identifier"), identity.Identifier)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity)...)
	resp.Diagnostics.Append(record{Origin: originAdopted}.save(ctx, resp.Private)...)
}

// resolve finds the entity that an import ID names.
func (r *entityResource) resolve(ctx context.Context, id string) (address, diag.Diagnostics) {
	candidates, err := parseImportID(id)
	if err != nil {
		return address{}, diag.Diagnostics{diag.NewErrorDiagnostic("Invalid Import ID", fmt.Sprintf("The import id %q %s. %s", id, err, importForms))}
	}
	existing, err := r.existing(ctx, candidates)
	if err != nil {
		return address{}, diag.Diagnostics{diagnose.Failure{Verb: "Import", Kind: "Entity", Identifier: id, Err: err}.Diagnostic()}
	}
	if len(existing) > 1 {
		return address{}, diag.Diagnostics{diag.NewErrorDiagnostic("Ambiguous Import ID", ambiguity(id, existing))}
	}
	return existing[0], nil
}

const importForms = `Use <blueprint>:<identifier>, or {"blueprint":"…","identifier":"…"} as one argument.`

// parseImportID returns every way to split an import ID. Its errors complete the sentence "The
// import id …".
func parseImportID(id string) ([]address, error) {
	if strings.HasPrefix(id, "{") {
		var exact address
		decoder := json.NewDecoder(strings.NewReader(id))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&exact); err != nil {
			return nil, fmt.Errorf("is not the expected JSON: %w", err)
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			return nil, errors.New("has text after the JSON object")
		}
		if exact.Blueprint == "" || exact.Identifier == "" {
			return nil, errors.New("lacks the blueprint or the identifier")
		}
		return []address{exact}, nil
	}
	var candidates []address
	for at, char := range id {
		if char == ':' && at > 0 && at < len(id)-1 {
			candidates = append(candidates, address{Blueprint: id[:at], Identifier: id[at+1:]})
		}
	}
	if len(candidates) == 0 {
		return nil, errors.New("does not name a blueprint and an identifier")
	}
	return candidates, nil
}

// existing returns the candidates that exist in Port. It does not look up a single candidate,
// because a read follows anyway.
func (r *entityResource) existing(ctx context.Context, candidates []address) ([]address, error) {
	if len(candidates) == 1 {
		return candidates, nil
	}
	var existing []address
	for _, candidate := range candidates {
		_, err := r.Backend.Client.Entities.Get(ctx, candidate.Blueprint, candidate.Identifier, port.GetEntityOptions{ExcludeCalculated: true})
		if errors.Is(err, port.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		existing = append(existing, candidate)
	}
	if len(existing) == 0 {
		return nil, fmt.Errorf("none of the %d ways to split this id at a colon names an entity: %w", len(candidates), port.ErrNotFound)
	}
	return existing, nil
}

func ambiguity(id string, existing []address) string {
	lines := make([]string, 0, len(existing))
	for _, address := range existing {
		lines = append(lines, "  "+address.json())
	}
	return fmt.Sprintf("The import id %q matches %d entities. Import one of them by its unambiguous id:\n\n%s", id, len(existing), strings.Join(lines, "\n"))
}
