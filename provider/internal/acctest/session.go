package acctest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Session plays Terraform's part with one resource, in this process and over
// the provider protocol. It serves tables of cases, for which the CLI is too
// slow, and holds the provider to the rules that Terraform holds it to: what is
// planned is the configuration, the prior state or computed, and what is
// planned is what is there after the apply.
type Session struct {
	t            *testing.T
	server       tfprotov6.ProviderServer
	resourceType string
	schemas      *tfprotov6.GetProviderSchemaResponse
	schema       *tfprotov6.Schema
	wireType     tftypes.Type
	state        tftypes.Value
	private      []byte
}

// NewSession starts the provider with the environment's Port behind it.
func (e *Environment) NewSession(t *testing.T, resourceType string) *Session {
	t.Helper()
	server, err := e.Factories()["port"]()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	providerType := schemas.Provider.ValueType()
	empty, err := terraformValue(providerType, map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: encode(t, providerType, empty)})
	if err != nil {
		t.Fatal(err)
	}
	failOn(t, "configure", configured.Diagnostics)
	schema := schemas.ResourceSchemas[resourceType]
	return &Session{
		t:            t,
		server:       server,
		resourceType: resourceType,
		schemas:      schemas,
		schema:       schema,
		wireType:     schema.ValueType(),
		state:        tftypes.NewValue(schema.ValueType(), nil),
	}
}

// Apply plans and applies a configuration, given as for [Validate].
func (s *Session) Apply(config string) {
	s.t.Helper()
	plan := s.plan(config)
	applied := s.requestApply(s.decodeConfig(config), plan.state, plan.private)
	failOn(s.t, "apply", applied.Diagnostics)
	for _, at := range inconsistencies(s.t, plan.state, s.state) {
		s.t.Errorf("inconsistent result after apply: %s", at)
	}
}

// Resume takes over a state as it stands in a state file, also one that another
// provider with the same schema wrote.
func (s *Session) Resume(state string) {
	s.t.Helper()
	upgraded, err := s.server.UpgradeResourceState(s.t.Context(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: s.resourceType, RawState: &tfprotov6.RawState{JSON: []byte(state)},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	failOn(s.t, "upgrade", upgraded.Diagnostics)
	s.state = s.decode(upgraded.UpgradedState)
}

// Import replaces the state by that of an object that exists.
func (s *Session) Import(id string) {
	s.t.Helper()
	imported, err := s.server.ImportResourceState(s.t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: s.resourceType, ID: id})
	if err != nil {
		s.t.Fatal(err)
	}
	failOn(s.t, "import", imported.Diagnostics)
	s.state, s.private = s.decode(imported.ImportedResources[0].State), imported.ImportedResources[0].Private
	s.Refresh()
}

// Refresh reads the object.
func (s *Session) Refresh() {
	s.t.Helper()
	read, err := s.server.ReadResource(s.t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: s.resourceType, CurrentState: encode(s.t, s.wireType, s.state), Private: s.private,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	failOn(s.t, "read", read.Diagnostics)
	s.state, s.private = s.decode(read.NewState), read.Private
}

// Changes refreshes, plans, and lists the attributes that an apply would change,
// named as `properties.string_props.a.title`. What every write changes is not
// listed.
func (s *Session) Changes(config string) []string {
	s.t.Helper()
	s.Refresh()
	plan := s.plan(config)
	if len(plan.replace) > 0 {
		s.t.Errorf("the plan replaces the resource because of %v", plan.replace)
	}
	changed := differences(s.t, s.state, plan.state)
	return slices.DeleteFunc(changed, func(at string) bool { return at == "updated_at" || at == "updated_by" })
}

type sessionPlan struct {
	state   tftypes.Value
	private []byte
	replace []*tftypes.AttributePath
}

func (s *Session) plan(config string) sessionPlan {
	s.t.Helper()
	configured := s.decodeConfig(config)
	planned := s.requestPlan(configured)
	failOn(s.t, "plan", planned.Diagnostics)
	plan := sessionPlan{state: s.decode(planned.PlannedState), private: planned.PlannedPrivate, replace: planned.RequiresReplace}
	for _, violation := range planViolations(s.t, s.schema.Block.Attributes, "", s.state, configured, plan.state) {
		s.t.Errorf("Terraform would refuse the plan: %s", violation)
	}
	return plan
}

func (s *Session) decodeConfig(config string) tftypes.Value {
	s.t.Helper()
	decoded, err := jsonvalue.Decode([]byte(config))
	if err != nil {
		s.t.Fatal(err)
	}
	value, err := terraformValue(s.wireType, decoded)
	if err != nil {
		s.t.Fatal(err)
	}
	return value
}

func (s *Session) decode(dynamic *tfprotov6.DynamicValue) tftypes.Value {
	s.t.Helper()
	value, err := dynamic.Unmarshal(s.wireType)
	if err != nil {
		s.t.Fatal(err)
	}
	return value
}

func encode(t *testing.T, wireType tftypes.Type, value tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	dynamic, err := tfprotov6.NewDynamicValue(wireType, value)
	if err != nil {
		t.Fatal(err)
	}
	return &dynamic
}

func failOn(t *testing.T, step string, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			t.Fatalf("%s: %s %s: %s", step, d.Attribute, d.Summary, d.Detail)
		}
	}
}

