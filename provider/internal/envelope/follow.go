package envelope

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
)

// Follower is a [Store] of objects that belong to another one, which may be renamed
// without them: with -target, or because the run failed in between.
type Follower interface {
	Store
	// Origin tells the parent of an object from all others, under any name.
	Origin(of document.Object) string
	// Follow finds an object under the present name of the parent with an origin. It
	// returns [port.ErrNotFound] if there is none, or more than one.
	Follow(ctx context.Context, key, origin string) (document.Object, error)
}

// originKey is where the private state holds the origin of the parent.
const originKey = "origin"

// find reads an object, also where its parent has been renamed.
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

// rememberOrigin keeps what finds the object after its parent has been renamed.
func (r *Resource[M, P]) rememberOrigin(ctx context.Context, current document.Object, private recall.Writer) diag.Diagnostics {
	follower, follows := r.store().(Follower)
	if !follows {
		return nil
	}
	return recall.SaveKey(ctx, private, originKey, follower.Origin(current))
}
