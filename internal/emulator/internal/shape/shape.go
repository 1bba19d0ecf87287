package shape

import (
	"math/big"
	"regexp"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/schema"
)

// Bodies has the schema of each request body. It is built once and never
// changed.
type Bodies struct {
	// Token is the body of POST /v1/auth/access_token.
	Token *schema.Schema
	// The bodies of POST /v1/blueprints, and of PUT and PATCH
	// /v1/blueprints/{identifier}.
	Blueprint, BlueprintReplacement, BlueprintUpdate *schema.Schema
	// The bodies of PATCH …/properties/…/rename, …/mirror/…/rename and
	// …/relations/…/rename.
	RenameProperty, RenameMirror, RenameRelation *schema.Schema
	// The bodies of POST …/entities, and of PUT and PATCH
	// …/entities/{entity_identifier}.
	Entity, EntityReplacement, EntityUpdate *schema.Schema
	// The bodies of POST …/entities/bulk and …/bulk/entities/delete.
	Bulk, BulkDeletion *schema.Schema
	// The bodies of POST /v1/entities/search and …/entities/search.
	Search, BlueprintSearch *schema.Schema
	// The bodies of POST /v1/migrations and …/cancel.
	Migration, Cancellation *schema.Schema
	// The bodies of PUT and PATCH /v1/organization.
	OrganizationReplacement, OrganizationUpdate *schema.Schema
	// Seed is a file that the emulator starts from; it is no part of Port's API.
	Seed *schema.Schema
}

// New builds the schemas.
func New() *Bodies {
	entity := entityBody()
	return &Bodies{
		Token: object("clientId", "clientSecret").with("clientId", text()).with("clientSecret", text()).closed(),

		Blueprint:            blueprintBody("identifier", "title", "schema"),
		BlueprintReplacement: blueprintBody("title", "schema"),
		BlueprintUpdate:      blueprintBody(),
		RenameProperty:       object("newPropertyName").with("newPropertyName", key()).closed(),
		RenameMirror:         object("newMirrorName").with("newMirrorName", key()).closed(),
		RenameRelation:       object("newRelationIdentifier").with("newRelationIdentifier", key()).closed(),

		Entity:            entity,
		EntityReplacement: entityReplacementBody(),
		EntityUpdate:      entityUpdateBody(),
		Bulk:              object("entities").with("entities", array(entity, 1, 20)).closed(),
		BulkDeletion:      object("entities").with("entities", array(text(), 1, 100)).closed(),

		Search:          queryBody(),
		BlueprintSearch: blueprintSearchBody(),

		Migration:               migrationBody(),
		Cancellation:            object().with("reason", text()).closed(),
		OrganizationReplacement: organizationBody("content"),
		OrganizationUpdate:      organizationUpdateBody(),

		Seed: object().
			with("blueprints", list(blueprintBody("identifier", "title", "schema"))).
			with("entities", list(entity)).
			with("actions", list(storedAction())).
			with("pages", list(anyObject())).
			with("organization", anyObject()).
			with("users", list(anyObject())).
			with("apps", list(anyObject())).
			closed(),
	}
}

// object begins the schema of an object with the given required keys.
func object(required ...string) *builder {
	return &builder{Schema: &schema.Schema{
		Types: []schema.Type{schema.Objects}, Required: required, Properties: map[string]*schema.Schema{},
	}}
}

// builder makes the schema of an object readable as one expression.
type builder struct{ *schema.Schema }

// with adds a key.
func (b *builder) with(name string, s *schema.Schema) *builder {
	b.Properties[name] = s
	return b
}

// closed ends an object that has no other keys.
func (b *builder) closed() *schema.Schema {
	b.Closed = true
	return b.Schema
}

// open ends an object that may have others, which are kept.
func (b *builder) open() *schema.Schema { return b.Schema }

// keyed is an object from free keys of the given form to values.
func keyed(names, values *schema.Schema) *schema.Schema {
	return &schema.Schema{Types: []schema.Type{schema.Objects}, PropertyNames: names, Additional: values}
}

func text() *schema.Schema { return &schema.Schema{Types: []schema.Type{schema.String}} }

func textOrNull() *schema.Schema {
	return &schema.Schema{Types: []schema.Type{schema.String, schema.Null}}
}

func textUpTo(length int) *schema.Schema {
	s := text()
	s.MaxLength = &length
	return s
}

func nonEmpty(s *schema.Schema) *schema.Schema {
	shortest := 1
	s.MinLength = &shortest
	return s
}

func formatted(format string) *schema.Schema {
	s := text()
	s.Format = format
	return s
}

func flag() *schema.Schema { return &schema.Schema{Types: []schema.Type{schema.Boolean}} }

// or gives a value that is left out a default.
func or(s *schema.Schema, fallback any) *schema.Schema {
	s.Default = fallback
	return s
}

func null() *schema.Schema { return &schema.Schema{Types: []schema.Type{schema.Null}} }

func anyObject() *schema.Schema { return &schema.Schema{Types: []schema.Type{schema.Objects}} }

func oneOf(values ...string) *schema.Schema {
	s := &schema.Schema{}
	for _, value := range values {
		s.Enum = append(s.Enum, value)
	}
	return s
}

func either(alternatives ...*schema.Schema) *schema.Schema {
	return &schema.Schema{AnyOf: alternatives}
}

// by tells the alternatives, all objects, apart by keys.
func by(keys []string, alternatives ...*schema.Schema) *schema.Schema {
	return &schema.Schema{Types: []schema.Type{schema.Objects}, AnyOf: alternatives, Discriminators: keys}
}

func list(items *schema.Schema) *schema.Schema {
	return &schema.Schema{Types: []schema.Type{schema.Array}, Items: items}
}

func array(items *schema.Schema, fewest, most int) *schema.Schema {
	s := list(items)
	s.MinItems, s.MaxItems = &fewest, &most
	return s
}

func numberBetween(least, greatest int64) *schema.Schema {
	return &schema.Schema{
		Types: []schema.Type{schema.Number}, Minimum: big.NewRat(least, 1), Maximum: big.NewRat(greatest, 1),
	}
}

// key is the identifier of a property or a relation.
func key() *schema.Schema {
	s := textUpTo(100)
	s.Pattern = regexp.MustCompile(`^[A-Za-z0-9@_=\\-]+$`)
	return s
}

// blueprintIdentifier is the identifier of a blueprint.
func blueprintIdentifier() *schema.Schema {
	s := textUpTo(100)
	s.Pattern = regexp.MustCompile(`^[\p{L}0-9@_.+:\\/-]+$`)
	return s
}

// entityIdentifier is the identifier of an entity.
func entityIdentifier() *schema.Schema {
	s := textUpTo(1000)
	s.Pattern = regexp.MustCompile(`^[\p{L}0-9@_.+:\\/='-]+$`)
	return s
}