// proposedNew merges the prior state into a configuration as Terraform does
// before it asks the provider for a plan: a computed attribute that is not
// configured keeps its prior value.
func proposedNew(t *testing.T, attributes []*tfprotov6.SchemaAttribute, wireType tftypes.Type, prior, config tftypes.Value) tftypes.Value {
	t.Helper()
	if config.IsNull() || !config.IsKnown() {
		return config
	}
	old, configured := members(t, prior), members(t, config)
	merged := map[string]tftypes.Value{}
	for _, attribute := range attributes {
		merged[attribute.Name] = proposedAttribute(t, attribute, old[attribute.Name], configured[attribute.Name])
	}
	return tftypes.NewValue(wireType, merged)
}

func proposedAttribute(t *testing.T, attribute *tfprotov6.SchemaAttribute, prior, config tftypes.Value) tftypes.Value {
	t.Helper()
	switch {
	case config.IsNull() && attribute.Computed:
		if prior.Type() == nil {
			return config
		}
		return prior
	case config.IsNull() || !config.IsKnown() || attribute.NestedType == nil:
		return config
	case attribute.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeMap:
		elementType := config.Type().(tftypes.Map).ElementType
		old, elements := members(t, prior), map[string]tftypes.Value{}
		for key, element := range members(t, config) {
			elements[key] = proposedNew(t, attribute.NestedType.Attributes, elementType, old[key], element)
		}
		return tftypes.NewValue(config.Type(), elements)
	default:
		return proposedNew(t, attribute.NestedType.Attributes, config.Type(), prior, config)
	}
}

// members are the attributes of an object or the elements of a map; none for a
// value that is null, unknown or absent.
func members(t *testing.T, value tftypes.Value) map[string]tftypes.Value {
	t.Helper()
	if value.Type() == nil || value.IsNull() || !value.IsKnown() {
		return nil
	}
	var out map[string]tftypes.Value
	if err := value.As(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// differences lists the leaves in which two values differ.
func differences(t *testing.T, before, after tftypes.Value) []string {
	t.Helper()
	diffs, err := before.Diff(after)
	if err != nil {
		t.Fatal(err)
	}
	var leaves []string
	for _, diff := range diffs {
		if len(diff.Path.Steps()) == 0 || isContainerOnBothSides(diff) || isNothingOnBothSides(diff) {
			continue
		}
		leaves = append(leaves, pathName(diff.Path))
	}
	slices.Sort(leaves)
	return slices.Compact(slices.DeleteFunc(leaves, func(leaf string) bool { return hasChild(leaves, leaf) }))
}

// isContainerOnBothSides tells a container, whose members are listed
// themselves, from a value.
func isContainerOnBothSides(diff tftypes.ValueDiff) bool {
	return isContainer(diff.Value1) && isContainer(diff.Value2)
}

// isNothingOnBothSides tells an attribute that is null in an object from one
// whose object is null itself.
func isNothingOnBothSides(diff tftypes.ValueDiff) bool {
	_, isAttribute := diff.Path.LastStep().(tftypes.AttributeName)
	return isAttribute && isNothing(diff.Value1) && isNothing(diff.Value2)
}

func isNothing(value *tftypes.Value) bool { return value == nil || value.IsNull() }

func isContainer(value *tftypes.Value) bool {
	return value != nil && value.IsKnown() && !value.IsNull() && (value.Type().Is(tftypes.Object{}) || value.Type().Is(tftypes.Map{}))
}

// hasChild reports whether a longer path below this one is listed.
func hasChild(leaves []string, leaf string) bool {
	return slices.ContainsFunc(leaves, func(other string) bool {
		return len(other) > len(leaf) && other[:len(leaf)+1] == leaf+"."
	})
}

func pathName(at *tftypes.AttributePath) string {
	var name string
	for _, step := range at.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			name = join(name, string(step))
		case tftypes.ElementKeyString:
			name = join(name, string(step))
		case tftypes.ElementKeyInt:
			// A list counts as one value.
			return name
		case tftypes.ElementKeyValue:
			return name
		}
	}
	return name
}

// inconsistencies lists what is known in a plan and different after the apply.
func inconsistencies(t *testing.T, planned, applied tftypes.Value) []string {
	t.Helper()
	diffs, err := planned.Diff(applied)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, diff := range diffs {
		if len(diff.Path.Steps()) == 0 || isContainerOnBothSides(diff) || diff.Value1 == nil || !diff.Value1.IsKnown() {
			continue
		}
		found = append(found, fmt.Sprintf("%s was planned as %s and is %s", pathName(diff.Path), diff.Value1, diff.Value2))
	}
	return found
}
