package action

import "github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"

// defaultPermissions are the permissions of a new action. [?action-permissions] The API does not
// document them; in Port's user interface members may execute an action, and administrators approve
// its runs.
func defaultPermissions() *document.Object {
	side := func(roles ...any) *document.Object {
		return document.New().With("users", []any{}).With("roles", roles).With("teams", []any{})
	}
	return document.New().
		With("execute", side("Admin", "Member").With("ownedByTeam", false)).
		With("approve", side("Admin"))
}

// Permissions returns who may execute an action and approve its runs.
func (s *Store) Permissions(identifier string) (*document.Object, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	i, err := s.find(identifier)
	if err != nil {
		return nil, err
	}
	return s.actions[i].permissions, nil
}

// UpdatePermissions changes the permissions of an action and returns them.
func (s *Store) UpdatePermissions(identifier string, body *document.Object) (*document.Object, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	i, err := s.find(identifier)
	if err != nil {
		return nil, err
	}
	existing := s.actions[i]
	merged := mergePermissions(existing.permissions, body)
	s.actions[i] = &action{identifier: identifier, document: existing.document, permissions: merged}
	return merged, nil
}

// mergePermissions merges the body into the permissions. [?action-permissions] The keys of execute
// and of approve are replaced one by one.
func mergePermissions(permissions, body *document.Object) *document.Object {
	merged := permissions.Clone()
	for side := range body.All() {
		merged.Set(side, permissions.Object(side).Clone().Merge(body.Object(side)))
	}
	return merged
}
