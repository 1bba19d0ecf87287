package run

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Approve decides on a run that waits for approval: APPROVE starts it, DECLINE ends it. [?runs] The
// decision of the owner of the credentials, an administrator, is sufficient even if all approvers
// must agree.
func (s *Store) Approve(id string, body *document.Object) (approved *document.Object, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	if r.status() != WaitingForApproval {
		return nil, refuse("Run %q does not wait for approval: its status is %s", id, r.status())
	}
	state, status := "APPROVED", InProgress
	if body.Text("status") == "DECLINE" {
		state, status = "DECLINED", Declined
	}
	decision := document.New().
		With("userId", s.config.Actor).
		With("state", state).
		With("description", body.Text("description"))
	r.approvals = append(r.approvals, decision)
	return s.change(r, func(d *document.Object) {
		d.Set("approval", decision)
		d.Set("status", string(status))
	}), nil
}

// Approvers returns the decisions on a run and, on request, the users who may still decide.
func (s *Store) Approvers(id string, pending []any) ([]any, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	approvers := slices.Concat([]any{}, r.approvals)
	if r.status() != WaitingForApproval {
		return approvers, nil
	}
	for _, user := range pending {
		approvers = append(approvers, document.New().With("userId", user).With("state", "PENDING").With("description", nil))
	}
	return approvers, nil
}
