package catalog

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/jq"
)

// Status is the state of a migration.
type Status string

// The statuses of the emulator's migrations; Port has more.
const (
	Running   Status = "RUNNING"
	Completed Status = "COMPLETED"
	Failed    Status = "FAILURE"
	Cancelled Status = "CANCELLED"
)

// migration is a change of many entities that takes effect when it is due.
type migration struct {
	stamp
	id      string
	status  Status
	due     time.Time
	source  string
	mapping *document.Object // nil for the deletion of a blueprint
	reason  string           // why it failed or was cancelled
	run     func() error
}

// migrations holds all migrations, including those that have ended.
type migrations struct {
	stamper stamper
	// lag is how long each takes.
	lag     time.Duration
	all     []*migration
	running []*migration // those that have not taken effect, by when they are due
}

// start adds a migration; without a lag it runs immediately.
func (ms *migrations) start(m *migration) string {
	m.stamp = ms.stamper.created()
	m.id = "migration_" + strings.ToLower(rand.Text())
	m.status = Running
	m.due = ms.stamper.clock().Add(ms.lag)
	ms.all = append(ms.all, m)
	ms.running = append(ms.running, m)
	ms.settle()
	return m.id
}

// due reports whether a migration is ready to take effect.
func (ms *migrations) due() bool {
	return len(ms.running) > 0 && !ms.stamper.clock().Before(ms.running[0].due)
}

// settle applies the migrations that are due. All take equally long, so they are due in the order
// in which they were started.
func (ms *migrations) settle() {
	for ms.due() {
		m := ms.running[0]
		ms.running = ms.running[1:]
		m.status = Completed
		if err := m.run(); err != nil {
			m.status, m.reason = Failed, err.Error()
		}
		m.stamp = ms.stamper.updated(m.stamp)
	}
}

// startDeletion begins the deletion of a blueprint with its entities.
func (c *Catalog) startDeletion(b *blueprint) string {
	identifier := b.definition.identifier
	return c.migrations.start(&migration{source: identifier, run: func() error {
		b, err := c.graph.find(identifier)
		if err != nil {
			return err
		}
		if err := c.graph.checkDeletable(b); err != nil {
			return err
		}
		c.clear(b)
		c.removeBlueprint(b)
		return nil
	}})
}

// Migration returns one migration.
func (c *Catalog) Migration(id string) (*document.Object, error) {
	defer c.read()()
	m, err := c.migrations.find(id)
	if err != nil {
		return nil, err
	}
	return m.render(), nil
}

// MigrationFilter selects migrations; empty fields match everything.
type MigrationFilter struct {
	Statuses         []string
	Actor, Blueprint string
}

// Migrations returns the migrations that match, oldest first.
func (c *Catalog) Migrations(filter MigrationFilter) []any {
	defer c.read()()
	matching := []any{}
	for _, m := range c.migrations.all {
		if filter.matches(m) {
			matching = append(matching, m.render())
		}
	}
	return matching
}

func (f MigrationFilter) matches(m *migration) bool {
	return (len(f.Statuses) == 0 || slices.Contains(f.Statuses, string(m.status))) &&
		(f.Actor == "" || f.Actor == m.createdBy) &&
		(f.Blueprint == "" || f.Blueprint == m.source || f.Blueprint == m.mapping.Text("blueprint"))
}

// CancelMigration stops a migration that has not taken effect yet.
func (c *Catalog) CancelMigration(id, reason string) (*document.Object, error) {
	defer c.write()()
	m, err := c.migrations.find(id)
	if err != nil {
		return nil, err
	}
	if m.status != Running {
		return nil, refuse(Invalid, "Migration %q cannot be cancelled: its status is %s", id, m.status)
	}
	c.migrations.running = slices.DeleteFunc(c.migrations.running, func(other *migration) bool { return other == m })
	m.status, m.reason = Cancelled, reason
	m.stamp = c.stamper.updated(m.stamp)
	return m.render(), nil
}

func (ms *migrations) find(id string) (*migration, error) {
	for _, m := range ms.all {
		if m.id == id {
			return m, nil
		}
	}
	return nil, refuse(NotFound, "Migration with identifier %q was not found", id)
}

// render returns the document of a migration. [?migrations] Port documents no response; id and
// status are certain.
func (m *migration) render() *document.Object {
	d := document.New().
		With("id", m.id).
		With("status", string(m.status)).
		With("actor", m.createdBy).
		With("sourceBlueprint", m.source)
	if m.mapping != nil {
		d.Set("mapping", m.mapping)
	}
	if m.reason != "" {
		d.Set("reason", m.reason)
	}
	return m.addTo(d)
}

