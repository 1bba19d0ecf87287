package acctest

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Session takes Terraform's role for one resource, in process and over the provider protocol. It is
// for tables of test cases, for which the CLI is too slow, and enforces Terraform's rules for
// providers: a planned value is the configured one, the prior one or computed, and the apply
// produces what was planned.
type Session struct {
	t            *testing.T
	server       tfprotov6.ProviderServer
	resourceType string
	schemas      *tfprotov6.GetProviderSchemaResponse
	schema       *tfprotov6.Schema
	wireType     tftypes.Type
	state        tftypes.Value
	private      []byte
	identity     *tfprotov6.ResourceIdentityData
	warnings     []string
	// planned is the last plan, or nil if something has been applied or read since.
	planned *configuredPlan
}

// configuredPlan is a plan and its configuration.
type configuredPlan struct {
	config string
	plan   sessionPlan
}

// In makes the session report to a subtest of the test that started it.
func (s *Session) In(t *testing.T) *Session {
	t.Helper()
	s.t = t
	return s
}

// NewSession starts the provider, configured for the environment's Port.
func (e *Environment) NewSession(t *testing.T, resourceType string) *Session {
	t.Helper()
	return e.NewConfiguredSession(t, resourceType, "{}")
}

// NewConfiguredSession is [Environment.NewSession] with a provider block in the format of
// [Validate].
func (e *Environment) NewConfiguredSession(t *testing.T, resourceType, block string) *Session {
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
	decoded, err := jsonvalue.Decode([]byte(block))
	if err != nil {
		t.Fatal(err)
	}
	arguments, err := terraformValue(providerType, decoded)
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: encode(t, providerType, arguments)})
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

// Apply plans and applies a configuration in the format of [Validate]. If [Session.Changes] has
// just planned the same configuration, that plan is applied.
func (s *Session) Apply(config string) {
	s.t.Helper()
	var plan sessionPlan
	if s.planned != nil && s.planned.config == config {
		plan = s.planned.plan
	} else {
		plan = s.plan(config)
	}
	applied := s.requestApply(s.decodeConfig(config), plan.state, plan.private)
	failOn(s.t, "apply", applied.Diagnostics)
	for _, at := range inconsistencies(s.t, plan.state, s.state) {
		s.t.Errorf("inconsistent result after apply: %s", at)
	}
}

// Warnings returns the warnings of the last plan, and of its apply if there was one, each as
// "severity path: summary: detail".
func (s *Session) Warnings() []string { return s.warnings }

// addWarnings appends the warnings among diagnostics to those of the session.
func (s *Session) addWarnings(diagnostics []*tfprotov6.Diagnostic) {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityWarning {
			s.warnings = append(s.warnings, describe([]*tfprotov6.Diagnostic{d})...)
		}
	}
}

// Resume loads a state in the format of a state file, which another provider with the same schema
// may have written.
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

// Import replaces the state by that of an existing object.
func (s *Session) Import(id string) {
	s.t.Helper()
	s.importAs(&tfprotov6.ImportResourceStateRequest{TypeName: s.resourceType, ID: id})
}

func (s *Session) importAs(req *tfprotov6.ImportResourceStateRequest) {
	s.t.Helper()
	imported, err := s.server.ImportResourceState(s.t.Context(), req)
	if err != nil {
		s.t.Fatal(err)
	}
	failOn(s.t, "import", imported.Diagnostics)
	resource := imported.ImportedResources[0]
	s.state, s.private, s.identity = s.decode(resource.State), resource.Private, resource.Identity
	s.Refresh()
}

// Refresh reads the object.
func (s *Session) Refresh() {
	s.t.Helper()
	failOn(s.t, "read", s.requestRead().Diagnostics)
}

// Changes refreshes, plans, and returns the attributes that an apply would change, named as in
// `properties.string_props.a.title`, except updated_at and updated_by.
func (s *Session) Changes(config string) []string {
	s.t.Helper()
	return slices.DeleteFunc(s.AllChanges(config), func(at string) bool { return at == "updated_at" || at == "updated_by" })
}

// AllChanges is [Session.Changes] including updated_at and updated_by.
func (s *Session) AllChanges(config string) []string {
	s.t.Helper()
	s.Refresh()
	plan := s.plan(config)
	s.planned = &configuredPlan{config: config, plan: plan}
	if len(plan.replace) > 0 {
		s.t.Errorf("the plan replaces the resource because of %v", plan.replace)
	}
	return differences(s.t, s.state, plan.state)
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
