// Package envelope implements what resources have in common: timeouts, identity, import by
// identifier, reading, merging and writing a document, remembering values that Port stores
// differently from how they were sent, and errors. A resource adds its schema, its model with the
// bindings to the document, and its checks.
package envelope

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// Model is embedded in the model of each resource.
type Model struct {
	ID       types.String   `tfsdk:"id"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// Base returns the part that every model has.
func (m *Model) Base() *Model { return m }

// Limits returns the time limits of operations.
func (m *Model) Limits() timeouts.Value { return m.Timeouts }

// Bound is the Terraform model of a resource, which *M implements by embedding [Model].
type Bound[M any] interface {
	*M
	Base() *Model
	Limits() timeouts.Value
	// Key identifies the object; it is null while the model is empty.
	Key() types.String
	// Bindings bind the attributes to the document that Port stores.
	Bindings() []document.Binding
}

// Store reads and writes the documents of one kind of object.
type Store interface {
	Get(ctx context.Context, key string) (document.Object, error)
	Create(ctx context.Context, desired document.Object) (document.Object, error)
	// Update replaces a document. state is the document that the attributes in the state describe,
	// without other keys.
	Update(ctx context.Context, key string, state, desired document.Object) (document.Object, error)
	// Delete removes a document. From a document that it shares with other resources it removes
	// only what is in state.
	Delete(ctx context.Context, key string, state document.Object) error
}

// Kind describes one kind of object.
type Kind struct {
	// Name is the concept, capitalized as in a diagnostic's summary.
	Name string
	// KeyAttribute is the name of the attribute that identifies an object.
	KeyAttribute string
	// ParentAttribute is the name of the attribute that identifies the object's parent, or "". If
	// it is set, the key is [JoinKey] of both attributes.
	ParentAttribute string
	// Store gives access to the objects.
	Store func(*backend.Backend) Store
	// Explain returns diagnostics for a value that Port stores differently from how it was sent. If
	// it is nil or returns nothing, the warning is a general one.
	Explain func(recall.Difference) diag.Diagnostics
}

// Attributes declares the attributes of [Model]. kind names the object in descriptions, and idForm
// describes its ID.
func Attributes(ctx context.Context, kind, idForm string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "The ID of the " + kind + ": " + idForm + ".",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"timeouts": TimeoutsAttribute(ctx, kind, ""),
	}
}

// TimeoutsAttribute declares the time limits of operations. kind names the object in descriptions,
// and deletion is added to the description of delete.
func TimeoutsAttribute(ctx context.Context, kind, deletion string) schema.Attribute {
	const format = " may take, such as `30s`, `5m` or `1h`. Defaults to `20m`."
	attribute, _ := timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, CreateDescription: "How long creating the " + kind + format,
		Read: true, ReadDescription: "How long reading the " + kind + format,
		Update: true, UpdateDescription: "How long updating the " + kind + format,
		Delete: true, DeleteDescription: "How long destroying the " + kind + format + deletion,
	}).(schema.SingleNestedAttribute)
	for name, limit := range attribute.Attributes {
		if text, ok := limit.(schema.StringAttribute); ok {
			text.Validators = append(text.Validators, validate.PositiveDuration{})
			attribute.Attributes[name] = text
		}
	}
	attribute.MarkdownDescription = "How long operations may take, including retries and waits."
	return attribute
}
