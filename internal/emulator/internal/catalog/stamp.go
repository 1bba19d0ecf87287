package catalog

import (
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// stamper creates the creation and update metadata: the current time and the actor.
type stamper struct {
	clock func() time.Time
	actor string
}

// now returns the current time with Port's precision.
func (k stamper) now() time.Time { return k.clock().UTC().Truncate(time.Millisecond) }

// stamp is the creation and update metadata of an object.
type stamp struct {
	createdAt, updatedAt time.Time
	createdBy, updatedBy string
}

// created returns the stamp of a new object.
func (k stamper) created() stamp {
	now := k.now()
	return stamp{createdAt: now, updatedAt: now, createdBy: k.actor, updatedBy: k.actor}
}

// updated returns the stamp of an object that changes now. Every change advances updatedAt, even
// two within one millisecond.
func (k stamper) updated(s stamp) stamp {
	now := k.now()
	if !now.After(s.updatedAt) {
		now = s.updatedAt.Add(time.Millisecond)
	}
	s.updatedAt, s.updatedBy = now, k.actor
	return s
}

// addTo writes the stamp as the last keys of a document.
func (s stamp) addTo(d *document.Object) *document.Object {
	return d.
		With("createdAt", document.Instant(s.createdAt)).
		With("createdBy", s.createdBy).
		With("updatedAt", document.Instant(s.updatedAt)).
		With("updatedBy", s.updatedBy)
}
