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

// failure describes an operation on an entity that failed, on the attribute that
// caused it where that is known. written is what was to be written, or nil.
func failure(ctx context.Context, verb string, at address, written *model, err error) diag.Diagnostic {
	cause := cause{verb: verb, entity: written, err: err}
	described := diagnose.New(ctx, verb, "Entity", "", err)
	described.Parent, described.Advice, described.Path = fmt.Sprintf("blueprint %q", at.Blueprint), cause.advice(at), cause.path()
	if at.Identifier != "" {
		described.Identifier = at.String()
	}
	return described.Diagnostic()
}

// cause is why an operation failed.
type cause struct {
	verb string
	// entity is what was to be written, or nil.
	entity *model
	err    error
}

// advice says what to do next, or "" where there is nothing to say of entities alone.
func (c cause) advice(at address) string {
	isCreate := c.verb == "Create"
	switch {
	case errors.Is(c.err, port.ErrExists) && isCreate:
		return fmt.Sprintf("The entity exists already. To manage it with Terraform, import it: terraform import port_entity.<name> %q\n"+
			"Or set on_existing = \"adopt\" to have Terraform take it over without an import.", at)
	case errors.Is(c.err, errOtherBlueprint):
		return "Nothing was written. Plan again: Terraform then knows which blueprint it is. If the same run creates or renames the blueprint, " +
			"refer to its resource (blueprint = port_blueprint.<name>.identifier), so that Terraform does that first."
	case errors.Is(c.err, port.ErrExists):
		return "The new identifier is taken. Choose another one, or delete or import the entity that has it."
	case errors.Is(c.err, port.ErrNotFound) && isCreate:
		return "The blueprint does not exist. Refer to its resource (blueprint = port_blueprint.<name>.identifier), so that Terraform creates it first."
	case errors.Is(c.err, port.ErrNotFound):
		return "The entity has gone since Terraform read it. Plan again: Terraform will create it again."
	case errors.Is(c.err, port.ErrHasDependents):
		return "Other entities are related to this one. If this configuration moves such a relation to another target, that has to happen first: apply the related entities with -target, " +
			"or set lifecycle { create_before_destroy = true } on this resource and apply that before its end. Otherwise remove those relations first. " +
			"delete_dependents = true deletes the related entities as well."
	case c.relatesToID():
		return "A relation takes the identifier of an entity. The id of a resource is the blueprint and the identifier: to relate to a resource, write port_entity.<name>.identifier, not .id."
	case c.isAboutRelation():
		return "If a port_blueprint_relation of this configuration declares the relation, take the blueprint from that resource, so that the relation is created first: " +
			"blueprint = port_blueprint_relation.<name>.blueprint."
	case errors.Is(c.err, port.ErrInvalid) && c.verb == "Delete":
		return "What is declared cannot be unset. To keep the entity as it is and have Terraform forget it, use a removed block with destroy = false."
	case errors.Is(c.err, port.ErrOutcomeUnknown) && isCreate:
		return "Whether Port created it is not known. Look for the entity in Port before you apply again. If it is there, delete it or import it."
	default:
		return ""
	}
}

// path finds the attribute that Port complains about; the zero value is none. Port
// names it as a JSON pointer into the body, such as body/properties/cpuUtil.
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

// named is the key of a member of the body that Port complains about.
func (c cause) named(member string, values map[string]any) (key string, isNamed bool) {
	var answer *port.Error
	if !errors.As(c.err, &answer) {
		return "", false
	}
	keys := sortedKeys(values)
	at := slices.IndexFunc(keys, func(key string) bool { return mentions(answer.Message, member+"/"+key) })
	if at < 0 {
		return "", false
	}
	return keys[at], true
}

// relatesToID reports whether Port complains about a relation to what looks like
// the id of a resource.
func (c cause) relatesToID() bool {
	if c.entity == nil {
		return false
	}
	relations := c.entity.Relations.toAPI()
	key, isNamed := c.named("relations", relations)
	return isNamed && slices.ContainsFunc(targets(relations[key]), func(target string) bool { return strings.Contains(target, ":") })
}

// isAboutRelation reports whether Port complains about a relation.
func (c cause) isAboutRelation() bool {
	if c.entity == nil || c.verb == "Delete" || !errors.Is(c.err, port.ErrInvalid) {
		return false
	}
	_, isNamed := c.named("relations", c.entity.Relations.toAPI())
	return isNamed
}

// mentions reports whether a text holds a pointer that ends there or goes on to
// a member.
func mentions(text, pointer string) bool {
	_, rest, isThere := strings.Cut(text, "/"+pointer)
	return isThere && (rest == "" || strings.ContainsAny(rest[:1], " /'\":,.;)"))
}

// relationPath is where a relation is configured.
func (m *model) relationPath(key string) path.Path {
	if has(m.Relations.Single, key) {
		return path.Root("relations").AtName("single_relations").AtMapKey(key)
	}
	return path.Root("relations").AtName("many_relations").AtMapKey(key)
}

func shown(value any) string {
	text, err := jsonvalue.Encode(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
