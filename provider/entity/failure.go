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

// failure is an operation on an entity that failed.
type failure struct {
	verb string
	at   address
	// entity is what was to be written, or nil.
	entity *model
	err    error
}

// diagnostic renders the failure, on the attribute that caused it where that is
// known.
func (f failure) diagnostic() diag.Diagnostic {
	described := diagnose.Failure{Verb: f.verb, Kind: "Entity", Parent: fmt.Sprintf("blueprint %q", f.at.Blueprint), Err: f.err, Advice: f.advice()}
	if f.at.Identifier != "" {
		described.Identifier = f.at.String()
	}
	rendered := described.Diagnostic()
	if at, located := f.path(); located {
		return diag.WithPath(at, rendered)
	}
	return rendered
}

func (f failure) advice() string {
	switch {
	case errors.Is(f.err, port.ErrExists) && f.verb == "Create":
		return fmt.Sprintf("The entity exists already. To manage it with Terraform, import it: terraform import port_entity.<name> %q\n"+
			"Or set on_existing = \"adopt\" to have Terraform take it over without an import.", f.at)
	case errors.Is(f.err, errOtherBlueprint):
		return "Nothing was written. Plan again: Terraform then knows which blueprint it is. If the same run creates or renames the blueprint, " +
			"refer to its resource (blueprint = port_blueprint.<name>.identifier), so that Terraform does that first."
	case errors.Is(f.err, port.ErrExists):
		return "The new identifier is taken. Choose another one, or delete or import the entity that has it."
	case errors.Is(f.err, port.ErrNotFound) && f.verb == "Create":
		return "The blueprint does not exist. Refer to its resource (blueprint = port_blueprint.<name>.identifier), so that Terraform creates it first."
	case errors.Is(f.err, port.ErrNotFound):
		return "The entity has gone since Terraform read it. Plan again: Terraform will create it again."
	case errors.Is(f.err, port.ErrHasDependents):
		return "Other entities are related to this one. If this configuration moves such a relation to another target, that has to happen first: apply the related entities with -target, " +
			"or set lifecycle { create_before_destroy = true } on this resource and apply that before its end. Otherwise remove those relations first. " +
			"delete_dependents = true deletes the related entities as well."
	case f.relatesToID():
		return "A relation takes the identifier of an entity. The id of a resource is the blueprint and the identifier: to relate to a resource, write port_entity.<name>.identifier, not .id."
	case f.isAboutRelation():
		return "If a port_blueprint_relation of this configuration declares the relation, take the blueprint from that resource, so that the relation is created first: " +
			"blueprint = port_blueprint_relation.<name>.blueprint."
	case errors.Is(f.err, port.ErrInvalid) && f.verb == "Delete":
		return "What is declared cannot be unset. To keep the entity as it is and have Terraform forget it, use a removed block with destroy = false."
	case errors.Is(f.err, port.ErrOutcomeUnknown) && f.verb != "Create":
		return ""
	case errors.Is(f.err, port.ErrOutcomeUnknown):
		return "Whether Port created it is not known. Look for the entity in Port before you apply again. If it is there, delete it or import it."
	case errors.Is(f.err, context.DeadlineExceeded):
		return fmt.Sprintf("The time limit passed. Raise timeouts.%s of the resource, or look at what holds Port up.", strings.ToLower(f.verb))
	default:
		return ""
	}
}

// path finds the attribute that Port complains about. Port names it as a JSON
// pointer into the body, such as body/properties/cpuUtil.
func (f failure) path() (path.Path, bool) {
	var answer *port.Error
	switch {
	case f.entity == nil:
		return path.Empty(), false
	case errors.Is(f.err, errOtherBlueprint):
		return path.Root("blueprint"), true
	case errors.Is(f.err, port.ErrExists):
		return path.Root("identifier"), true
	case errors.Is(f.err, port.ErrNotFound) && f.verb == "Create":
		return path.Root("blueprint"), true
	case !errors.As(f.err, &answer) || !errors.Is(f.err, port.ErrInvalid):
		return path.Empty(), false
	}
	for _, key := range sortedKeys(listedIn(f.entity)) {
		if mentions(answer.Message, "properties/"+key) {
			return f.entity.propertyPath(key), true
		}
	}
	for _, key := range sortedKeys(f.entity.Relations.toAPI()) {
		if mentions(answer.Message, "relations/"+key) {
			return f.entity.relationPath(key), true
		}
	}
	return path.Empty(), false
}

// relatesToID reports whether Port complains about a relation to what looks like
// the id of a resource.
func (f failure) relatesToID() bool {
	var answer *port.Error
	if f.entity == nil || !errors.As(f.err, &answer) {
		return false
	}
	relations := f.entity.Relations.toAPI()
	return slices.ContainsFunc(sortedKeys(relations), func(key string) bool {
		return mentions(answer.Message, "relations/"+key) &&
			slices.ContainsFunc(targets(relations[key]), func(target string) bool { return strings.Contains(target, ":") })
	})
}

// isAboutRelation reports whether Port complains about a relation.
func (f failure) isAboutRelation() bool {
	var answer *port.Error
	return f.entity != nil && f.verb != "Delete" && errors.Is(f.err, port.ErrInvalid) && errors.As(f.err, &answer) &&
		slices.ContainsFunc(sortedKeys(f.entity.Relations.toAPI()), func(key string) bool { return mentions(answer.Message, "relations/"+key) })
}

// mentions reports whether a text holds a pointer that ends there or goes on to
// a member.
func mentions(text, pointer string) bool {
	_, rest, found := strings.Cut(text, "/"+pointer)
	return found && (rest == "" || strings.ContainsAny(rest[:1], " /'\":,.;)"))
}

// propertyPath is where the value of a property is configured.
func (m *model) propertyPath(key string) path.Path {
	typed := path.Root("properties")
	switch p := m.Properties; {
	case p == nil:
	case has(p.String, key):
		return typed.AtName("string_props").AtMapKey(key)
	case has(p.Number, key):
		return typed.AtName("number_props").AtMapKey(key)
	case has(p.Boolean, key):
		return typed.AtName("boolean_props").AtMapKey(key)
	case has(p.Object, key):
		return typed.AtName("object_props").AtMapKey(key)
	case p.Array == nil:
	case has(p.Array.String, key):
		return typed.AtName("array_props").AtName("string_items").AtMapKey(key)
	case has(p.Array.Number, key):
		return typed.AtName("array_props").AtName("number_items").AtMapKey(key)
	case has(p.Array.Boolean, key):
		return typed.AtName("array_props").AtName("boolean_items").AtMapKey(key)
	case has(p.Array.Object, key):
		return typed.AtName("array_props").AtName("object_items").AtMapKey(key)
	}
	return path.Root("properties_json")
}

// relationPath is where a relation is configured.
func (m *model) relationPath(key string) path.Path {
	if has(m.Relations.Single, key) {
		return path.Root("relations").AtName("single_relations").AtMapKey(key)
	}
	return path.Root("relations").AtName("many_relations").AtMapKey(key)
}

func has[T any](values map[string]T, key string) bool {
	_, listed := values[key]
	return listed
}

func shown(value any) string {
	text, err := jsonvalue.Encode(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
