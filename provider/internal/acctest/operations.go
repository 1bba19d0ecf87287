package acctest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// This file holds the operations of a [Session] that return diagnostics. Each diagnostic has the
// form "severity path: summary: detail".

// Sibling returns a session with another resource, of any type, in the same provider process.
func (s *Session) Sibling(resourceType string) *Session {
	s.t.Helper()
	schema := s.schemas.ResourceSchemas[resourceType]
	return &Session{
		t:            s.t,
		server:       s.server,
		resourceType: resourceType,
		schemas:      s.schemas,
		schema:       schema,
		wireType:     schema.ValueType(),
		state:        tftypes.NewValue(schema.ValueType(), nil),
	}
}

// Restart returns a session with the same object in a new provider process. Terraform starts a new
// process for each plan and each apply.
func (e *Environment) Restart(t *testing.T, s *Session) *Session {
	t.Helper()
	restarted := e.NewSession(t, s.resourceType)
	restarted.state, restarted.private, restarted.identity = s.state, s.private, s.identity
	return restarted
}

// Plan plans a configuration without a refresh and returns the diagnostics.
func (s *Session) Plan(config string) []string {
	s.t.Helper()
	return describe(s.requestPlan(s.decodeConfig(config)).Diagnostics)
}

// Unknown returns the sorted names of the attributes that a plan leaves unknown.
func (s *Session) Unknown(config string) []string {
	s.t.Helper()
	var names []string
	for name, value := range members(s.t, s.plan(config).state) {
		if !value.IsFullyKnown() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// ReplanInconsistencies plans configurations with unknown parts, by name, and then the one that
// they become once everything is known, as Terraform does during an apply. It returns where the
// last plan contradicts the others.
func (s *Session) ReplanInconsistencies(early map[string]string, late string) []string {
	s.t.Helper()
	final := s.plan(late).state
	var inconsistent []string
	for name, config := range early {
		for _, at := range inconsistencies(s.t, s.plan(config).state, final) {
			inconsistent = append(inconsistent, name+" is unknown: "+at)
		}
	}
	return inconsistent
}

// Replaces returns the attributes that make a plan replace the resource.
func (s *Session) Replaces(config string) []string {
	s.t.Helper()
	var names []string
	for _, at := range s.plan(config).replace {
		names = append(names, pathName(at))
	}
	return names
}

// TryApply plans and applies a configuration and returns the diagnostics of both. If the plan
// fails, nothing is applied.
func (s *Session) TryApply(config string) []string {
	s.t.Helper()
	configured := s.decodeConfig(config)
	planned := s.requestPlan(configured)
	if hasError(planned.Diagnostics) {
		return describe(planned.Diagnostics)
	}
	applied := s.requestApply(configured, s.decode(planned.PlannedState), planned.PlannedPrivate)
	return describe(slices.Concat(planned.Diagnostics, applied.Diagnostics))
}

// TryImport imports by an import ID and returns the diagnostics. It does not change the state.
func (s *Session) TryImport(id string) []string {
	s.t.Helper()
	imported, err := s.server.ImportResourceState(s.t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: s.resourceType, ID: id})
	if err != nil {
		s.t.Fatal(err)
	}
	return describe(imported.Diagnostics)
}

// TryRefresh reads the object and returns the diagnostics. An error leaves the state unchanged.
func (s *Session) TryRefresh() []string {
	s.t.Helper()
	return describe(s.requestRead().Diagnostics)
}

// Destroy plans and applies the destruction of the resource and returns the diagnostics of both.
func (s *Session) Destroy() (planned, applied []string) {
	s.t.Helper()
	nothing := tftypes.NewValue(s.wireType, nil)
	plan := s.requestPlan(nothing)
	if hasError(plan.Diagnostics) {
		return describe(plan.Diagnostics), nil
	}
	return describe(plan.Diagnostics), describe(s.requestApply(nothing, s.decode(plan.PlannedState), plan.PlannedPrivate).Diagnostics)
}

// PlanDestroy plans the destruction of the resource and returns the diagnostics.
func (s *Session) PlanDestroy() []string {
	s.t.Helper()
	return describe(s.requestPlan(tftypes.NewValue(s.wireType, nil)).Diagnostics)
}

// IsGone reports whether the state has no object, as after a refresh of a deleted one.
func (s *Session) IsGone() bool { return s.state.IsNull() }

// Text returns the value of a string attribute in the state, or "" for null.
func (s *Session) Text(name string) string {
	s.t.Helper()
	var text *string
	if err := members(s.t, s.state)[name].As(&text); err != nil {
		s.t.Fatal(err)
	}
	if text == nil {
		return ""
	}
	return *text
}

// requestRead makes the provider read the object, and updates the state unless there is an error.
func (s *Session) requestRead() *tfprotov6.ReadResourceResponse {
	s.t.Helper()
	s.planned = nil
	read, err := s.server.ReadResource(s.t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: s.resourceType, CurrentState: encode(s.t, s.wireType, s.state), Private: s.private, CurrentIdentity: s.identity,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if !hasError(read.Diagnostics) {
		s.state, s.private, s.identity = s.decode(read.NewState), read.Private, read.NewIdentity
	}
	return read
}

// requestPlan asks the provider for a plan.
func (s *Session) requestPlan(config tftypes.Value) *tfprotov6.PlanResourceChangeResponse {
	s.t.Helper()
	planned, err := s.server.PlanResourceChange(s.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName:         s.resourceType,
		PriorState:       encode(s.t, s.wireType, s.state),
		ProposedNewState: encode(s.t, s.wireType, proposedNew(s.t, s.schema.Block.Attributes, s.wireType, s.state, config)),
		Config:           encode(s.t, s.wireType, config),
		PriorPrivate:     s.private,
		PriorIdentity:    s.identity,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.warnings = nil
	s.addWarnings(planned.Diagnostics)
	return planned
}

// requestApply makes the provider apply a plan, and updates the state even if there is an error.
func (s *Session) requestApply(config, plan tftypes.Value, private []byte) *tfprotov6.ApplyResourceChangeResponse {
	s.t.Helper()
	applied, err := s.server.ApplyResourceChange(s.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName:        s.resourceType,
		PriorState:      encode(s.t, s.wireType, s.state),
		PlannedState:    encode(s.t, s.wireType, plan),
		Config:          encode(s.t, s.wireType, config),
		PlannedPrivate:  private,
		PlannedIdentity: s.identity,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.state, s.private, s.identity, s.planned = s.decode(applied.NewState), applied.Private, applied.NewIdentity, nil
	s.addWarnings(applied.Diagnostics)
	return applied
}

func describe(diagnostics []*tfprotov6.Diagnostic) []string {
	texts := make([]string, 0, len(diagnostics))
	for _, d := range diagnostics {
		texts = append(texts, fmt.Sprintf("%s %s: %s: %s", d.Severity, d.Attribute, d.Summary, d.Detail))
	}
	return texts
}

func hasError(diagnostics []*tfprotov6.Diagnostic) bool {
	return slices.ContainsFunc(diagnostics, func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError })
}

// planViolations returns where a plan violates Terraform's rule for providers: the planned value of
// an attribute is the configured one, the prior one if there is one, or any value if the attribute
// is computed and not configured.
func planViolations(t *testing.T, attributes []*tfprotov6.SchemaAttribute, at string, prior, config, planned tftypes.Value) []string {
	t.Helper()
	old, configured, after := members(t, prior), attributesOf(t, config), members(t, planned)
	var violations []string
	for _, attribute := range attributes {
		violations = append(violations, attributeViolations(t, attribute, join(at, attribute.Name), old[attribute.Name], configured[attribute.Name], after[attribute.Name])...)
	}
	return violations
}

func attributeViolations(t *testing.T, attribute *tfprotov6.SchemaAttribute, at string, prior, config, planned tftypes.Value) []string {
	t.Helper()
	hadValue := prior.Type() != nil && !prior.IsNull()
	switch {
	case planned.Equal(config):
		return nil
	case config.IsNull() && attribute.Computed:
		return nil
	case !config.IsNull() && hadValue && planned.Equal(prior):
		return nil
	case attribute.NestedType == nil || config.IsNull() || planned.IsNull() || !config.IsKnown():
		return []string{fmt.Sprintf("%s is planned as %s, but configured as %s, and was %s", at, planned, config, prior)}
	case attribute.NestedType.Nesting != tfprotov6.SchemaObjectNestingModeMap:
		return planViolations(t, attribute.NestedType.Attributes, at, prior, config, planned)
	}
	var violations []string
	old, after := members(t, prior), members(t, planned)
	for key, element := range members(t, config) {
		violations = append(violations, planViolations(t, attribute.NestedType.Attributes, join(at, key), old[key], element, after[key])...)
	}
	return violations
}
