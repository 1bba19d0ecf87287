package envelope

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
)

// Follower is a [Store] of objects that belong to a parent. The parent may have been renamed
// without them: with -target, or because the run failed halfway.
type Follower interface {
	Store
	// Origin identifies the parent of an object independently of its name.
	Origin(of document.Object) string
	// Follow reads an object under the current name of the parent with this origin. It returns
	// [port.ErrNotFound] unless exactly one parent has it.
	Follow(ctx context.Context, key, origin string) (document.Object, error)
}

// originKey is the key of the parent's origin in the private state.
const originKey = "origin"

// find reads an object, even if its parent has been renamed.
func (r *Resource[M, P]) find(ctx context.Context, key string, private recall.Reader) (document.Object, error) {
	current, err := r.store().Get(ctx, key)
	follower, follows := r.store().(Follower)
	if !follows || !errors.Is(err, port.ErrNotFound) {
		return current, err
	}
	var origin string
	if diagnostics := recall.LoadKey(ctx, private, originKey, &origin); diagnostics.HasError() || origin == "" {
		return nil, err
	}
	return follower.Follow(ctx, key, origin)
}

// saveOrigin stores what [Resource.find] needs after the parent has been renamed.
func (r *Resource[M, P]) saveOrigin(ctx context.Context, current document.Object, private recall.Writer) diag.Diagnostics {
	follower, follows := r.store().(Follower)
	if !follows {
		return nil
	}
	return recall.SaveKey(ctx, private, originKey, follower.Origin(current))
}
