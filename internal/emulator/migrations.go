package emulator

import (
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// listMigrations is GET /v1/migrations.
func (e *Emulator) listMigrations(c *call) (int, *document.Object, error) {
	if err := c.among("status",
		"COMPLETED", "RUNNING", "PENDING", "INITIALIZING", "FAILURE", "CANCELLED", "PENDING_CANCELLATION"); err != nil {
		return 0, nil, err
	}
	migrations := e.catalog.Migrations(catalog.MigrationFilter{
		Statuses: c.list("status"), Actor: c.query.Get("actor"), Blueprint: c.query.Get("blueprint"),
	})
	return http.StatusOK, success().With("migrations", migrations), nil
}

// getMigration is GET /v1/migrations/{migration_id}.
func (e *Emulator) getMigration(c *call) (int, *document.Object, error) {
	return withMigration(http.StatusOK)(e.catalog.Migration(c.variable("migration_id")))
}

// startMigration is POST /v1/migrations. [?] The status of its answer.
func (e *Emulator) startMigration(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.Migration)
	if err != nil {
		return 0, nil, err
	}
	return withMigration(http.StatusCreated)(e.catalog.StartMigration(body.Text("sourceBlueprint"), body.Object("mapping")))
}

// cancelMigration is POST /v1/migrations/{migration_id}/cancel.
func (e *Emulator) cancelMigration(c *call) (int, *document.Object, error) {
	body, err := c.optionalBody(shape.Cancellation)
	if err != nil {
		return 0, nil, err
	}
	return withMigration(http.StatusOK)(e.catalog.CancelMigration(c.variable("migration_id"), body.Text("reason")))
}

// withMigration wraps what the catalog returns into an answer.
func withMigration(status int) func(*document.Object, error) (int, *document.Object, error) {
	return func(migration *document.Object, err error) (int, *document.Object, error) {
		if err != nil {
			return 0, nil, err
		}
		return status, success().With("migration", migration), nil
	}
}
