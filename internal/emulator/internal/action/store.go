package action

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Store holds actions. It is safe for concurrent use.
type Store struct {
	now   func() time.Time
	actor string

	mutex   sync.RWMutex
	actions []*action // in the order in which they were created
}

// action is one version of an action. It is immutable: a change replaces it.
type action struct {
	identifier string
	// document is the action as written, with the keys that Port adds.
	document    *document.Object
	permissions *document.Object
}

// NewStore returns an empty store. The actor is the author of every change.
func NewStore(now func() time.Time, actor string) *Store {
	return &Store{now: now, actor: actor}
}

// Reset empties the store.
func (s *Store) Reset() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.actions = nil
}

// Get returns one action.
func (s *Store) Get(identifier string) (*document.Object, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	i, err := s.find(identifier)
	if err != nil {
		return nil, err
	}
	return s.actions[i].document, nil
}

// Create adds an action and returns it.
func (s *Store) Create(body *document.Object) (*document.Object, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	identifier := body.Text("identifier")
	if err := s.checkFree(identifier); err != nil {
		return nil, err
	}
	now := document.Instant(s.now())
	created := body.Clone().
		With("id", "action_"+rand.Text()[:16]).
		With("createdAt", now).With("createdBy", s.actor).
		With("updatedAt", now).With("updatedBy", s.actor)
	s.actions = append(s.actions, &action{identifier: identifier, document: created, permissions: defaultPermissions()})
	return created, nil
}

// Replace replaces an action and returns it. A body with a different identifier renames the action;
// [?implicit-changes] automations that react to its runs follow.
func (s *Store) Replace(identifier string, body *document.Object) (*document.Object, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	i, err := s.find(identifier)
	if err != nil {
		return nil, err
	}
	existing, to := s.actions[i], body.Text("identifier")
	if to != identifier {
		if err := s.checkFree(to); err != nil {
			return nil, err
		}
	}
	replaced := body.Clone().
		With("id", existing.document.Value("id")).
		With("createdAt", existing.document.Value("createdAt")).
		With("createdBy", existing.document.Value("createdBy")).
		With("updatedAt", s.after(existing.document.Text("updatedAt"))).
		With("updatedBy", s.actor)
	s.actions[i] = &action{identifier: to, document: replaced, permissions: existing.permissions}
	if to != identifier {
		s.retarget(identifier, to, []string{"trigger", "event", "actionIdentifier"})
	}
	return replaced, nil
}

// after returns the current time, but later than the given one: every change advances updatedAt,
// even two within one millisecond.
func (s *Store) after(earlier string) string {
	now := s.now()
	if at, err := time.Parse(time.RFC3339, earlier); err == nil && !now.Truncate(time.Millisecond).After(at) {
		now = at.Add(time.Millisecond)
	}
	return document.Instant(now)
}

// Delete removes an action.
func (s *Store) Delete(identifier string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	i, err := s.find(identifier)
	if err != nil {
		return err
	}
	s.actions = slices.Delete(s.actions, i, i+1)
	return nil
}

// SelfServiceOf returns the identifiers of the self-service actions of a blueprint.
func (s *Store) SelfServiceOf(blueprint string) []string {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	var identifiers []string
	for _, a := range s.actions {
		if a.isSelfServiceOf(blueprint) {
			identifiers = append(identifiers, a.identifier)
		}
	}
	return identifiers
}

// DeleteSelfServiceOf removes the self-service actions of a blueprint.
func (s *Store) DeleteSelfServiceOf(blueprint string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.actions = slices.DeleteFunc(s.actions, func(a *action) bool { return a.isSelfServiceOf(blueprint) })
}

// isSelfServiceOf reports whether the action is a self-service action of the blueprint. An
// automation does not belong to a blueprint, it only refers to that of its event.
func (a *action) isSelfServiceOf(blueprint string) bool {
	return a.document.Object("trigger").Text("blueprintIdentifier") == blueprint
}

// RenameBlueprint updates the identifier of a blueprint in the actions that refer to it.
// [?implicit-changes] It does not count as a change of the actions.
func (s *Store) RenameBlueprint(from, to string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.retarget(from, to,
		[]string{"trigger", "blueprintIdentifier"},
		[]string{"trigger", "event", "blueprintIdentifier"},
		[]string{"invocationMethod", "blueprintIdentifier"})
}

// retarget replaces an identifier at any of the paths.
func (s *Store) retarget(from, to string, paths ...[]string) {
	for i, a := range s.actions {
		for _, path := range paths {
			last := len(path) - 1
			parent := a.document
			for _, key := range path[:last] {
				parent = parent.Object(key)
			}
			if parent.Text(path[last]) == from {
				a = &action{identifier: a.identifier, document: a.document.Updated(to, path...), permissions: a.permissions}
			}
		}
		s.actions[i] = a
	}
}

// Dump returns every action in the form that Stage reads.
func (s *Store) Dump() []any {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	dump := make([]any, len(s.actions))
	for i, a := range s.actions {
		dump[i] = a.document.Clone().With("permissions", a.permissions)
	}
	return dump
}

// Staged are validated actions, ready to be added.
type Staged struct{ actions []*action }

// Stage reads actions in the form of Port's responses and refuses identifiers that are taken. The
// keys that Port adds, and permissions, are optional.
func (s *Store) Stage(actions []any) (Staged, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	staged := &Store{now: s.now, actor: s.actor, actions: slices.Clone(s.actions)}
	for i, item := range actions {
		stored, _ := item.(*document.Object)
		body := stored.Clone()
		body.Delete("permissions")
		created, err := staged.Create(body)
		if err != nil {
			return Staged{}, fmt.Errorf("actions/%d: %w", i, err)
		}
		for _, key := range []string{"id", "createdAt", "createdBy", "updatedAt", "updatedBy"} {
			if value, ok := body.Get(key); ok {
				created.Set(key, value)
			}
		}
		loaded := staged.actions[len(staged.actions)-1]
		loaded.permissions = mergePermissions(loaded.permissions, stored.Object("permissions"))
	}
	return Staged{actions: staged.actions[len(s.actions):]}, nil
}

// Add adds the staged actions.
func (s *Store) Add(staged Staged) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.actions = append(s.actions, staged.actions...)
}

func (s *Store) find(identifier string) (int, error) {
	i := slices.IndexFunc(s.actions, func(a *action) bool { return a.identifier == identifier })
	if i < 0 {
		return 0, NotFound(identifier)
	}
	return i, nil
}

func (s *Store) checkFree(identifier string) error {
	if _, err := s.find(identifier); err == nil {
		return catalog.Refuse(catalog.Taken, "Action with identifier %q already exists", identifier)
	}
	return nil
}

// NotFound is the error for an action that does not exist.
func NotFound(identifier string) error {
	return catalog.Refuse(catalog.NotFound, "Action with identifier %q was not found", identifier)
}

// HasActions is the error for a blueprint that cannot be deleted before its self-service actions.
func HasActions(blueprint string, identifiers []string) error {
	return catalog.Refuse(catalog.HasDependents,
		"Blueprint %q has self-service actions: %s. Delete them first, or with delete_actions=true",
		blueprint, strings.Join(identifiers, ", "))
}
