package export

import (
	"cmp"
	"context"
	"slices"
)

// anyKey is the step of a path that matches every key of a map.
const anyKey = "*"

// references are the attributes that refer to another object, by resource type: their path and the
// type of their target. The target of an entity's relation is determined by the blueprint's
// relation.
var references = map[string][]struct {
	path     []string
	typeName string
}{
	blueprintType: {
		{[]string{"relations", anyKey, "target"}, blueprintType},
	},
	entityType: {
		{[]string{"blueprint"}, blueprintType},
		{[]string{"relations", "single_relations", anyKey}, entityType},
		{[]string{"relations", "many_relations", anyKey, anyElement}, entityType},
	},
	actionType: {
		{[]string{"automation_trigger", anyKey, "blueprint_identifier"}, blueprintType},
		{[]string{"automation_trigger", anyKey, "action_identifier"}, actionType},
		{[]string{"self_service_trigger", "blueprint_identifier"}, blueprintType},
		{[]string{"upsert_entity_method", "blueprint_identifier"}, blueprintType},
	},
}

// target returns the object that a text at a path of another object refers to, or nil if the
// catalog does not contain it.
func (c *Catalog) target(from *object, path []string, text string) *object {
	for _, reference := range references[from.typeName] {
		if !matches(reference.path, path) {
			continue
		}
		parent := ""
		if reference.typeName == entityType {
			blueprint := c.find(blueprintType, "", from.parent)
			if blueprint == nil {
				return nil
			}
			parent = textOf(blueprint.state, "relations", path[2], "target")
		}
		if target := c.find(reference.typeName, parent, text); target != from {
			return target
		}
	}
	return nil
}

func matches(pattern, path []string) bool {
	return slices.EqualFunc(pattern, path, func(want, got string) bool { return want == anyKey || want == got })
}

// order ranks the objects, each after those that it refers to. In a cycle of references one object
// comes first and keeps the plain identifier.
func (c *Catalog) order(ctx context.Context) error {
	needs := map[*object][]*object{}
	for _, one := range c.objects {
		_, err := c.body(ctx, one, func(path []string, text string) string {
			if needed := c.target(one, path, text); needed != nil {
				needs[one] = append(needs[one], needed)
			}
			return ""
		})
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(c.objects, func(a, b *object) int {
		return cmp.Or(cmp.Compare(a.parent, b.parent), cmp.Compare(a.identifier, b.identifier))
	})
	visited, rank := map[*object]bool{}, 0
	var visit func(*object)
	visit = func(one *object) {
		if visited[one] {
			return
		}
		visited[one] = true
		for _, needed := range needs[one] {
			visit(needed)
		}
		rank++
		one.rank = rank
	}
	for _, one := range c.objects {
		visit(one)
	}
	return nil
}

// refer returns the reference to another object that replaces a text, or "".
func (c *Catalog) refer(from *object, path []string, text string) string {
	needed := c.target(from, path, text)
	if needed == nil || needed.rank > from.rank {
		return ""
	}
	return needed.address() + ".identifier"
}
