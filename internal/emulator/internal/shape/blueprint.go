package shape

import (
	"regexp"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/schema"
)

// blueprintBody is a blueprint; keys that nobody has named yet are kept.
func blueprintBody(required ...string) *schema.Schema {
	return object(required...).
		with("identifier", blueprintIdentifier()).
		with("title", nonEmpty(textUpTo(100))).
		with("description", textUpTo(200)).
		with("icon", text()).
		with("schema", object("properties").
			with("properties", keyed(key(), propertyBody())).
			with("required", list(text())).closed()).
		with("relations", keyed(key(), relationBody())).
		with("mirrorProperties", keyed(key(), mirrorBody())).
		with("calculationProperties", keyed(key(), calculationBody())).
		with("aggregationProperties", keyed(key(), aggregationBody())).
		with("changelogDestination", destinationBody()).
		with("ownership", ownershipBody()).
		open()
}

// propertyBody is a property: an open JSON Schema.
func propertyBody() *schema.Schema {
	return object("type").
		with("type", typeName()).
		with("title", textUpTo(100)).
		with("description", text()).
		with("icon", text()).
		with("format", formatName()).
		with("spec", specName()).
		with("specAuthentication", specAuthenticationBody()).
		with("enumColors", keyed(nil, color())).
		with("items", anyObject()).
		open()
}

func typeName() *schema.Schema { return oneOf("string", "number", "boolean", "object", "array") }

func formatName() *schema.Schema {
	return oneOf("date-time", "url", "email", "idn-email", "ipv4", "ipv6", "markdown", "yaml", "user", "blueprints",
		"team", "timer", "proto", "labeled-url")
}

func specName() *schema.Schema { return oneOf("open-api", "embedded-url", "async-api") }

func color() *schema.Schema {
	return oneOf("blue", "turquoise", "orange", "purple", "pink", "yellow", "green", "red", "gold", "silver",
		"paleBlue", "darkGray", "lightGray", "bronze", "lime", "olive", "brown")
}

func specAuthenticationBody() *schema.Schema {
	return object("clientId", "authorizationUrl", "tokenUrl").
		with("clientId", text()).
		with("authorizationUrl", formatted("url")).
		with("tokenUrl", formatted("url")).
		with("authorizationScope", or(list(text()), []any{"openid"})).
		closed()
}

func relationBody() *schema.Schema {
	return object("target", "required", "many").
		with("target", text()).
		with("required", or(flag(), false)).
		with("many", or(flag(), false)).
		with("title", textUpTo(100)).
		with("description", text()).
		with("type", text()).
		closed()
}

func mirrorBody() *schema.Schema {
	path := text()
	path.Pattern = regexp.MustCompile(`^(?:[A-Za-z0-9@_=\-$]+\.)+?(\w|\$|@|-)*?[^.]+$`)
	return object("path").with("path", path).with("title", textUpTo(100)).closed()
}

func calculationBody() *schema.Schema {
	return object("calculation", "type").
		with("calculation", text()).
		with("type", typeName()).
		with("title", textUpTo(100)).
		with("description", text()).
		with("icon", text()).
		with("format", calculationFormat()).
		with("dateFormat", oneOf("relative", "12-hour", "24-hour", "iso")).
		with("spec", specName()).
		with("specAuthentication", specAuthenticationBody()).
		with("colorized", flag()).
		with("colors", keyed(nil, color())).
		with("items", anyObject()).
		closed()
}

// calculationFormat is the list of formats that a calculation may have, which is
// shorter than that of a property.
func calculationFormat() *schema.Schema {
	return oneOf("date-time", "url", "email", "idn-email", "ipv4", "ipv6", "markdown", "yaml", "user", "team", "proto",
		"labeled-url")
}

func aggregationBody() *schema.Schema {
	return object("title", "target", "calculationSpec").
		with("title", textUpTo(100)).
		with("target", text()).
		with("description", text()).
		with("icon", text()).
		with("type", or(oneOf("number"), "number")).
		with("query", queryBody()).
		with("pathFilter", array(object("path").
			with("path", array(text(), 1, 1000)).
			with("fromBlueprint", text()).closed(), 0, 1)).
		with("calculationSpec", calculationSpecBody()).
		closed()
}

func calculationSpecBody() *schema.Schema {
	period := oneOf("hour", "day", "week", "month", "total")
	byEntities, byProperty := oneOf("entities"), oneOf("property")
	return by([]string{"calculationBy", "func"},
		object("func", "calculationBy").
			with("func", oneOf("count")).with("calculationBy", byEntities).closed(),
		object("func", "calculationBy", "averageOf").
			with("func", oneOf("average")).with("calculationBy", byEntities).with("averageOf", period).with("measureTimeBy", text()).closed(),
		object("func", "calculationBy", "property").
			with("func", oneOf("sum", "min", "max", "median")).with("calculationBy", byProperty).with("property", text()).closed(),
		object("func", "calculationBy", "property", "averageOf").
			with("func", oneOf("average")).with("calculationBy", byProperty).with("property", text()).
			with("averageOf", period).with("measureTimeBy", text()).closed(),
	)
}

func destinationBody() *schema.Schema {
	return by([]string{"type"},
		object("type", "url").with("type", oneOf("WEBHOOK")).with("url", formatted("uri")).with("agent", flag()).closed(),
		object("type").with("type", oneOf("KAFKA")).closed(),
	)
}

func ownershipBody() *schema.Schema {
	return by([]string{"type"},
		object("type", "path").with("type", oneOf("Inherited")).with("path", text()).with("title", textUpTo(100)).closed(),
		object("type").with("type", oneOf("Direct")).with("title", textUpTo(100)).closed(),
	)
}
