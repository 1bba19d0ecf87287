package emulator

import (
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// migrations has the operations on migrations.
type migrations struct{ catalog *catalog.Catalog }

func (m *migrations) routes() []route {
	return []route{
		{method: http.MethodGet, template: "/v1/migrations", handle: m.listMigrations},
		{method: http.MethodPost, template: "/v1/migrations", handle: m.startMigration},
		{method: http.MethodGet, template: "/v1/migrations/{migration_id}", handle: m.getMigration},
		{method: http.MethodPost, template: "/v1/migrations/{migration_id}/cancel", handle: m.cancelMigration},
	}
}

// listMigrations is GET /v1/migrations.
func (m *migrations) listMigrations(c *call) (int, *document.Object, error) {
	if err := c.among("status",
		"COMPLETED", "RUNNING", "PENDING", "INITIALIZING", "FAILURE", "CANCELLED", "PENDING_CANCELLATION"); err != nil {
		return 0, nil, err
	}
	migrations := m.catalog.Migrations(catalog.MigrationFilter{
		Statuses: c.list("status"), Actor: c.query.Get("actor"), Blueprint: c.query.Get("blueprint"),
	})
	return http.StatusOK, success().With("migrations", migrations), nil
}

// getMigration is GET /v1/migrations/{migration_id}.
func (m *migrations) getMigration(c *call) (int, *document.Object, error) {
	return withMigration(http.StatusOK)(m.catalog.Migration(c.variable("migration_id")))
}

// startMigration is POST /v1/migrations. [?migrations] The status of the response is assumed.
func (m *migrations) startMigration(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.Migration)
	if err != nil {
		return 0, nil, err
	}
	return withMigration(http.StatusCreated)(m.catalog.StartMigration(body.Text("sourceBlueprint"), body.Object("mapping")))
}

// cancelMigration is POST /v1/migrations/{migration_id}/cancel.
func (m *migrations) cancelMigration(c *call) (int, *document.Object, error) {
	body, err := c.optionalBody(shape.Cancellation)
	if err != nil {
		return 0, nil, err
	}
	return withMigration(http.StatusOK)(m.catalog.CancelMigration(c.variable("migration_id"), body.Text("reason")))
}

// withMigration turns the result of the catalog into a response.
func withMigration(status int) func(*document.Object, error) (int, *document.Object, error) {
	return func(migration *document.Object, err error) (int, *document.Object, error) {
		if err != nil {
			return 0, nil, err
		}
		return status, success().With("migration", migration), nil
	}
}
