// Package arrivals remembers for the operator what reached this process: the last event of each
// source and blueprint, and the requests that were refused. The sources fill a Log, the admin
// address shows it. Unlike metrics it has names and addresses, which a label must not have, and it
// forgets them when the process ends.
package arrivals

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// mostBlueprints bounds the blueprints that are remembered of a source. Refusals are of a closed
// set of kinds.
const maxBlueprints = 1000

// Arrivals is what has reached the process.
type Arrivals struct {
	// Since is when the process began to count.
	Since   time.Time `json:"since"`
	Sources []Source  `json:"sources"`
	Refused []Refused `json:"refused"`
}

// Source is what has come from a source.
type Source struct {
	Name string `json:"name"`
	// State says in a word whether the source is at work, and Detail more about it; both may be "".
	State  string `json:"state,omitempty"`
	Detail string `json:"detail,omitempty"`
	// ReadUpTo is up to when everything was read, of a source that is read; how long ago that is is
	// its lag.
	ReadUpTo time.Time `json:"read_up_to,omitzero"`
	// Events counts those that were stored, and Copies those that were known already.
	Events uint64 `json:"events"`
	Copies uint64 `json:"copies"`
	// Last is when the last of either came. It may be before Since, for an event that is still
	// stored.
	Last time.Time `json:"last,omitzero"`
	// Blueprints are sorted by name; that of what has none is "".
	Blueprints []Blueprint `json:"blueprints,omitempty"`
}

// Blueprint is the last event of a blueprint.
type Blueprint struct {
	Name string    `json:"name"`
	Last time.Time `json:"last"`
	// Event is its id.
	Event string `json:"event"`
}

// Refused is a kind of requests that were refused.
type Refused struct {
	Source string `json:"source"`
	// Status is that of the answer, and Reason a word for why.
	Status int       `json:"status"`
	Reason string    `json:"reason"`
	Count  uint64    `json:"count"`
	Last   time.Time `json:"last"`
	// From is the address that the last one came from; "" where there is none.
	From string `json:"from,omitempty"`
}

// Log collects arrivals. It is safe for concurrent use; a nil Log keeps nothing.
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

// New returns a log that counts from now on.
func New(now func() time.Time) *Log {
	return &Log{now: now, since: now(), sources: make(map[string]*source), refused: make(map[refusal]Refused)}
}

// Stored notes an event by its id, or a copy of one.
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

// Leave notes that a source is no longer configured. What came from it stays.
func (l *Log) Leave(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if of := l.sources[name]; of != nil && of.State != "" {
		of.State, of.Detail, of.ReadUpTo = "not_configured", "", time.Time{}
	}
}

// Read notes up to when everything was read from a source.
func (l *Log) Read(name string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(name).ReadUpTo = until
}

// Report says how a source is: whether it is at work in a word, and more about it.
func (l *Log) Report(name, state, detail string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.of(name)
	of.State, of.Detail = state, detail
}

// Recall notes an event that an earlier process has stored.
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

// note keeps the newest event.
func (s *source) note(blueprint, id string, at time.Time) {
	if at.After(s.Last) {
		s.Last = at
	}
	known, ok := s.blueprints[blueprint]
	if (ok || len(s.blueprints) < maxBlueprints) && at.After(known.Last) {
		s.blueprints[blueprint] = Blueprint{Name: blueprint, Last: at, Event: id}
	}
}

// Refused notes a request that was refused.
func (l *Log) Refused(name string, status int, reason, from string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := refusal{name, reason, status}
	l.refused[key] = Refused{Source: name, Status: status, Reason: reason, Count: l.refused[key].Count + 1, Last: l.now(), From: from}
}

// Seen returns what was noted, sorted.
func (l *Log) Seen() Arrivals {
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
