package backend

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// EntityKey names an entity.
type EntityKey struct {
	Blueprint  string
	Identifier string
}

// entityRecord is what this run of Terraform has done with an entity so far. Several resource
// instances may represent the same entity: the old and the new one of a replacement, or two
// addresses in a configuration.
type entityRecord struct {
	// lock serializes creating and destroying the entity.
	lock *semaphore.Weighted
	// isRead means that the run has read or written the entity.
	isRead bool
	// owner is the resource instance that created or adopted it, or "".
	owner string
	// isCreatedByRelation means that the entity did not exist and the run made Port create it as
	// the target of a relation.
	isCreatedByRelation bool
	// isCreated and isDestroyed mean that this is planned and has not been done yet.
	isCreated, isDestroyed bool
}

// HandOver records that the run has left parts of a blueprint, the given keys of an attribute, to
// separate resources.
func (b *Backend) HandOver(blueprint, attribute string, keys []string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, key := range keys {
		b.handedOver[blueprintPart{blueprint, attribute, key}] = true
	}
}

// WasHandedOver reports whether the run has left a part of a blueprint to a separate resource,
// which may take it over.
func (b *Backend) WasHandedOver(blueprint, attribute, key string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.handedOver[blueprintPart{blueprint, attribute, key}]
}

// blueprintPart identifies a part of a blueprint.
type blueprintPart struct{ blueprint, attribute, key string }

// record returns the record of an entity. The caller must hold the mutex.
func (b *Backend) record(key EntityKey) *entityRecord {
	r, exists := b.entities[key]
	if !exists {
		r = &entityRecord{lock: semaphore.NewWeighted(1)}
		b.entities[key] = r
	}
	return r
}

// LockEntity waits for the exclusive right to create or destroy an entity, and returns the function
// that releases it. It fails only when ctx ends.
func (b *Backend) LockEntity(ctx context.Context, key EntityKey) (unlock func(), err error) {
	b.mutex.Lock()
	lock := b.record(key).lock
	b.mutex.Unlock()
	if err := lock.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("wait for another change of entity %q of blueprint %q: %w", key.Identifier, key.Blueprint, err)
	}
	return func() { lock.Release(1) }, nil
}

// MarkRead records that the run has read or written an entity.
func (b *Backend) MarkRead(key EntityKey) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.record(key).isRead = true
}

// WasRead reports whether the run has read or written an entity. Terraform refreshes before it
// plans (unless run with -refresh=false) but not during an apply, so a resource can tell the plan
// that people see from the one that Terraform repeats just before it applies.
func (b *Backend) WasRead(key EntityKey) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.record(key).isRead
}

// Claim records the resource instance that created or adopted an entity.
func (b *Backend) Claim(key EntityKey, instance string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	r := b.record(key)
	r.owner, r.isCreated, r.isDestroyed = instance, false, false
}

// MarkCreatedByRelation records that the run is about to make Port create a missing entity as the
// target of a relation.
func (b *Backend) MarkCreatedByRelation(key EntityKey) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.record(key).isCreatedByRelation = true
}

// IsUnclaimedRelationTarget reports whether the run made Port create an entity as the target of a
// relation and no resource instance has claimed it.
func (b *Backend) IsUnclaimedRelationTarget(key EntityKey) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	r := b.record(key)
	return r.isCreatedByRelation && r.owner == ""
}

// BelongsToAnother reports whether another resource instance of this run has created or adopted the
// entity, so that destroying this instance must not delete it.
func (b *Backend) BelongsToAnother(key EntityKey, instance string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	owner := b.record(key).owner
	return owner != "" && owner != instance
}

// PlanCreation records that the run plans to create an entity, and reports whether it also plans to
// destroy it.
func (b *Backend) PlanCreation(key EntityKey) (isDestroyed bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	r := b.record(key)
	r.isCreated = true
	return r.isDestroyed
}

// PlanDestruction records that the run plans to destroy an entity, and reports whether it also
// plans to create it.
func (b *Backend) PlanDestruction(key EntityKey) (isCreated bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	r := b.record(key)
	r.isDestroyed = true
	return r.isCreated
}

// MarkDestroyed records that a planned destruction is done.
func (b *Backend) MarkDestroyed(key EntityKey) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.record(key).isDestroyed = false
}
