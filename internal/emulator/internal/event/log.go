package event

import (
	"cmp"
	"hash/crc32"
	"slices"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// maxEvents is the maximum number of events in the audit log.
const maxEvents = 10_000

// Log is the audit log: the last changes, newest last. The zero value is empty and ready for use by
// several goroutines.
type Log struct {
	mutex   sync.Mutex
	entries []entry // a ring once it is full
	oldest  int
}

// entry is a change with the metadata of an audit event.
type entry struct {
	identifier string
	change     catalog.Change
	origin     Origin
}

// Add adds a change under a permanent event identifier.
func (l *Log) Add(identifier string, change catalog.Change, origin Origin) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	added := entry{identifier: identifier, change: change, origin: origin}
	if len(l.entries) < maxEvents {
		l.entries = append(l.entries, added)
		return
	}
	l.entries[l.oldest] = added
	l.oldest = (l.oldest + 1) % maxEvents
}

// Clear empties the log.
func (l *Log) Clear() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.entries, l.oldest = nil, 0
}

// Filter selects events; empty fields match everything. Limit 0 means all.
type Filter struct {
	Identifier, Blueprint, Entity, Action, Status string
	Resources, Origins                            []string
	From, To                                      time.Time
	// None is set for a parameter that no event of the emulator can match, such as a run or an
	// integration.
	None  bool
	Limit int
	// Hidden reports whether the events of an entity are not shown; nil hides none.
	Hidden func(blueprint, entity string) bool
	// Lag hides about half of the entries until that long after their change, as of Now. Shuffle
	// returns the entries in an arbitrary but stable order.
	Lag     time.Duration
	Now     time.Time
	Shuffle bool
}

// Find returns the events that match, newest first unless they are shuffled.
func (l *Log) Find(filter Filter) []any {
	result, all := []any{}, l.newestFirst()
	if filter.Shuffle {
		slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(a.draw(), b.draw()) })
	}
	for _, e := range all {
		if filter.Limit > 0 && len(result) == filter.Limit {
			break
		}
		if filter.matches(e) {
			result = append(result, e.render())
		}
	}
	return result
}

func (l *Log) newestFirst() []entry {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	all := slices.Concat(l.entries[l.oldest:], l.entries[:l.oldest])
	slices.Reverse(all)
	return all
}

// draw is a pseudo-random number that is independent of the time of the entry.
func (e entry) draw() uint32 { return crc32.ChecksumIEEE([]byte(e.identifier)) }

// isShown reports whether an entry is neither hidden nor delayed.
func (f Filter) isShown(e entry) bool {
	isGone := f.Hidden != nil && e.change.Resource == catalog.EntityResource && f.Hidden(e.change.Blueprint, e.change.Entity)
	isLate := f.Lag > 0 && e.draw()%2 == 0 && f.Now.Sub(e.change.At) < f.Lag
	return !isGone && !isLate
}

func (f Filter) matches(e entry) bool {
	return !f.None &&
		matchesText(f.Identifier, e.identifier) &&
		matchesText(f.Blueprint, e.change.Blueprint) &&
		matchesText(f.Entity, e.change.Entity) &&
		matchesText(f.Action, string(e.change.Action)) &&
		matchesText(f.Status, "SUCCESS") &&
		matchesAny(f.Resources, string(e.change.Resource)) &&
		matchesAny(f.Origins, e.change.Cause.Origin()) &&
		(f.From.IsZero() || !e.change.At.Before(f.From)) &&
		(f.To.IsZero() || !e.change.At.After(f.To)) &&
		f.isShown(e)
}

func matchesText(allowed, value string) bool { return allowed == "" || allowed == value }

func matchesAny(allowed []string, value string) bool {
	return len(allowed) == 0 || slices.Contains(allowed, value)
}

// render returns the event as the audit log shows it.
func (e entry) render() *document.Object {
	return document.New().With("identifier", e.identifier).Merge(Changelog(e.change, e.origin))
}
