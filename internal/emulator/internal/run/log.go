package run

import (
	"crypto/rand"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// AddLog adds a line to the log of a run. One with a terminationStatus ends it.
func (s *Store) AddLog(id string, body *document.Object) (*document.Object, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	changes := document.New()
	if status, ok := body.Get("terminationStatus"); ok {
		changes.Set("status", status)
	}
	if label, ok := body.Get("statusLabel"); ok {
		changes.Set("statusLabel", label)
	}
	switch {
	case changes.Len() == 0:
	case r.status().isFinal():
		return nil, ended(r)
	case r.status() == WaitingForApproval && changes.Text("status") == string(Success):
		return nil, refuse("Run %q waits for approval", id)
	}
	line := s.addLog(r, body.Text("message"))
	if changes.Len() > 0 {
		s.change(r, func(d *document.Object) { d.Merge(changes) })
	}
	return line, nil
}

// Note adds a line that the emulator writes itself. It is dropped if the run no longer exists.
func (s *Store) Note(id, message string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if r, err := s.find(id); err == nil {
		s.addLog(r, message)
	}
}

func (s *Store) addLog(r *run, message string) *document.Object {
	line := document.New().
		With("id", "rl_"+rand.Text()[:16]).
		With("runId", r.id()).
		With("message", message).
		With("createdBy", s.config.Actor).
		With("createdAt", document.Instant(s.config.Now()))
	r.logs = append(r.logs, line)
	return line
}

// Logs returns part of the log of a run, oldest line first.
func (s *Store) Logs(id string, limit, offset int) ([]any, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	from := min(offset, len(r.logs))
	return append([]any{}, r.logs[from:min(from+limit, len(r.logs))]...), nil
}
