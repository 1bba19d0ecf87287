// Package action implements port_action (automations and self-service actions),
// port_action_permissions, and the data sources that read actions. The provider registers them.
package action

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
)

var (
	_ resource.ResourceWithConfigure      = (*actionResource)(nil)
	_ resource.ResourceWithIdentity       = (*actionResource)(nil)
	_ resource.ResourceWithValidateConfig = (*actionResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*actionResource)(nil)
	_ resource.ResourceWithImportState    = (*actionResource)(nil)
)

type actionResource struct {
	envelope.Resource[model, *model]
}

// NewResource returns the resource port_action.
func NewResource() resource.Resource {
	return &actionResource{envelope.Resource[model, *model]{ResourceHead: envelope.ResourceHead{TypeName: typeName}, Kind: kind()}}
}

const typeName = "action"

func kind() envelope.Kind {
	return envelope.Kind{
		Name:         "Action",
		KeyAttribute: "identifier",
		Store:        func(b *backend.Backend) envelope.Store { return store{b.Client.Actions} },
	}
}

// store reads and writes actions as documents.
type store struct {
	actions *port.ActionService
}

func (s store) Get(ctx context.Context, identifier string) (document.Object, error) {
	return s.actions.Get(ctx, identifier)
}

func (s store) Create(ctx context.Context, desired document.Object) (document.Object, error) {
	return s.actions.Create(ctx, desired)
}

func (s store) Update(ctx context.Context, identifier string, _, desired document.Object) (document.Object, error) {
	return s.actions.Update(ctx, identifier, desired)
}

func (s store) Delete(ctx context.Context, identifier string, _ document.Object) error {
	return s.actions.Delete(ctx, identifier)
}
