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

// entityNote is what this run of Terraform has done so far with an entity. More
// than one object of Terraform may stand for the same entity: the old and the
// new one of a replacement, or two addresses of a configuration.
type entityNote struct {
	// lock keeps apart those who create and those who destroy the entity.
	lock *semaphore.Weighted
	// isRead says that an object of the run has read or written it.
	isRead bool
	// owner is the object that has created or adopted it, or "".
	owner string
	// isSummoned says that the run has asked Port to create it as the target of a
	// relation, having found none.
	isSummoned bool
	// isCreated and isDestroyed say what is planned for it, until it is done.
	isCreated, isDestroyed bool
}

// HandOver remembers parts of a blueprint that the run has left to resources of their
// own: keys of an attribute of the blueprint.
func (b *Backend) HandOver(blueprint, attribute string, keys []string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, key := range keys {
		b.handedOver[blueprintPart{blueprint, attribute, key}] = true
	}
}

// WasHandedOver reports whether the run has left a part of a blueprint to a resource of
// its own, which may take it over.
func (b *Backend) WasHandedOver(blueprint, attribute, key string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.handedOver[blueprintPart{blueprint, attribute, key}]
}

// blueprintPart names a part of a blueprint.
type blueprintPart struct{ blueprint, attribute, key string }

// note returns the note of an entity. The caller must hold the mutex.
func (b *Backend) note(key EntityKey) *entityNote {
	n, exists := b.entityNotes[key]
	if !exists {
		n = &entityNote{lock: semaphore.NewWeighted(1)}
		b.entityNotes[key] = n
	}
	return n
}

// LockEntity waits for the sole right to create or destroy an entity and returns
// the function that gives it back. It fails only when ctx ends.
func (b *Backend) LockEntity(ctx context.Context, key EntityKey) (unlock func(), err error) {
	b.mutex.Lock()
	lock := b.note(key).lock
	b.mutex.Unlock()
	if err := lock.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("wait for another change of entity %q of blueprint %q: %w", key.Identifier, key.Blueprint, err)
	}
	return func() { lock.Release(1) }, nil
}

// NoteRead remembers that the run has read or written an entity.
func (b *Backend) NoteRead(key EntityKey) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.note(key).isRead = true
}

// WasRead reports whether the run has read or written an entity. Terraform reads before it plans,
// unless it is told not to, and does not while it applies: this is how a resource tells the plan
// that people see from the one that Terraform makes again just before it applies.
func (b *Backend) WasRead(key EntityKey) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.note(key).isRead
}

// Claim remembers which object has created or adopted an entity.
func (b *Backend) Claim(key EntityKey, object string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	n := b.note(key)
	n.owner, n.isCreated, n.isDestroyed = object, false, false
}

// Summon remembers that the run is about to have Port create an entity that it has
// not found, as the target of a relation.
func (b *Backend) Summon(key EntityKey) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.note(key).isSummoned = true
}

// WasSummoned reports whether the run has had Port create an entity as the target of
// a relation, and no object of the run stands for it.
func (b *Backend) WasSummoned(key EntityKey) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	n := b.note(key)
	return n.isSummoned && n.owner == ""
}

// BelongsToAnother reports whether another object of this run has created or
// adopted the entity, so that the end of this object must leave it alone.
func (b *Backend) BelongsToAnother(key EntityKey, object string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	owner := b.note(key).owner
	return owner != "" && owner != object
}

// PlanCreation remembers that the run plans to create an entity, and reports
// whether it also plans to destroy it.
func (b *Backend) PlanCreation(key EntityKey) (isDestroyed bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	n := b.note(key)
	n.isCreated = true
	return n.isDestroyed
}

// PlanDestruction remembers that the run plans to destroy an entity, and reports
// whether it also plans to create it.
func (b *Backend) PlanDestruction(key EntityKey) (isCreated bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	n := b.note(key)
	n.isDestroyed = true
	return n.isCreated
}

// NoteDestroyed remembers that a planned destruction is done.
func (b *Backend) NoteDestroyed(key EntityKey) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.note(key).isDestroyed = false
}
