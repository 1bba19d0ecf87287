package shape

import (
	"embed"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/schema"
)

//go:embed *.json
var files embed.FS

// Name is the address of a schema: a file, and a definition in it.
type Name string

// The request bodies.
const (
	// Authentication is the body of POST /v1/auth/access_token.
	Authentication Name = "authentication.json#/definitions/authentication"

	// The bodies of POST /v1/blueprints, and of PUT and PATCH /v1/blueprints/{identifier}.
	Blueprint            Name = "blueprint.json#/definitions/blueprint"
	BlueprintReplacement Name = "blueprint.json#/definitions/replacement"
	BlueprintUpdate      Name = "blueprint.json#/definitions/update"
	// The bodies of PATCH …/properties/…/rename, …/mirror/…/rename and …/relations/…/rename.
	RenameProperty Name = "blueprint.json#/definitions/renameProperty"
	RenameMirror   Name = "blueprint.json#/definitions/renameMirror"
	RenameRelation Name = "blueprint.json#/definitions/renameRelation"
	// The bodies of POST /v1/migrations and …/cancel.
	Migration    Name = "blueprint.json#/definitions/migration"
	Cancellation Name = "blueprint.json#/definitions/cancellation"

	// The bodies of POST …/entities, and of PUT and PATCH …/entities/{entity_identifier}.
	Entity            Name = "entity.json#/definitions/entity"
	EntityReplacement Name = "entity.json#/definitions/replacement"
	EntityUpdate      Name = "entity.json#/definitions/update"
	// The bodies of POST …/entities/bulk and …/bulk/entities/delete.
	Bulk         Name = "entity.json#/definitions/bulk"
	BulkDeletion Name = "entity.json#/definitions/bulkDeletion"
	// The bodies of POST /v1/entities/search and …/entities/search.
	Search          Name = "entity.json#/definitions/query"
	BlueprintSearch Name = "entity.json#/definitions/blueprintSearch"

	// Action is the body of POST /v1/actions and of PUT /v1/actions/{action_identifier}.
	Action Name = "action.json#/definitions/action"
	// Permissions is the body of PATCH …/permissions.
	Permissions Name = "action.json#/definitions/permissions"

	// Run is the body of POST …/runs.
	Run Name = "run.json#/definitions/run"
	// The bodies of PATCH /v1/actions/runs/{run_id}, …/approval and …/response, and of POST …/logs.
	RunUpdate   Name = "run.json#/definitions/update"
	Approval    Name = "run.json#/definitions/approval"
	RunResponse Name = "run.json#/definitions/response"
	RunLog      Name = "run.json#/definitions/log"
	// The bodies of POST /v1/actions/runs/claim-pending and PATCH …/ack.
	Claim           Name = "run.json#/definitions/claim"
	Acknowledgement Name = "run.json#/definitions/acknowledgement"

	// The bodies of PUT and PATCH /v1/organization.
	OrganizationReplacement Name = "organization.json#/definitions/replacement"
	OrganizationUpdate      Name = "organization.json#/definitions/update"

	// Fault is the body of POST /_emulator/faults.
	Fault Name = "control.json#/definitions/fault"
	// Seed is a seed file of the emulator; it is not part of Port's API.
	Seed Name = "seed.json#/definitions/seed"
)

// all has the names of all schemas.
var all = []Name{
	Authentication, Blueprint, BlueprintReplacement, BlueprintUpdate, RenameProperty, RenameMirror, RenameRelation, Migration, Cancellation,
	Entity, EntityReplacement, EntityUpdate, Bulk, BulkDeletion, Search, BlueprintSearch, Action, Permissions, Run, RunUpdate, Approval,
	RunResponse, RunLog, Claim, Acknowledgement, OrganizationReplacement, OrganizationUpdate, Fault, Seed,
}

// Schema returns the schema of a name. It is immutable.
func (n Name) Schema() *schema.Schema { return compiled()[n] }

// compiled has all schemas. It panics if a file is invalid: the files are part of the program, and
// every test of the emulator reads them.
var compiled = sync.OnceValue(func() map[Name]*schema.Schema {
	schemas, err := schema.CompileFiles(files, all...)
	if err != nil {
		panic(err)
	}
	return schemas
})
