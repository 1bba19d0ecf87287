package ingest

import (
	"context"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// Reading returns a function that reads the audit log once into a journal, and returns how long to
// wait before the next read.
func (a *AuditLog) Reading(journal queue.Journal) func(ctx context.Context) (time.Duration, error) {
	return a.newReader(journal).step
}
