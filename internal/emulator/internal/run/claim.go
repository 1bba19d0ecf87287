package run

import (
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// AgentInstallation is the installation of Port's own agent.
const AgentInstallation = "_PORT_EXEC_AGENT"

// claim says who executes a run that Port delegates to an agent or an integration.
type claim struct {
	// installation is empty for a run that Port executes itself.
	installation string
	// until is when it may be claimed again.
	until time.Time
	// acknowledged is set when somebody executes it.
	acknowledged bool
}

// installationOf returns who executes an invocation, or "" when Port does.
func installationOf(payload *document.Object) string {
	switch payload.Text("type") {
	case "INTEGRATION_ACTION":
		return payload.Text("installationId")
	case "WEBHOOK":
		if payload.Flag("agent") {
			return AgentInstallation
		}
	}
	return ""
}

// ClaimPending returns pending runs of an installation, oldest first, and reserves each for the
// given time.
func (s *Store) ClaimPending(installation string, limit int, visibility time.Duration, exclude []string) []*document.Object {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := s.config.Now()
	claimed := []*document.Object{}
	for _, r := range s.runs {
		if len(claimed) == limit {
			break
		}
		if r.claim.installation != installation || r.claim.acknowledged || r.status() != InProgress ||
			now.Before(r.claim.until) || slices.Contains(exclude, r.id()) {
			continue
		}
		r.claim.until = now.Add(visibility)
		claimed = append(claimed, r.document.Clone().
			With("installationId", installation).
			With("claimedUntil", document.Instant(r.claim.until)).
			With("pendingExecution", true))
	}
	return claimed
}

// Acknowledge marks claimed runs as executing and returns how many. Each must be claimed and not
// yet acknowledged.
func (s *Store) Acknowledge(ids []string) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	acknowledged := make([]*run, len(ids))
	for i, id := range ids {
		r, err := s.find(id)
		if err != nil {
			return 0, err
		}
		if r.claim.installation == "" || r.claim.acknowledged || !s.config.Now().Before(r.claim.until) {
			return 0, catalog.Refuse(catalog.Conflict, "Run %q is not claimed, or is already being executed", id)
		}
		acknowledged[i] = r
	}
	for _, r := range acknowledged {
		r.claim.acknowledged = true
	}
	return len(acknowledged), nil
}
