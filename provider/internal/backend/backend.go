// Package backend is what the provider hands to its resources once it is configured: the Port
// client, the settings that concern them, and the locks that keep their writes apart.
package backend

import (
	"context"
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
	// EntityPlanChecks has plans hold entities to their blueprints.
	EntityPlanChecks bool
	// Planned are the blueprints that this process has planned.
	Planned PlannedBlueprints
	// Wait pauses between attempts at something that Port needs time for. It
	// fails only when the context ends.
	Wait func(context.Context, time.Duration) error

	// Entities reads, creates and deletes entities, many in one request.
	Entities *batch.Store

	mutex       sync.Mutex
	writers     *semaphore.Weighted
	locks       map[string]*semaphore.Weighted
	blueprints  map[string]*port.Blueprint
	structures  map[string]*port.Blueprint
	entityNotes map[EntityKey]*entityNote
	reported    map[string]bool
	handedOver  map[blueprintPart]bool
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
		structures:           map[string]*port.Blueprint{},
		entityNotes:          map[EntityKey]*entityNote{},
		reported:             map[string]bool{},
		handedOver:           map[blueprintPart]bool{},
	}
	b.Entities = batch.New(client, b.Blueprint)
	return b
}

// FromProviderData reads what Configure received. It returns nil without an
// error while the provider is not configured yet, as during validation.
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

// LockBlueprint waits for the sole right to read, merge and write a blueprint
// and returns the function that gives it back. It fails only when ctx ends.
func (b *Backend) LockBlueprint(ctx context.Context, identifier string) (unlock func(), err error) {
	return b.lockBlueprints(ctx, identifier, 1)
}

// LockForRename is [Backend.LockBlueprint] for a change that renames the blueprint or a key of it.
// Nobody may write any blueprint in between: what they have read may point at the old name.
func (b *Backend) LockForRename(ctx context.Context, identifier string) (unlock func(), err error) {
	return b.lockBlueprints(ctx, identifier, allWriters)
}

// allWriters is the weight of a writer who must be alone.
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

// Blueprint returns a blueprint as it was when this process first asked for it,
// or when the process last changed it: a plan of a thousand entities reads their
// blueprint once. The caller must not change it.
func (b *Backend) Blueprint(ctx context.Context, identifier string) (*port.Blueprint, error) {
	unlock, err := b.lockOne(ctx, identifier)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if known := b.known(identifier); known != nil {
		return known, nil
	}
	blueprint, err := b.Client.Blueprints.Get(ctx, identifier)
	if err != nil {
		return nil, err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.blueprints[identifier] = blueprint
	return blueprint, nil
}

// SystemStructure returns what Port itself defines of a system blueprint, as it was
// when this process first asked for it. The caller must not change it.
func (b *Backend) SystemStructure(ctx context.Context, identifier string) (*port.Blueprint, error) {
	b.mutex.Lock()
	structure, isRead := b.structures[identifier]
	b.mutex.Unlock()
	if isRead {
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

// RefreshBlueprint reads a blueprint as it is now, for [Backend.Blueprint] too. The
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

// ForgetBlueprint has the next caller of [Backend.Blueprint] read it anew. Who
// changes a blueprint calls it afterwards.
func (b *Backend) ForgetBlueprint(identifier string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	delete(b.blueprints, identifier)
}

func (b *Backend) known(identifier string) *port.Blueprint {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.blueprints[identifier]
}

// IsFirst reports whether nobody has asked for this topic before in this run, so
// that what concerns many resources alike is reported once.
func (b *Backend) IsFirst(topic string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	isFirst := !b.reported[topic]
	b.reported[topic] = true
	return isFirst
}
