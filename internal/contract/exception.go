package contract

import (
	"net/http"
	"net/url"
	"slices"
)

// exception is something that Port's answers have and the document lacks. One of
// keys, status and undocumented is set.
type exception struct {
	// operations are the names of those that it is about; none means every one.
	operations []string
	// keys are extra keys in the answers. The names on the way to a key are joined
	// by dots, and lists are looked into: "entities.createdAt".
	keys []string
	// status is an extra status. The answer must then have the form of the status
	// like, or, if that is 0, be a success of any content.
	status, like int
	// flag narrows the exception to requests that set this query parameter.
	flag string
	// undocumented is the name of an operation that the document does not have.
	undocumented string
	// elsewhere says that the document on runs has it, which may not be there.
	elsewhere bool
	// reason says why this is right all the same.
	reason string
}

// exceptions is the whole list. TestCoverage fails when nothing needs one of them.
func exceptions() []exception {
	const (
		blueprint = "/v1/blueprints/{blueprint_identifier}"
		entities  = blueprint + "/entities"
		entity    = entities + "/{entity_identifier}"
		action    = "/v1/actions/{action_identifier}"
		run       = "/v1/actions/runs/{run_id}"
	)
	answeringWithEntities := []string{
		"POST " + entities, "GET " + entity, "PUT " + entity, "PATCH " + entity,
		"GET " + entities, "POST " + entities + "/search", "POST /v1/entities/search",
	}
	list := []exception{
		{
			operations: answeringWithEntities,
			keys:       []string{"entity.blueprint", "entities.blueprint"},
			reason: "Port names the blueprint of every entity that it answers with: " +
				"without it, a search over all blueprints would not tell what it found.",
		},
		{
			operations: answeringWithEntities,
			keys: []string{
				"entity.createdAt", "entity.createdBy", "entity.updatedAt", "entity.updatedBy",
				"entities.createdAt", "entities.createdBy", "entities.updatedAt", "entities.updatedBy",
			},
			reason: "Port tells who made and who changed an entity, and when, as the document has it for blueprints; " +
				"searches compare with $createdAt and $updatedAt, and Terraform states hold all four.",
		},
		{
			operations: []string{"POST /v1/entities/search"},
			keys:       []string{"entities.relations"},
			flag:       "attach_title_to_relation",
			reason: "With this parameter, which the document has and does not explain, Port answers with an object of identifier and title for each related entity; " +
				"the document knows identifiers alone.",
		},
		{
			keys:   []string{"details"},
			reason: "An error may say what it is about, such as the property, and the document has no key for that.",
		},
		{
			operations: []string{"DELETE " + blueprint + "/all-entities"},
			keys:       []string{"migrationId"},
			reason:     "Port deletes in the background, and names the migration that its clients wait for.",
		},
		{
			status: http.StatusConflict, like: http.StatusNotFound,
			reason: "A taken identifier and things that others depend on are refused, for which the document has no status. " +
				"It is not known whether Port uses 409 or 422; the emulator has an option for that.",
		},
		{
			status: http.StatusTooManyRequests, like: http.StatusNotFound,
			reason: "Port documents its rate limit and this status for all of the API, and not with the operations.",
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
			reason:     "The document describes only the errors of this operation; others that create something answer with 201.",
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
			reason:     "The document describes only the errors of this operation; others that create something answer with 201.",
		},
		{
			undocumented: "GET /v1/blueprints/system/{identifier}/structure",
			reason:       "Port gives the structure of its own blueprints here, which a client needs in order to extend them.",
		},
	}
	for _, name := range []string{
		"GET " + action + "/permissions", "PATCH " + action + "/permissions", "POST " + action + "/runs",
		"PATCH " + run + "/approval", "GET " + run + "/approvers", "GET " + run + "/logs", "POST " + run + "/logs",
	} {
		list = append(list, exception{undocumented: name, elsewhere: true, reason: "A document of its own has it, which " + runsVariable + " names."})
	}
	for _, name := range []string{"GET /v1/users", "GET /v1/apps"} {
		list = append(list, exception{undocumented: name, reason: "Port's documentation has it: who the people of an organization are, and its applications."})
	}
	for _, name := range []string{"PATCH " + run + "/response", "POST /v1/actions/runs/claim-pending", "PATCH /v1/actions/runs/ack"} {
		list = append(list, exception{undocumented: name, reason: "Port's agent and its integrations use it."})
	}
	return list
}

func (e exception) appliesTo(o *operation, flags url.Values) bool {
	return (len(e.operations) == 0 || slices.Contains(e.operations, o.name)) && (e.flag == "" || flags.Get(e.flag) == "true")
}