// StartMigration starts to copy the entities of one blueprint to another, or to itself, with jq
// mappings. It returns the migration.
func (c *Catalog) StartMigration(source string, mapping *document.Object) (*document.Object, error) {
	defer c.write()()
	if _, err := c.graph.find(source); err != nil {
		return nil, err
	}
	if target := mapping.Text("blueprint"); target != "" {
		if _, err := c.graph.find(target); err != nil {
			return nil, err
		}
	}
	compiled, err := compileMapping(mapping)
	if err != nil {
		return nil, err
	}
	id := c.migrations.start(&migration{source: source, mapping: mapping, run: func() error {
		return c.migrate(source, mapping.Text("blueprint"), compiled)
	}})
	m, err := c.migrations.find(id)
	if err != nil {
		return nil, err
	}
	return m.render(), nil
}

// mappingPrograms are the jq programs of a migration.
type mappingPrograms struct {
	filter, items                 *jq.Program
	identifier, title, icon, team *jq.Program
	properties, relations         map[string]*jq.Program
	err                           error
}

func compileMapping(mapping *document.Object) (*mappingPrograms, error) {
	to := mapping.Object("entity")
	p := &mappingPrograms{}
	p.filter = p.compile("filter", mapping.Value("filter"))
	p.items = p.compile("itemsToParse", mapping.Value("itemsToParse"))
	p.identifier = p.compile("entity/identifier", to.Value("identifier"))
	p.title = p.compile("entity/title", to.Value("title"))
	p.icon = p.compile("entity/icon", to.Value("icon"))
	p.team = p.compile("entity/team", to.Value("team"))
	p.properties = p.compileAll("entity/properties", to.Object("properties"))
	p.relations = p.compileAll("entity/relations", to.Object("relations"))
	return p, p.err
}

// compile reads one program of the mapping; a missing one is nil.
func (p *mappingPrograms) compile(where string, source any) *jq.Program {
	text, ok := source.(string)
	if !ok {
		return nil
	}
	program, err := jq.Compile(text)
	if err != nil && p.err == nil {
		p.err = refuse(Invalid, "body/mapping/%s is not valid: %s", where, err)
	}
	return program
}

func (p *mappingPrograms) compileAll(where string, sources *document.Object) map[string]*jq.Program {
	programs := make(map[string]*jq.Program, sources.Len())
	for key, source := range sources.All() {
		programs[key] = p.compile(where+"/"+key, source)
	}
	return programs
}

// migrate maps every entity of the source and upserts the results into the target. The first
// refused entity ends it.
func (c *Catalog) migrate(source, target string, programs *mappingPrograms) error {
	from, err := c.graph.find(source)
	if err != nil {
		return err
	}
	if target == "" {
		target = source
	}
	to, err := c.graph.find(target)
	if err != nil {
		return err
	}
	for _, e := range slices.Clone(from.order) {
		for _, input := range programs.inputs(c.viewer.render(e, View{})) {
			if _, _, err := c.createEntity(to, programs.apply(input), WriteOptions{Upsert: true, Merge: true}); err != nil {
				return err
			}
		}
	}
	return nil
}

// inputs returns the inputs of the programs: the entity if it passes the filter, or one input for
// each of its items, as .item in addition to the entity's keys.
func (p *mappingPrograms) inputs(e *document.Object) []any {
	if p.filter != nil {
		if keep, ok := p.filter.First(e); !ok || keep != true {
			return nil
		}
	}
	if p.items == nil {
		return []any{e}
	}
	output, _ := p.items.First(e)
	items, _ := output.([]any)
	inputs := make([]any, len(items))
	for i, item := range items {
		inputs[i] = e.Clone().With("item", item)
	}
	return inputs
}

// apply computes the body of an entity. A program without output omits its key.
func (p *mappingPrograms) apply(input any) *document.Object {
	body := document.New()
	for key, program := range map[string]*jq.Program{
		"identifier": p.identifier, "title": p.title, "icon": p.icon, "team": p.team,
	} {
		if program == nil {
			continue
		}
		if value, ok := program.First(input); ok && value != nil {
			body.Set(key, value)
		}
	}
	return body.With("properties", applyAll(p.properties, input)).With("relations", applyAll(p.relations, input))
}

func applyAll(programs map[string]*jq.Program, input any) *document.Object {
	values := document.New()
	for key, program := range programs {
		if value, ok := program.First(input); ok {
			values.Set(key, value)
		}
	}
	return values
}
