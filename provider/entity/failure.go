package entity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
)

// failure describes an operation on an entity that failed, on the attribute that caused it if
// known. desired is the entity to write, or nil.
func failure(ctx context.Context, verb string, at address, desired *model, err error) diag.Diagnostic {
	cause := cause{verb: verb, entity: desired, err: err}
	described := diagnose.New(ctx, verb, "Entity", "", err)
	described.Parent, described.Advice, described.Path = fmt.Sprintf("blueprint %q", at.Blueprint), cause.advice(at), cause.path()
	if at.Identifier != "" {
		described.Identifier = at.String()
	}
	return described.Diagnostic()
}

// cause is the reason why an operation failed.
type cause struct {
	verb string
	// entity is the entity to write, or nil.
	entity *model
	err    error
}

// advice says what to do next. It returns "" if no advice is specific to entities.
func (c cause) advice(at address) string {
	isCreate := c.verb == "Create"
	switch {
	case errors.Is(c.err, port.ErrExists) && isCreate:
		return fmt.Sprintf("The entity already exists. To manage it with Terraform, import it: terraform import port_entity.<name> %q\n"+
			"Or set on_existing = \"adopt\" to take it over without an import.", at)
	case errors.Is(c.err, errOtherBlueprint):
		return "Nothing was written. Run terraform plan again, now that the blueprint is known. If the same run creates or renames the blueprint, " +
			"refer to its resource (blueprint = port_blueprint.<name>.identifier), so that Terraform does that first."
	case errors.Is(c.err, port.ErrExists):
		return "The new identifier is taken. Choose another one, or delete or import the entity that has it."
	case errors.Is(c.err, port.ErrNotFound) && isCreate:
		return "The blueprint does not exist. Refer to its resource (blueprint = port_blueprint.<name>.identifier), so that Terraform creates it first."
	case errors.Is(c.err, port.ErrNotFound):
		return "The entity was deleted after Terraform read it. Run terraform plan again: it will create the entity."
	case errors.Is(c.err, port.ErrHasDependents):
		return "Other entities are related to this one. If this configuration changes these relations to another target, that must happen first: apply the related entities with -target, " +
			"or set lifecycle { create_before_destroy = true } on this resource and apply that before you destroy it. Otherwise remove the relations first. " +
			"To delete the related entities as well, set delete_dependents = true and apply that first."
	case c.relatesToID():
		return "A relation takes the identifier of an entity, but the id of a resource also contains the blueprint. Use port_entity.<name>.identifier, not .id."
	case c.isAboutRelation():
		return "If this configuration creates the related entity, refer to its resource (port_entity.<name>.identifier), so that it is created first. " +
			"If a port_blueprint_relation declares the relation, set blueprint = port_blueprint_relation.<name>.blueprint, so that the relation is created first."
	case errors.Is(c.err, port.ErrInvalid) && c.verb == "Delete":
		return "The declared values cannot be unset. To keep the entity as it is and remove it from the state, use a removed block with lifecycle { destroy = false }."
	case errors.Is(c.err, port.ErrOutcomeUnknown) && isCreate:
		return "It is not known whether Port created the entity. Check in Port before you apply again. If the entity exists, delete it or import it."
	default:
		return ""
	}
}

// path returns the attribute that Port's error is about, or the empty path. Port names it as a JSON
// pointer into the request body, such as body/properties/cpuUtil.
func (c cause) path() path.Path {
	switch {
	case c.entity == nil:
	case errors.Is(c.err, errOtherBlueprint):
		return path.Root("blueprint")
	case errors.Is(c.err, port.ErrExists):
		return path.Root("identifier")
	case errors.Is(c.err, port.ErrNotFound) && c.verb == "Create":
		return path.Root("blueprint")
	case errors.Is(c.err, port.ErrInvalid):
		if key, isNamed := c.named("properties", listedIn(c.entity)); isNamed {
			return c.entity.propertyPath(key)
		}
		if key, isNamed := c.named("relations", c.entity.Relations.toAPI()); isNamed {
			return c.entity.relationPath(key)
		}
	}
	return path.Empty()
}

// named returns the key in the member of the request body that Port's error is about.
func (c cause) named(member string, values map[string]any) (key string, isNamed bool) {
	var refusal *port.Error
	if !errors.As(c.err, &refusal) {
		return "", false
	}
	keys := sortedKeys(values)
	at := slices.IndexFunc(keys, func(key string) bool { return mentions(refusal.Message, member+"/"+key) })
	if at < 0 {
		return "", false
	}
	return keys[at], true
}

// relatesToID reports whether Port's error is about a relation whose target looks like a resource
// ID.
func (c cause) relatesToID() bool {
	if c.entity == nil {
		return false
	}
	relations := c.entity.Relations.toAPI()
	key, isNamed := c.named("relations", relations)
	return isNamed && slices.ContainsFunc(targets(relations[key]), func(target string) bool { return strings.Contains(target, ":") })
}

// isAboutRelation reports whether Port's error is about a relation.
func (c cause) isAboutRelation() bool {
	if c.entity == nil || c.verb == "Delete" || !errors.Is(c.err, port.ErrInvalid) {
		return false
	}
	_, isNamed := c.named("relations", c.entity.Relations.toAPI())
	return isNamed
}

// mentions reports whether a text contains a JSON pointer that ends there or continues with a
// member.
func mentions(text, pointer string) bool {
	_, rest, isThere := strings.Cut(text, "/"+pointer)
	return isThere && (rest == "" || strings.ContainsAny(rest[:1], " /'\":,.;)"))
}

// relationPath returns the path of the attribute that sets a relation.
func (m *model) relationPath(key string) path.Path {
	if has(m.Relations.Single, key) {
		return path.Root("relations").AtName("single_relations").AtMapKey(key)
	}
	return path.Root("relations").AtName("many_relations").AtMapKey(key)
}

func jsonText(value any) string {
	text, err := jsonvalue.Encode(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
