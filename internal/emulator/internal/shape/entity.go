package shape

import "github.com/port-changelog/terraform-provider-port/internal/emulator/internal/schema"

// entityBody is a new entity. Its identifier, its relations and its team may be
// queries. Keys beside the documented ones are accepted and without effect.
func entityBody() *schema.Schema {
	return object().
		with("identifier", either(entityIdentifier(), queryBody())).
		with("title", text()).
		with("icon", text()).
		with("team", either(text(), list(text()), queryBody())).
		with("properties", anyObject()).
		with("relations", relationsBody()).
		open()
}

func entityReplacementBody() *schema.Schema {
	return object().
		with("identifier", entityIdentifier()).
		with("title", text()).
		with("icon", text()).
		with("team", either(text(), list(text()), queryBody())).
		with("properties", anyObject()).
		with("relations", relationsBody()).
		open()
}

// entityUpdateBody is the only one that refuses other keys, and in which null
// unsets.
func entityUpdateBody() *schema.Schema {
	return object().
		with("identifier", entityIdentifier()).
		with("title", textOrNull()).
		with("icon", textOrNull()).
		with("team", either(textOrNull(), list(text()), queryBody())).
		with("properties", keyed(key(), nil)).
		with("relations", relationsBody()).
		closed()
}

// relationsBody holds the targets of relations, by relation.
func relationsBody() *schema.Schema {
	identifier := entityIdentifier()
	return keyed(nil, either(identifier, list(identifier), null(), queryBody()))
}

// queryBody is a query. Its rules are read, and refused, by the query itself.
func queryBody() *schema.Schema {
	return object("combinator", "rules").
		with("combinator", oneOf("and", "or")).
		with("rules", list(nil)).
		closed()
}

func blueprintSearchBody() *schema.Schema {
	return object().
		with("query", queryBody()).
		with("limit", numberBetween(1, 1000)).
		with("from", text()).
		with("include", list(text())).
		with("exclude", list(text())).
		closed()
}
