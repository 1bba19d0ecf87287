// Package listing implements what the provider's list resources have in common. "terraform query"
// in Terraform 1.14 and later finds existing objects through them.
// https://developer.hashicorp.com/terraform/plugin/framework/list-resources
package listing

import (
	"context"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"

	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/operation"
)

// Object is one result of a list resource.
type Object struct {
	// Title is the display name, or "".
	Title string
	// Identifier is the display name of an object without a title.
	Identifier string
	// Identity is the identity of the managed resource: a struct with tfsdk tags.
	Identity any
	// State returns the model of the managed resource as right after an import. It takes the null
	// timeouts of that model. It is called only if the query asks for the resource.
	State func(none timeouts.Value) (any, error)
}

// Resource lists the objects of a managed resource. F is the Terraform model of a list block's
// configuration.
type Resource[F any] struct {
	// ResourceHead is that of the managed resource: a list resource has the same name.
	envelope.ResourceHead

	// Kind names the objects, capitalized as in a diagnostic's summary.
	Kind string
	// Schema declares the configuration.
	Schema schema.Schema
	// Find yields the objects that a filter selects. An error ends the sequence.
	Find func(ctx context.Context, from *backend.Backend, filter F) iter.Seq2[Object, error]
}

// ListResourceConfigSchema declares the configuration of a list block.
func (r *Resource[F]) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = r.Schema
}

// List yields the objects that the configuration selects, up to Terraform's limit.
func (r *Resource[F]) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var filter F
	if diagnostics := req.Config.Get(ctx, &filter); diagnostics.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diagnostics)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		var count int64
		for object, err := range r.Find(ctx, r.Backend, filter) {
			if err != nil {
				push(list.ListResult{Diagnostics: diag.Diagnostics{diagnose.Failure{Verb: "List", Kind: r.Kind, Err: err}.Diagnostic()}})
				return
			}
			if !push(result(ctx, req, object)) {
				return
			}
			if count++; count == req.Limit {
				return
			}
		}
	}
}

// result converts an object to a result, with the resource if Terraform asks for it.
func result(ctx context.Context, req list.ListRequest, object Object) list.ListResult {
	listed := req.NewListResult(ctx)
	listed.DisplayName = object.Identifier
	if object.Title != "" {
		listed.DisplayName = object.Title
	}
	listed.Diagnostics.Append(listed.Identity.Set(ctx, object.Identity)...)
	if !req.IncludeResource {
		return listed
	}
	state, err := object.State(operation.NoTimeouts(req.ResourceSchema.GetAttributes()["timeouts"]))
	if err != nil {
		listed.Diagnostics.AddError("Unable to Read "+object.Identifier, err.Error())
		return listed
	}
	listed.Diagnostics.Append(listed.Resource.Set(ctx, state)...)
	return listed
}
