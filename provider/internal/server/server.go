// Package server wraps the plugin framework's provider server. The provider and the tests of the
// resources serve the wrapped one.
package server

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// server gives each call a context that releases everything when the call returns.
// terraform-plugin-framework 1.19.0 retains the context of every call until the provider stops, in
// order to cancel it then (proto6server.Server.registerContext). With what the SDK attaches to a
// context, that is 14 kB per call, and planning an entity takes four calls.
//
// Diagnostics about nested attributes get the name of the attribute.
//
// Rare calls pass through unchanged, and so do streaming calls, whose contexts must outlive them.
type server struct {
	listing
	// bound derives the context of a call from that of the request.
	bound func(ctx context.Context) (context.Context, context.CancelFunc)
}

// listing is a provider server that can list resources, as the framework's can.
type listing interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
}

// New wraps the plugin framework's provider server. It returns a server that cannot list resources
// unchanged.
func New(framework tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	return wrap(framework, context.WithCancel)
}

// NewWithoutLog is [New] for a provider whose log nobody reads: the contexts of its calls contain
// no logger, so that the framework does not prepare log entries for each attribute.
func NewWithoutLog(framework tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	return wrap(framework, withoutValues)
}

func wrap(framework tfprotov6.ProviderServer, bound func(context.Context) (context.Context, context.CancelFunc)) tfprotov6.ProviderServer {
	wrapped, canList := framework.(listing)
	if !canList {
		return framework
	}
	return server{listing: wrapped, bound: bound}
}

// withoutValues returns a context that ends with another, and has none of its values.
func withoutValues(ctx context.Context) (context.Context, context.CancelFunc) {
	bare, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, cancel)
	return bare, func() {
		stop()
		cancel()
	}
}

// ValidateResourceConfig implements [tfprotov6.ResourceServer].
func (s server) ValidateResourceConfig(
	ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest,
) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return call(ctx, s.bound, req, s.listing.ValidateResourceConfig)
}

// UpgradeResourceState implements [tfprotov6.ResourceServer].
func (s server) UpgradeResourceState(
	ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest,
) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return call(ctx, s.bound, req, s.listing.UpgradeResourceState)
}

// UpgradeResourceIdentity implements [tfprotov6.ResourceServer].
func (s server) UpgradeResourceIdentity(
	ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest,
) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return call(ctx, s.bound, req, s.listing.UpgradeResourceIdentity)
}

// ReadResource implements [tfprotov6.ResourceServer].
func (s server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return call(ctx, s.bound, req, s.listing.ReadResource)
}

// PlanResourceChange implements [tfprotov6.ResourceServer].
func (s server) PlanResourceChange(
	ctx context.Context, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	return call(ctx, s.bound, req, s.listing.PlanResourceChange)
}

// ApplyResourceChange implements [tfprotov6.ResourceServer].
func (s server) ApplyResourceChange(
	ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return call(ctx, s.bound, req, s.listing.ApplyResourceChange)
}

// ImportResourceState implements [tfprotov6.ResourceServer].
func (s server) ImportResourceState(
	ctx context.Context, req *tfprotov6.ImportResourceStateRequest,
) (*tfprotov6.ImportResourceStateResponse, error) {
	return call(ctx, s.bound, req, s.listing.ImportResourceState)
}

// MoveResourceState implements [tfprotov6.ResourceServer].
func (s server) MoveResourceState(
	ctx context.Context, req *tfprotov6.MoveResourceStateRequest,
) (*tfprotov6.MoveResourceStateResponse, error) {
	return call(ctx, s.bound, req, s.listing.MoveResourceState)
}

// ValidateDataResourceConfig implements [tfprotov6.DataSourceServer].
func (s server) ValidateDataResourceConfig(
	ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest,
) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return call(ctx, s.bound, req, s.listing.ValidateDataResourceConfig)
}

// ReadDataSource implements [tfprotov6.DataSourceServer].
func (s server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return call(ctx, s.bound, req, s.listing.ReadDataSource)
}

// call calls do with a context that ends when the call returns, and completes its diagnostics.
func call[Request, Response any](
	ctx context.Context, bound func(context.Context) (context.Context, context.CancelFunc), req Request, do func(context.Context, Request) (Response, error),
) (Response, error) {
	ctx, cancel := bound(ctx)
	bounded := &callContext{}
	bounded.current.Store(&ctx)
	defer func() { //nolint:contextcheck // The ended context belongs to no call.
		// Cancel first: this detaches the contexts that are derived from this one.
		cancel()
		bounded.current.Store(&ended)
	}()
	response, err := do(bounded, req) //nolint:contextcheck // It is derived from ctx.
	if err == nil {
		nameAttributes(response)
	}
	return response, err
}
