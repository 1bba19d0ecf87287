// Package arrivals records for the operator what this process received: the last event of each
// source and blueprint, and the refused requests. The sources fill a Log, and the admin address
// shows it. Unlike metrics, it contains names and addresses, which are unsuitable as labels. It is
// not stored.
package arrivals

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// maxBlueprints limits the blueprints of a source. Refusals need no limit: their kinds are a closed
// set.
const maxBlueprints = 1000

// Arrivals is what the process received.
type Arrivals struct {
	// Since is when the process started counting.
	Since   time.Time `json:"since"`
	Sources []Source  `json:"sources"`
	Refused []Refused `json:"refused"`
}

// Source is what was received from one source.
type Source struct {
	Name string `json:"name"`
	// State is the state of the source in one word, and Detail adds to it; both may be "".
	State  string `json:"state,omitempty"`
	Detail string `json:"detail,omitempty"`
	// ReadUpTo is the time up to which a polled source was read. The time since then is its lag.
	ReadUpTo time.Time `json:"read_up_to,omitzero"`
	// Events counts stored events, and Copies duplicates.
	Events uint64 `json:"events"`
	Copies uint64 `json:"copies"`
	// Last is when the latest of either arrived. It may be before Since, for an event in the store.
	Last time.Time `json:"last,omitzero"`
	// Blueprints are sorted by name, which is "" for events without a blueprint.
	Blueprints []Blueprint `json:"blueprints,omitempty"`
}

// Blueprint is the last event of a blueprint.
type Blueprint struct {
	Name string    `json:"name"`
	Last time.Time `json:"last"`
	// Event is the id of the event.
	Event string `json:"event"`
}

// Refused is one kind of refused requests.
type Refused struct {
	Source string `json:"source"`
	// Status is the HTTP status of the response, and Reason the reason in one word.
	Status int       `json:"status"`
	Reason string    `json:"reason"`
	Count  uint64    `json:"count"`
	Last   time.Time `json:"last"`
	// From is the address of the latest sender, or "".
	From string `json:"from,omitempty"`
}

// Log collects arrivals. It is safe for concurrent use; a nil Log records nothing.
type Log struct {
	now func() time.Time

	mu      sync.Mutex
	since   time.Time
	sources map[string]*source
	refused map[refusal]Refused
}

type source struct {
	Source
	blueprints map[string]Blueprint
}

type refusal struct {
	source, reason string
	status         int
}

// New returns an empty log.
func New(now func() time.Time) *Log {
	return &Log{now: now, since: now(), sources: make(map[string]*source), refused: make(map[refusal]Refused)}
}

// Stored records an event, or a duplicate of one, by its id.
func (l *Log) Stored(name, blueprint, id string, duplicate bool) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.of(name)
	if duplicate {
		of.Copies++
	} else {
		of.Events++
	}
	of.note(blueprint, id, l.now())
}

// Leave records that a source is no longer configured. Its arrivals are kept.
func (l *Log) Leave(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if of := l.sources[name]; of != nil && of.State != "" {
		of.State, of.Detail, of.ReadUpTo = "not_configured", "", time.Time{}
	}
}

// Read records the time up to which a source was read.
func (l *Log) Read(name string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(name).ReadUpTo = until
}

// Report records the state of a source in one word, with details.
func (l *Log) Report(name, state, detail string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.of(name)
	of.State, of.Detail = state, detail
}

// Recall records an event that an earlier process stored.
func (l *Log) Recall(name, blueprint, id string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(name).note(blueprint, id, at)
}

func (l *Log) of(name string) *source {
	if l.sources[name] == nil {
		l.sources[name] = &source{Source: Source{Name: name}, blueprints: make(map[string]Blueprint)}
	}
	return l.sources[name]
}

// note records an event if it is the newest of its blueprint.
func (s *source) note(blueprint, id string, at time.Time) {
	if at.After(s.Last) {
		s.Last = at
	}
	previous, ok := s.blueprints[blueprint]
	if (ok || len(s.blueprints) < maxBlueprints) && at.After(previous.Last) {
		s.blueprints[blueprint] = Blueprint{Name: blueprint, Last: at, Event: id}
	}
}

// Refused records a refused request.
func (l *Log) Refused(name string, status int, reason, from string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := refusal{name, reason, status}
	l.refused[key] = Refused{Source: name, Status: status, Reason: reason, Count: l.refused[key].Count + 1, Last: l.now(), From: from}
}

// Snapshot returns the arrivals, sorted.
func (l *Log) Snapshot() Arrivals {
	l.mu.Lock()
	defer l.mu.Unlock()
	read := Arrivals{Since: l.since, Sources: []Source{}, Refused: []Refused{}}
	for _, name := range slices.Sorted(maps.Keys(l.sources)) {
		of := l.sources[name].Source
		of.Blueprints = slices.SortedFunc(maps.Values(l.sources[name].blueprints), func(a, b Blueprint) int { return cmp.Compare(a.Name, b.Name) })
		read.Sources = append(read.Sources, of)
	}
	read.Refused = slices.AppendSeq(read.Refused, maps.Values(l.refused))
	slices.SortFunc(read.Refused, func(a, b Refused) int { return b.Last.Compare(a.Last) })
	return read
}
