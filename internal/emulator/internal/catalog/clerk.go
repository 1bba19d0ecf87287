package catalog

import (
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// clerk says when something happens, and who does it.
type clerk struct {
	clock func() time.Time
	actor string
}

// now returns the present instant as Port stores it.
func (k clerk) now() time.Time { return k.clock().UTC().Truncate(time.Millisecond) }

// stamp says who made and who last changed something, and when.
type stamp struct {
	createdAt, updatedAt time.Time
	createdBy, updatedBy string
}

// created returns the stamp of something new.
func (k clerk) created() stamp {
	now := k.now()
	return stamp{createdAt: now, updatedAt: now, createdBy: k.actor, updatedBy: k.actor}
}

// updated returns the stamp of something that is changed now. Every change moves
// updatedAt, also when two come within one millisecond.
func (k clerk) updated(s stamp) stamp {
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
