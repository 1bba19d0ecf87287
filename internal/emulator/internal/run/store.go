package run

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// maxRuns is the maximum number of stored runs.
const maxRuns = 10_000

// Status is the state of a run.
type Status string

// The states of a run. The last three are final.
const (
	WaitingForApproval Status = "WAITING_FOR_APPROVAL"
	InProgress         Status = "IN_PROGRESS"
	Success            Status = "SUCCESS"
	Failure            Status = "FAILURE"
	Declined           Status = "DECLINED"
)

func (s Status) isFinal() bool { return s == Success || s == Failure || s == Declined }

// Change is the change of one run.
type Change struct {
	// Action is the action or automation as of the start of the run.
	Action *document.Object
	// Before is nil for a new run. The documents are immutable.
	Before, After *document.Object
	At            time.Time
	// Cause is what led to the run.
	Cause catalog.Cause
}

// Config configures a store.
type Config struct {
	Now   func() time.Time
	Actor string
	// Notify is called for every change, in order, while the store is locked: it must neither block
	// nor call the store.
	Notify func(Change)
}

// Store contains the last runs. It is safe for concurrent use.
type Store struct {
	config Config

	mutex sync.RWMutex
	runs  []*run // oldest first
	byID  map[string]*run
}

// run is one run.
type run struct {
	// document is immutable; a change replaces it.
	document  *document.Object
	action    *document.Object
	cause     catalog.Cause
	logs      []any
	approvals []any
	claim     claim
}

func (r *run) id() string { return r.document.Text("id") }

func (r *run) status() Status { return Status(r.document.Text("status")) }

// NewStore returns an empty store.
func NewStore(config Config) *Store { return &Store{config: config, byID: make(map[string]*run)} }

// NewID returns the identifier of a new run.
func NewID() string { return "r_" + rand.Text()[:16] }

// Reset deletes all runs without notifying anybody.
func (s *Store) Reset() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.runs = nil
	clear(s.byID)
}

// Draft is a run to create.
type Draft struct {
	ID     string
	Action *document.Object
	// Blueprint and Entity are nil if the run has none.
	Blueprint, Entity *document.Object
	Properties        *document.Object
	// Source is API or AUTOMATION.
	Source string
	// Payload is the rendered invocation.
	Payload *document.Object
	// RunAs, if not empty, is the user on whose behalf the run is created.
	RunAs string
	Cause catalog.Cause
}

// Create adds a run and returns it. The run waits for approval if its action requires it.
func (s *Store) Create(draft Draft) *document.Object {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	status := InProgress
	approval := draft.Action.Value("requiredApproval")
	switch approval {
	case nil:
		approval = false
	case false:
	default:
		status = WaitingForApproval
	}
	created := document.New().With("id", draft.ID).With("status", string(status)).With("statusLabel", nil)
	if draft.Blueprint != nil {
		created.Set("blueprint", draft.Blueprint)
	}
	if draft.Entity != nil {
		created.Set("entity", draft.Entity)
	}
	now := document.Instant(s.config.Now())
	by := s.config.Actor
	if draft.RunAs != "" {
		created.Set("impersonatedBy", by)
		by = draft.RunAs
	}
	created.
		With("action", Reference(draft.Action).With("deleted", false)).
		With("source", draft.Source).
		With("link", []any{}).
		With("requiredApproval", approval).
		With("properties", draft.Properties).
		With("createdAt", now).With("updatedAt", now).
		With("createdBy", by).With("updatedBy", by).
		With("payload", nullable(draft.Payload))
	added := &run{document: created, action: draft.Action, cause: draft.Cause}
	added.claim.installation = installationOf(draft.Payload)
	s.runs = append(s.runs, added)
	s.byID[draft.ID] = added
	if len(s.runs) > maxRuns {
		delete(s.byID, s.runs[0].id())
		s.runs[0] = nil
		s.runs = s.runs[1:]
	}
	s.notify(added, nil)
	return created
}

// Reference is how a run refers to its blueprint, entity or action.
func Reference(object *document.Object) *document.Object {
	return document.New().
		With("identifier", object.Value("identifier")).
		With("title", object.Value("title")).
		With("icon", object.Value("icon"))
}

func nullable(object *document.Object) any {
	if object == nil {
		return nil
	}
	return object
}

// Get returns one run.
func (s *Store) Get(id string) (*document.Object, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	return r.document, nil
}

// CheckWritable refuses writes of entities on behalf of a run that has ended. [?runs] An unknown
// run may belong to another system.
func (s *Store) CheckWritable(id string) error {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if r, err := s.find(id); err == nil && r.status() != InProgress {
		return refuse("Run %q is not in progress: its status is %s", id, r.status())
	}
	return nil
}

