package port_test

import (
	"context"
	"encoding/json"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

func otherOperations() map[string]testOperation {
	moment := time.Date(2026, 1, 2, 4, 4, 5, 678e6, time.FixedZone("", 3600))
	return map[string]testOperation{
		"get migration": {
			response: `{"ok":true,"migration":{"id":"m","status":"RUNNING","x":1}}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				migration, err := c.Migrations.Get(ctx, "m")
				if err != nil {
					return nil, err
				}
				return migration.Status, nil
			},
			sent: "GET /v1/migrations/m",
			want: port.MigrationRunning,
		},
		"list migrations": {
			response: `{"ok":true,"migrations":[{"id":"m","status":"RUNNING"}]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return c.Migrations.List(ctx, port.ListMigrationsOptions{
					Status: []port.MigrationStatus{port.MigrationRunning, port.MigrationPending}, Actor: "a", Blueprint: "b",
				})
			},
			sent: "GET /v1/migrations?actor=a&blueprint=b&status=RUNNING&status=PENDING",
			want: []port.Migration{{ID: "m", Status: port.MigrationRunning}},
		},
		"create migration": {
			response: `{"ok":true,"migration":{"id":"m","status":"PENDING"}}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				migration, err := c.Migrations.Create(ctx, &port.CreateMigration{
					SourceBlueprint: "a",
					Mapping:         port.MigrationMapping{Blueprint: "b", Entity: port.MigrationEntity{Properties: map[string]string{"p": ".q"}}},
				})
				if err != nil {
					return nil, err
				}
				return migration.ID, nil
			},
			sent: "POST /v1/migrations",
			body: `{"sourceBlueprint":"a","mapping":{"blueprint":"b","entity":{"properties":{"p":".q"}}}}`,
			want: "m",
		},
		"get organization": {
			response: `{"ok":true,"organization":{"id":"o","name":"N","settings":{"a":1},"x":2}}`,
			call:     func(ctx context.Context, c *port.Client) (any, error) { return c.Organization.Get(ctx) },
			sent:     "GET /v1/organization",
			want: &port.Organization{
				ID: "o", Name: "N", Settings: json.RawMessage(`{"a":1}`), Extra: map[string]json.RawMessage{"x": json.RawMessage("2")},
			},
		},
		"get bare organization": {
			response: `{"ok":true,"id":"o","name":"N"}`,
			call:     func(ctx context.Context, c *port.Client) (any, error) { return c.Organization.Get(ctx) },
			sent:     "GET /v1/organization",
			want:     &port.Organization{ID: "o", Name: "N"},
		},
		"update organization": {
			response: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Organization.Update(ctx, port.OrganizationUpdate{Name: "N", Settings: json.RawMessage(`{}`)})
			},
			sent: "PUT /v1/organization",
			body: `{"name":"N","settings":{}}`,
		},
		"patch organization": {
			response: plainOK,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return nil, c.Organization.Patch(ctx, port.OrganizationUpdate{Name: "N"})
			},
			sent: "PATCH /v1/organization",
			body: `{"name":"N"}`,
		},
		"users": {
			response: `{"ok":true,"users":[{"id":"auth0|1","email":"ada@example.com","firstName":"Ada","lastName":null,"status":"ACTIVE"},{}]}`,
			call:     func(ctx context.Context, c *port.Client) (any, error) { return c.Users.List(ctx) },
			sent:     "GET /v1/users",
			want:     []port.User{{ID: "auth0|1", Email: "ada@example.com", FirstName: "Ada"}, {}},
		},
		"applications in a bare list": {
			response: `[{"id":"h2Mf","name":"Monitor"}]`,
			call:     func(ctx context.Context, c *port.Client) (any, error) { return c.Users.Apps(ctx) },
			sent:     "GET /v1/apps",
			want:     []port.App{{ID: "h2Mf", Name: "Monitor"}},
		},
		"audit log": {
			response: `{"ok":true,"audits":[{"identifier":"event_1","action":"UPDATE","diff":{"before":1.10}}]}`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return drain(c.AuditLog.List(ctx, port.AuditLogOptions{
					From: moment, To: moment.Add(time.Hour), Identifier: "i", Blueprint: "b", Entity: "e", RunID: "r",
					Resources: []string{"entity", "run"}, Action: "UPDATE", Status: "SUCCESS", Origin: []string{"UI"},
					IncludeDeletedEntities: true, Limit: 5,
				}))
			},
			sent: "GET /v1/audit-log?action=UPDATE&blueprint=b&entity=e&from=2026-01-02T03%3A04%3A05.678Z&identifier=i" +
				"&include_deleted_entities=true&limit=5&origin=UI&resources=entity&resources=run&run_id=r&status=SUCCESS" +
				"&to=2026-01-02T04%3A04%3A05.678Z",
			want: []*port.AuditEvent{{Identifier: "event_1", Action: "UPDATE", Diff: json.RawMessage(`{"before":1.10}`)}},
		},
		"bare audit log": {
			response: `[{"identifier":"event_1","x":1}]`,
			call: func(ctx context.Context, c *port.Client) (any, error) {
				return drain(c.AuditLog.List(ctx, port.AuditLogOptions{}))
			},
			sent: "GET /v1/audit-log",
			want: []*port.AuditEvent{{Identifier: "event_1", Extra: map[string]json.RawMessage{"x": json.RawMessage("1")}}},
		},
	}
}
