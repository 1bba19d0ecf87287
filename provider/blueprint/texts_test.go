package blueprint_test

import (
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestTexts compares the texts of errors and warnings with the reviewed ones.
func TestTexts(t *testing.T) {
	t.Parallel()
	texts := map[string][]string{}
	for name, test := range invalidConfigs() {
		texts["refused: "+name] = acctest.Validate(t, "port_blueprint", test.config)
	}
	for name, test := range losses() {
		_, session := newWithEntity(t, test.before, nil)
		texts["loss: "+name] = session.Plan(test.after)
	}
	for name, says := range map[string]func(*testing.T) []string{
		"another type":              changedType,
		"another type, unprotected": changedTypeUnprotected,
		"another format":            changedFormat,
		"a rounded number":          roundedNumber,
		"a destination dropped":     droppedDestination,
		"it exists":                 createExisting,
		"it has entities":           destroyOccupied,
		"a system blueprint":        destroySystem,
		"it is protected":           destroyProtected,
		"keys of extra_json":        conflictingExtra,
		"declared twice":            declaredTwice,
		"relations no longer set":   releasedRelations,
		"relations handed over":     handedOver,
		"a recreated relation":      recreatedRelation,
		"a path filter dropped":     droppedFilter,
		"aggregations exist":        existingAggregations,
		"aggregations inline":       inlineAggregations,
	} {
		texts["failure: "+name] = says(t)
	}
	acctest.Golden(t, "texts", texts)
}

func changedType(t *testing.T) []string {
	t.Helper()
	_, session := newWithEntity(t, properties(`"string_props": {"x": {}}`), nil)
	return session.Plan(properties(`"number_props": {"x": {}}`))
}

func changedTypeUnprotected(t *testing.T) []string {
	t.Helper()
	session := acctest.NewEmulated(t).NewConfiguredSession(t, "port_blueprint", `{"blueprint_property_type_change_protection": false}`)
	session.Apply(properties(`"string_props": {"x": {}, "y": {}}`))
	return session.Plan(properties(`"number_props": {"x": {}}, "string_props": {"y": {"format": "email"}}`))
}

func changedFormat(t *testing.T) []string {
	t.Helper()
	_, session := newWithEntity(t, properties(`"string_props": {"x": {}}`), map[string]any{"x": "a"})
	return session.TryApply(properties(`"string_props": {"x": {"format": "email"}}`))
}

func roundedNumber(t *testing.T) []string {
	t.Helper()
	env := acctest.NewEmulated(t, func(o *emulator.Options) { o.JSNumbers = true })
	return env.NewSession(t, "port_blueprint").TryApply(properties(`"number_props": {"n": {"default": 9007199254740993}}`))
}

func droppedDestination(t *testing.T) []string {
	t.Helper()
	return acctest.NewEmulated(t, withoutDestinations).NewSession(t, "port_blueprint").TryApply(valid(destined))
}

func createExisting(t *testing.T) []string {
	t.Helper()
	env := acctest.NewEmulated(t)
	env.NewSession(t, "port_blueprint").Apply(valid(""))
	return env.NewSession(t, "port_blueprint").TryApply(valid(""))
}

func destroyOccupied(t *testing.T) []string {
	t.Helper()
	_, session := newWithEntity(t, valid(""), nil)
	_, applied := session.Destroy()
	return applied
}

func destroySystem(t *testing.T) []string {
	t.Helper()
	env := acctest.NewEmulated(t)
	session := env.NewSession(t, "port_blueprint")
	session.Import("_user")
	_, applied := session.Destroy()
	return applied
}

func destroyProtected(t *testing.T) []string {
	t.Helper()
	session := acctest.NewEmulated(t).NewSession(t, "port_blueprint")
	session.Apply(valid(`"deletion_protection": true`))
	return session.PlanDestroy()
}

func conflictingExtra(t *testing.T) []string {
	t.Helper()
	session := acctest.NewEmulated(t).NewSession(t, "port_blueprint")
	return session.Plan(valid(`"extra_json": "{\"description\": \"d\", \"schema\": {\"properties\": {\"none\": {\"icon\": \"x\"}}}}"`))
}

func declaredTwice(t *testing.T) []string {
	t.Helper()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	first := env.NewSession(t, "port_blueprint")
	first.Plan(valid(`"relations": {"ours": {"target": "target"}}`))
	return first.Sibling("port_blueprint_relation").Plan(relation(""))
}

func releasedRelations(t *testing.T) []string {
	t.Helper()
	_, session := newWithEntity(t, valid(`"relations": {"r": {"target": "target"}}`), nil)
	return session.Plan(valid(""))
}

func handedOver(t *testing.T) []string {
	t.Helper()
	_, session := newInline(t)
	return session.Plan(valid(`"relations_mode": "declared"`))
}

func recreatedRelation(t *testing.T) []string {
	t.Helper()
	_, session := newInline(t)
	session.Plan(valid(""))
	return session.Sibling("port_blueprint_relation").Plan(relation(""))
}

func droppedFilter(t *testing.T) []string {
	t.Helper()
	_, session := newAggregations(t)
	return session.TryApply(aggregations(`"count": {"title": "Count", "target_blueprint_identifier": "target", "method": {"count_entities": true}, "path_filter": [{"path": ["later"]}]}`))
}

func existingAggregations(t *testing.T) []string {
	t.Helper()
	env, session := newAggregations(t)
	env.NewSession(t, "port_aggregation_properties").Apply(aggregations(everyAggregation))
	return session.TryApply(aggregations(plainCount))
}

func inlineAggregations(t *testing.T) []string {
	t.Helper()
	blueprint := acctest.NewEmulated(t).NewSession(t, "port_blueprint")
	blueprint.Plan(valid(`"aggregation_properties": {}`))
	return blueprint.Sibling("port_aggregation_properties").Plan(aggregations(plainCount))
}