// Cause returns what led to a run, and the action that it runs.
func (s *Store) Cause(id string) (catalog.Cause, *document.Object, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	r, err := s.find(id)
	if err != nil {
		return catalog.Cause{}, nil, err
	}
	return r.cause, r.action, nil
}

// Filter selects runs; empty fields match everything. Limit 0 means all.
type Filter struct {
	Entity, Blueprint, User, ExternalRunID, Action string
	Sources                                        []string
	// Active selects by whether a run has not ended.
	Active *bool
	Limit  int
}

// List returns the runs that match, newest first.
func (s *Store) List(filter Filter) []*document.Object {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	list := []*document.Object{}
	for _, r := range slices.Backward(s.runs) {
		if filter.Limit > 0 && len(list) == filter.Limit {
			break
		}
		if filter.matches(r) {
			list = append(list, r.document)
		}
	}
	return list
}

func (f Filter) matches(r *run) bool {
	d := r.document
	return matches(f.Entity, d.Object("entity").Text("identifier")) &&
		matches(f.Blueprint, d.Object("blueprint").Text("identifier")) &&
		matches(f.User, d.Text("createdBy")) &&
		matches(f.ExternalRunID, d.Text("externalRunId")) &&
		matches(f.Action, d.Object("action").Text("identifier")) &&
		(len(f.Sources) == 0 || slices.Contains(f.Sources, d.Text("source"))) &&
		(f.Active == nil || *f.Active != r.status().isFinal())
}

func matches(selected, value string) bool { return selected == "" || selected == value }

// Update changes a run as PATCH does: keys replace previous values.
func (s *Store) Update(id string, body *document.Object) (*document.Object, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	status := Status(body.Text("status"))
	switch {
	case r.status().isFinal():
		return nil, ended(r)
	case r.status() == WaitingForApproval && status == Success:
		return nil, refuse("Run %q is waiting for approval and can only be set to FAILURE, which withdraws it", id)
	}
	return s.change(r, func(d *document.Object) {
		d.Merge(body)
	}), nil
}

// Finish ends a run after its invocation. The response, if not nil, is that of the backend. A run
// that has already ended does not change.
func (s *Store) Finish(id string, status Status, response any) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, err := s.find(id)
	if err != nil || r.status().isFinal() {
		return
	}
	s.change(r, func(d *document.Object) {
		d.Set("status", string(status))
		if response != nil {
			d.Set("response", response)
		}
	})
}

// SetResponse stores the response of the backend of a run; nil clears it.
func (s *Store) SetResponse(id string, response any) (*document.Object, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	return s.change(r, func(d *document.Object) {
		if response == nil {
			d.Delete("response")
			return
		}
		d.Set("response", response)
	}), nil
}

// change replaces the document of a run with a changed copy and returns it.
func (s *Store) change(r *run, apply func(*document.Object)) *document.Object {
	before := r.document
	now := s.config.Now()
	if at, err := time.Parse(time.RFC3339, before.Text("updatedAt")); err == nil && !now.Truncate(time.Millisecond).After(at) {
		now = at.Add(time.Millisecond) // Every change advances updatedAt.
	}
	changed := before.Clone()
	apply(changed)
	changed.Set("updatedAt", document.Instant(now))
	changed.Set("updatedBy", s.config.Actor)
	if Status(changed.Text("status")).isFinal() && !before.Has("endedAt") {
		changed.Set("endedAt", document.Instant(now))
	}
	r.document = changed
	s.notify(r, before)
	return changed
}

func (s *Store) notify(r *run, before *document.Object) {
	if s.config.Notify == nil {
		return
	}
	at, err := time.Parse(time.RFC3339, r.document.Text("updatedAt"))
	if err != nil {
		at = s.config.Now()
	}
	s.config.Notify(Change{Action: r.action, Before: before, After: r.document, At: at, Cause: r.cause})
}

func (s *Store) find(id string) (*run, error) {
	if r, ok := s.byID[id]; ok {
		return r, nil
	}
	return nil, catalog.Refuse(catalog.NotFound, "Run with identifier %q was not found", id)
}

// refuse is the error for a change that the state of a run forbids. [?runs] The HTTP status is
// assumed.
func refuse(format string, arguments ...any) error {
	return catalog.Refuse(catalog.Invalid, format, arguments...)
}

func ended(r *run) error {
	return refuse("Run %q has ended with status %s and cannot be changed", r.id(), r.status())
}
