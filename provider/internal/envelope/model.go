// Package envelope is what every resource does alike: bounded operations, identity,
// import by identifier, the read, merge and write of a document of Port, the memory
// of what Port keeps otherwise than it was sent, and the errors. A resource adds
// its schema, its model with the bindings to the document, and its checks.
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

// Base is the part that every model has.
func (m *Model) Base() *Model { return m }

// Limits are the limits of operations in time.
func (m *Model) Limits() timeouts.Value { return m.Timeouts }

// Bound is a resource in Terraform's terms, which *M implements by embedding [Model].
type Bound[M any] interface {
	*M
	Base() *Model
	Limits() timeouts.Value
	// Key tells the object from all others; it is null while the model is empty.
	Key() types.String
	// Bindings tie the attributes to the document that Port stores.
	Bindings() []document.Binding
}

// Store reads and writes the documents of one kind of object.
type Store interface {
	Get(ctx context.Context, key string) (document.Object, error)
	Create(ctx context.Context, desired document.Object) (document.Object, error)
	// Update replaces a document. state is what the attributes said until now, without
	// what others hold in it.
	Update(ctx context.Context, key string, state, desired document.Object) (document.Object, error)
	// Delete removes a document. Of a document that holds parts of others it removes what
	// state says.
	Delete(ctx context.Context, key string, state document.Object) error
}

// Kind says what distinguishes one kind of object from the others.
type Kind struct {
	// TypeName is the name of the resource without that of the provider.
	TypeName string
	// Name is the concept, capitalized as in the summary of a diagnostic.
	Name string
	// KeyAttribute is the name of the attribute that tells the objects apart.
	KeyAttribute string
	// ParentAttribute is the name of the attribute for what the object belongs to, or
	// "". With it the key is [JoinKey] of both.
	ParentAttribute string
	// Store gives access to the objects.
	Store func(*backend.Backend) Store
	// Explain says what a value means that Port keeps otherwise than it was sent. Without
	// it, or where it returns nothing, the warning is a general one.
	Explain func(recall.Difference) diag.Diagnostics
}

// Attributes are those of [Model]. kind names the object in descriptions.
func Attributes(ctx context.Context, kind, idForm string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "The id of the " + kind + ": " + idForm + ".",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"timeouts": timeoutsAttribute(ctx, kind),
	}
}

func timeoutsAttribute(ctx context.Context, kind string) schema.Attribute {
	const format = " may take, such as `30s`, `5m` or `1h`. Defaults to `20m`."
	attribute, _ := timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, CreateDescription: "How long creating the " + kind + format,
		Read: true, ReadDescription: "How long reading the " + kind + format,
		Update: true, UpdateDescription: "How long changing the " + kind + format,
		Delete: true, DeleteDescription: "How long destroying the " + kind + format,
	}).(schema.SingleNestedAttribute)
	for name, limit := range attribute.Attributes {
		if text, ok := limit.(schema.StringAttribute); ok {
			text.Validators = append(text.Validators, validate.PositiveDuration{})
			attribute.Attributes[name] = text
		}
	}
	attribute.MarkdownDescription = "How long operations may take, retries and waits included."
	return attribute
}

// noTimeouts is the null of the attribute, which has a type of its own.
func noTimeouts(managed schema.Schema) timeouts.Value {
	custom, _ := managed.Attributes["timeouts"].GetType().(timeouts.Type)
	return timeouts.Value{Object: types.ObjectNull(custom.AttributeTypes())}
}
