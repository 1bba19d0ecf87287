// Package backend holds what the resources and data sources of one provider configuration share:
// the Port client, the settings, the locks that serialize writes, and what the run has planned and
// done so far.
package backend

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"golang.org/x/sync/semaphore"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/batch"
)

// Backend serves every resource and data source of one provider configuration.
type Backend struct {
	Client *port.Client
	// TypeChangeProtection refuses plans that change the type of a property.
	TypeChangeProtection bool
	// EntityPlanChecks makes plans validate entities against their blueprints.
	EntityPlanChecks bool
	// Planned holds the blueprints that this process has planned.
	Planned PlannedBlueprints
	// Wait pauses between attempts while Port completes something. It fails only when the context
	// ends.
	Wait func(context.Context, time.Duration) error

	// Entities reads, creates and deletes entities, many in one request.
	Entities *batch.Store

	mutex      sync.Mutex
	writers    *semaphore.Weighted
	locks      map[string]*semaphore.Weighted
	blueprints map[string]*port.Blueprint
	missing    map[string]missingBlueprint
	structures map[string]*port.Blueprint
	entities   map[EntityKey]*entityRecord
	reported   map[string]bool
	handedOver map[blueprintPart]bool
}

// New returns the backend of a provider configuration.
func New(client *port.Client, typeChangeProtection bool) *Backend {
	b := &Backend{
		Client:               client,
		TypeChangeProtection: typeChangeProtection,
		Wait:                 pause.Wait,
		writers:              semaphore.NewWeighted(allWriters),
		locks:                map[string]*semaphore.Weighted{},
		blueprints:           map[string]*port.Blueprint{},
		missing:              map[string]missingBlueprint{},
		structures:           map[string]*port.Blueprint{},
		entities:             map[EntityKey]*entityRecord{},
		reported:             map[string]bool{},
		handedOver:           map[blueprintPart]bool{},
	}
	b.Entities = batch.New(client, b.Blueprint)
	return b
}

// FromProviderData reads the provider data that Configure received. It returns nil without an error
// while the provider is not configured yet, as during validation.
func FromProviderData(data any) (*Backend, diag.Diagnostics) {
	if data == nil {
		return nil, nil
	}
	configured, ok := data.(*Backend)
	if !ok {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Unexpected Provider Data",
			fmt.Sprintf("Expected *backend.Backend, got %T. This is a bug in the provider.", data))}
	}
	return configured, nil
}

// LockBlueprint waits for the exclusive right to read, merge and write a blueprint, and returns the
// function that releases it. It fails only when ctx ends.
func (b *Backend) LockBlueprint(ctx context.Context, identifier string) (unlock func(), err error) {
	return b.lockBlueprints(ctx, identifier, 1)
}

// LockForRename is [Backend.LockBlueprint] for a change that renames the blueprint or one of its
// keys. It excludes writes to all blueprints, because what their writers have read may refer to the
// old name.
func (b *Backend) LockForRename(ctx context.Context, identifier string) (unlock func(), err error) {
	return b.lockBlueprints(ctx, identifier, allWriters)
}

// allWriters is the weight of a writer that excludes all others.
const allWriters = math.MaxInt64

func (b *Backend) lockBlueprints(ctx context.Context, identifier string, weight int64) (unlock func(), err error) {
	if err := b.writers.Acquire(ctx, weight); err != nil {
		return nil, fmt.Errorf("wait for changes of other blueprints: %w", err)
	}
	unlockOne, err := b.lockOne(ctx, identifier)
	if err != nil {
		b.writers.Release(weight)
		return nil, err
	}
	return func() { unlockOne(); b.writers.Release(weight) }, nil
}

func (b *Backend) lockOne(ctx context.Context, identifier string) (unlock func(), err error) {
	lock := b.lock(identifier)
	if err := lock.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("wait for another change of blueprint %q: %w", identifier, err)
	}
	return func() { lock.Release(1) }, nil
}

func (b *Backend) lock(identifier string) *semaphore.Weighted {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	lock, ok := b.locks[identifier]
	if !ok {
		lock = semaphore.NewWeighted(1)
		b.locks[identifier] = lock
	}
	return lock
}

// missingBlueprint says that a blueprint did not exist.
type missingBlueprint struct {
	err error
	// changes is the client's number of changes before the read.
	changes uint64
}

// Blueprint returns a blueprint from a cache, which is filled on the first call and after each
// change by this process: a plan of a thousand entities reads their blueprint once, even if it does
// not exist. The caller must not change it.
func (b *Backend) Blueprint(ctx context.Context, identifier string) (*port.Blueprint, error) {
	unlock, err := b.lockOne(ctx, identifier)
	if err != nil {
		return nil, err
	}
	defer unlock()
	changes := b.Client.Changes()
	if cached, err := b.cachedBlueprint(identifier, changes); cached != nil || err != nil {
		return cached, err
	}
	blueprint, err := b.Client.Blueprints.Get(ctx, identifier)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if errors.Is(err, port.ErrNotFound) {
		b.missing[identifier] = missingBlueprint{err, changes}
	}
	if err != nil {
		return nil, err
	}
	b.blueprints[identifier] = blueprint
	return blueprint, nil
}

// SystemStructure returns the part of a system blueprint that Port itself defines, cached for the
// life of the process. The caller must not change it.
func (b *Backend) SystemStructure(ctx context.Context, identifier string) (*port.Blueprint, error) {
	b.mutex.Lock()
	structure, isCached := b.structures[identifier]
	b.mutex.Unlock()
	if isCached {
		return structure, nil
	}
	structure, err := b.Client.Blueprints.SystemStructure(ctx, identifier)
	if err != nil {
		return nil, err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.structures[identifier] = structure
	return structure, nil
}

// RefreshBlueprint reads a blueprint from Port and updates the cache of [Backend.Blueprint]. The
// caller must not change it.
func (b *Backend) RefreshBlueprint(ctx context.Context, identifier string) (*port.Blueprint, error) {
	blueprint, err := b.Client.Blueprints.Get(ctx, identifier)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if err != nil {
		delete(b.blueprints, identifier)
		return nil, err
	}
	b.blueprints[identifier] = blueprint
	return blueprint, nil
}

// ForgetBlueprint drops a blueprint from the cache of [Backend.Blueprint]. Call it after every
// change of the blueprint.
func (b *Backend) ForgetBlueprint(identifier string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	delete(b.blueprints, identifier)
}

// cachedBlueprint returns a blueprint from the cache, or the error of reading one that did not
// exist unless this process has changed something since.
func (b *Backend) cachedBlueprint(identifier string, changes uint64) (*port.Blueprint, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if missing, isMissing := b.missing[identifier]; isMissing && missing.changes == changes && b.blueprints[identifier] == nil {
		return nil, missing.err
	}
	return b.blueprints[identifier], nil
}

// IsFirst reports whether this is the first call for a topic in this run, so that a problem that
// many resources share is reported once.
func (b *Backend) IsFirst(topic string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	isFirst := !b.reported[topic]
	b.reported[topic] = true
	return isFirst
}
