// Package batch reads, creates and deletes entities of Port, many in one request where the result
// is the same as with one request each. Terraform makes one call per entity, ten calls at the same
// time or as many as -parallelism allows, and never says which calls follow. The resource
// port_entity uses it.
package batch

import (
	"context"
	"errors"
	"fmt"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// The maximum numbers of entities in one request. Port accepts 20 in a bulk create and 100 in a
// bulk delete (https://docs.port.io/api-reference); the limit of a search is not documented.
const (
	maxCreates = 20
	maxDeletes = 100
	maxReads   = 100
)

// Store gives access to entities during one run of Terraform. It is safe for concurrent use.
type Store struct {
	client *port.Client
	gate   gate
	ahead  ahead
}

// New returns a store. definition reads a blueprint; the result is not modified.
func New(client *port.Client, definition func(ctx context.Context, blueprint string) (*port.Blueprint, error)) *Store {
	s := &Store{client: client}
	s.gate = newGate(s.run)
	s.ahead.client, s.ahead.definition, s.ahead.lanes = client, definition, map[string]*lane{}
	return s
}

// Get reads the current entity, without the properties that Port computes. It returns
// [port.ErrNotFound] if there is no such entity, which only a read of that entity alone can tell: a
// search may miss existing entities.
func (s *Store) Get(ctx context.Context, blueprint, identifier string) (*port.Entity, error) {
	c := &call{kind: read, ctx: ctx, blueprint: blueprint, identifier: identifier, done: make(chan struct{})}
	isAlone, leave := s.gate.enter(c)
	defer leave()
	if !isAlone {
		select {
		case <-c.done:
		case <-ctx.Done():
			s.gate.withdraw(c)
			return nil, fmt.Errorf("waiting for a search for several entities: %w", ctx.Err())
		}
		if c.entity != nil || c.err != nil {
			return c.entity, c.err
		}
	}
	return s.getAlone(ctx, blueprint, identifier)
}

// Refresh is [Store.Get] for a refresh, which requests each entity once. The entity may have been
// read ahead in this run, but never before a change that this run has made.
func (s *Store) Refresh(ctx context.Context, blueprint, identifier string) (*port.Entity, error) {
	if entity := s.ahead.take(ctx, blueprint, identifier, &s.gate); entity != nil {
		return entity, nil
	}
	return s.Get(ctx, blueprint, identifier)
}

func (s *Store) getAlone(ctx context.Context, blueprint, identifier string) (*port.Entity, error) {
	return s.client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{ExcludeCalculated: true})
}

// Create creates an entity, as [port.EntityService.Create] does. If it is created together with
// others and cannot be read afterwards, the result is the entity as it was sent, without times.
func (s *Store) Create(ctx context.Context, blueprint string, entity *port.Entity, options port.CreateEntityOptions) (*port.Entity, error) {
	if entity.Identifier == "" {
		// It could not be read afterwards.
		return s.client.Entities.Create(ctx, blueprint, entity, options)
	}
	c := &call{kind: create, ctx: ctx, blueprint: blueprint, identifier: entity.Identifier, sent: entity, creating: options, done: make(chan struct{}), created: make(chan struct{})}
	isAlone, leave := s.gate.enter(c)
	defer leave()
	if isAlone {
		return s.client.Entities.Create(ctx, blueprint, entity, options)
	}
	if err := s.await(c); err != nil {
		select {
		case <-c.created:
			return c.unread, nil
		default:
			return nil, err
		}
	}
	return c.entity, c.err
}

// Delete deletes an entity, as [port.EntityService.Delete] does.
func (s *Store) Delete(ctx context.Context, blueprint, identifier string, options port.DeleteEntityOptions) error {
	c := &call{kind: remove, ctx: ctx, blueprint: blueprint, identifier: identifier, deleting: options, done: make(chan struct{})}
	isAlone, leave := s.gate.enter(c)
	defer leave()
	if isAlone {
		return s.client.Entities.Delete(ctx, blueprint, identifier, options)
	}
	if err := s.await(c); err != nil {
		return err
	}
	if c.isDone {
		return c.err
	}
	return s.client.Entities.Delete(ctx, blueprint, identifier, options)
}

// await waits for the round of a change. If its context ends before the round, the change is not
// sent; if it ends during the round, the request also concerns other callers, and await waits a
// little longer (see [port.Linger]).
func (s *Store) await(c *call) error {
	lingering, release := port.Linger(c.ctx)
	defer release()
	select {
	case <-c.done:
		return nil
	case <-c.ctx.Done():
	}
	if s.gate.withdraw(c) {
		return fmt.Errorf("the request was not sent: %w", c.ctx.Err())
	}
	select {
	case <-c.done:
		return nil
	case <-lingering.Done():
		return fmt.Errorf("%w: no response to the request for several entities: %w", port.ErrOutcomeUnknown, c.ctx.Err())
	}
}

// concernsAll reports whether an error would also occur for each entity alone.
func concernsAll(err error) bool {
	_, isTransport := errors.AsType[*port.TransportError](err)
	return isTransport && !errors.Is(err, port.ErrResponseTooLarge) || errors.Is(err, port.ErrUnauthorized) || errors.Is(err, port.ErrRateLimited)
}
