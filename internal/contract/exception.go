package contract

import (
	"net/http"
	"net/url"
	"slices"
)

// exception is something that Port's responses have and the document lacks. One of keys, status and
// undocumented is set.
type exception struct {
	// operations are the names of the operations that it applies to; empty means all.
	operations []string
	// keys are extra keys in the responses, as paths joined by dots that pass through lists:
	// "entities.createdAt".
	keys []string
	// status is an extra status. The response must have the form of the status like or, if that is
	// 0, be any successful response.
	status, like int
	// flag narrows the exception to requests that set this query parameter.
	flag string
	// undocumented is the name of an operation that the document does not have.
	undocumented string
	// elsewhere says that the document on runs has it, which may not be available.
	elsewhere bool
	// reason says why the exception is justified.
	reason string
}

// exceptions is the whole list. TestCoverage fails when one of them is unused.
func exceptions() []exception {
	const (
		blueprint = "/v1/blueprints/{blueprint_identifier}"
		entities  = blueprint + "/entities"
		entity    = entities + "/{entity_identifier}"
		action    = "/v1/actions/{action_identifier}"
		run       = "/v1/actions/runs/{run_id}"
	)
	returningEntities := []string{
		"POST " + entities, "GET " + entity, "PUT " + entity, "PATCH " + entity,
		"GET " + entities, "POST " + entities + "/search", "POST /v1/entities/search",
	}
	list := []exception{
		{
			operations: returningEntities,
			keys:       []string{"entity.blueprint", "entities.blueprint"},
			reason: "Port returns the blueprint of every entity: " +
				"without it, the results of a search over all blueprints would be ambiguous.",
		},
		{
			operations: returningEntities,
			keys: []string{
				"entity.createdAt", "entity.createdBy", "entity.updatedAt", "entity.updatedBy",
				"entities.createdAt", "entities.createdBy", "entities.updatedAt", "entities.updatedBy",
			},
			reason: "Port returns who created and who updated an entity, and when, as documented for blueprints; " +
				"searches compare with $createdAt and $updatedAt, and Terraform states contain all four.",
		},
		{
			operations: []string{"POST /v1/entities/search"},
			keys:       []string{"entities.relations"},
			flag:       "attach_title_to_relation",
			reason: "With this parameter, which is documented without an explanation, Port returns an object with identifier and title for each related entity; " +
				"the document has only identifiers.",
		},
		{
			keys:   []string{"details"},
			reason: "An error may name its subject, such as the property; the document has no key for that.",
		},
		{
			operations: []string{"DELETE " + blueprint + "/all-entities"},
			keys:       []string{"migrationId"},
			reason:     "Port deletes in the background and returns the migration to wait for.",
		},
		{
			status: http.StatusConflict, like: http.StatusNotFound,
			reason: "Port refuses a taken identifier and the deletion of objects that others depend on; the document has no status for that. " +
				"It is unknown whether Port uses 409 or 422; the emulator has an option.",
		},
		{
			status: http.StatusTooManyRequests, like: http.StatusNotFound,
			reason: "Port documents its rate limit and this status for the whole API, not for each operation.",
		},
		{
			operations: []string{
				"GET /v1/audit-log", "GET /v1/migrations", "GET /v1/migrations/{migration_id}",
				"POST /v1/migrations/{migration_id}/cancel", "GET /v1/organization", "GET /v1/pages/{identifier}",
			},
			status: http.StatusOK,
			reason: "The document describes only the errors of these operations.",
		},
		{
			operations: []string{"POST /v1/migrations"},
			status:     http.StatusCreated,
			reason:     "The document describes only the errors of this operation; other create operations return 201.",
		},
		{
			operations: []string{
				"GET /v1/actions", "GET " + action, "PUT " + action, "DELETE " + action, "GET " + action + "/permissions", "PATCH " + action + "/permissions",
			},
			status: http.StatusOK,
			reason: "The documents describe only the errors of these operations.",
		},
		{
			operations: []string{"POST /v1/actions"},
			status:     http.StatusCreated,
			reason:     "The document describes only the errors of this operation; other create operations return 201.",
		},
		{
			undocumented: "GET /v1/blueprints/system/{identifier}/structure",
			reason:       "Port returns the structure of its own blueprints here, which a client needs to extend them.",
		},
	}
	for _, name := range []string{
		"GET " + action + "/permissions", "PATCH " + action + "/permissions", "POST " + action + "/runs",
		"PATCH " + run + "/approval", "GET " + run + "/approvers", "GET " + run + "/logs", "POST " + run + "/logs",
	} {
		list = append(list, exception{undocumented: name, elsewhere: true, reason: "It is in a separate document, which " + runsVariable + " names."})
	}
	for _, name := range []string{"GET /v1/users", "GET /v1/apps"} {
		list = append(list, exception{undocumented: name, reason: "Port's documentation has it: the users of an organization and its applications."})
	}
	for _, name := range []string{"PATCH " + run + "/response", "POST /v1/actions/runs/claim-pending", "PATCH /v1/actions/runs/ack"} {
		list = append(list, exception{undocumented: name, reason: "Port's agent and its integrations use it."})
	}
	return list
}

func (e exception) appliesTo(o *operation, flags url.Values) bool {
	return (len(e.operations) == 0 || slices.Contains(e.operations, o.name)) && (e.flag == "" || flags.Get(e.flag) == "true")
}
