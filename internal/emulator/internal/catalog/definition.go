package catalog

import (
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/jq"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/query"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/schema"
)

// definition is the parsed form of a blueprint. It is immutable: a change of the blueprint creates
// a new one.
type definition struct {
	identifier string
	// document is the blueprint as it was sent, without what the server adds.
	document *document.Object

	properties   map[string]*property
	names        []string // of the properties, in the blueprint's order
	required     []string
	relations    map[string]*relation
	relationKeys []string
	mirrors      map[string][]string    // the path of each mirror property
	calculations map[string]*jq.Program // nil for a text that is not valid jq
	aggregations map[string]*aggregation
	// calculated has the names of mirror, calculation and aggregation properties in the order in
	// which they are shown.
	calculated []string
	webhook    string
	// owner is the path of relations to the entities whose teams are inherited, if any.
	owner []query.Step
}

// property is one entry of schema.properties.
type property struct {
	schema     *schema.Schema
	kind       query.Kind
	fallback   any // the default
	hasDefault bool
}

// relation is one entry of relations.
type relation struct {
	target         string
	required, many bool
}

// define parses a blueprint whose shape is already validated. It returns an *Error for rules that
// the shape cannot express.
func define(body *document.Object, mode DestinationMode) (*definition, error) {
	d := &definition{
		identifier:   body.Text("identifier"),
		document:     normalized(body, mode),
		properties:   make(map[string]*property),
		relations:    make(map[string]*relation),
		mirrors:      make(map[string][]string),
		calculations: make(map[string]*jq.Program),
		aggregations: make(map[string]*aggregation),
	}
	for _, step := range []func() error{
		d.readProperties, d.readRelations, d.readMirrors, d.readCalculations, d.readAggregations, d.checkNames,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	d.readOwnership()
	d.readDestination()
	return d, nil
}

// normalized returns the document to be stored. The four collections are always present, by their
// documented defaults.
//
// [?optional-keys] Other omitted optional keys are also omitted from the response.
func normalized(body *document.Object, mode DestinationMode) *document.Object {
	stored := body.Clone()
	if mode != KeepDestination {
		stored.Delete("changelogDestination")
	}
	for _, key := range []string{"mirrorProperties", "calculationProperties", "aggregationProperties", "relations"} {
		if !stored.Has(key) {
			stored.Set(key, document.New())
		}
	}
	return stored
}

func (d *definition) readProperties() error {
	outer := d.document.Object("schema")
	for key, value := range outer.Object("properties").All() {
		body, _ := value.(*document.Object)
		compiled, violation := schema.Compile("body/schema/properties/"+key, body)
		if violation != nil {
			return refuse(Invalid, "%s", violation)
		}
		fallback, hasDefault := body.Get("default")
		d.properties[key] = &property{schema: compiled, kind: query.KindOf(body), fallback: fallback, hasDefault: hasDefault}
		d.names = append(d.names, key)
	}
	for _, name := range outer.List("required") {
		text, _ := name.(string)
		d.required = append(d.required, text)
	}
	return nil
}

func (d *definition) readRelations() error {
	for key, value := range d.document.Object("relations").All() {
		body, _ := value.(*document.Object)
		d.relations[key] = &relation{target: body.Text("target"), required: body.Flag("required"), many: body.Flag("many")}
		d.relationKeys = append(d.relationKeys, key)
	}
	return nil
}

// readMirrors reads the paths. The first step of a path must be a relation of the blueprint itself;
// the rest is resolved when a value is read, since the other blueprints change independently.
func (d *definition) readMirrors() error {
	for key, value := range d.document.Object("mirrorProperties").All() {
		body, _ := value.(*document.Object)
		path := strings.Split(body.Text("path"), ".")
		if err := d.checkPath("body/mirrorProperties/"+key+"/path", path); err != nil {
			return err
		}
		d.mirrors[key] = path
		d.calculated = append(d.calculated, key)
	}
	return nil
}

func (d *definition) checkPath(where string, path []string) error {
	if _, ok := d.relations[path[0]]; ok || strings.HasPrefix(path[0], "$") {
		return nil
	}
	return refuse(Invalid, "%s must begin with a relation of the blueprint, %q is not one", where, path[0])
}

func (d *definition) readCalculations() error {
	for key, value := range d.document.Object("calculationProperties").All() {
		body, _ := value.(*document.Object)
		// Port stores any text, even if it is not valid jq. Then it yields no value.
		program, err := jq.Compile(body.Text("calculation"))
		if err != nil {
			program = nil
		}
		d.calculations[key] = program
		d.calculated = append(d.calculated, key)
	}
	return nil
}

func (d *definition) readAggregations() error {
	for key, value := range d.document.Object("aggregationProperties").All() {
		body, _ := value.(*document.Object)
		read, err := readAggregation("body/aggregationProperties/"+key, body)
		if err != nil {
			return err
		}
		d.aggregations[key] = read
		d.calculated = append(d.calculated, key)
	}
	return nil
}

// checkNames refuses a name that two kinds of property share: they all appear under the properties
// of an entity.
func (d *definition) checkNames() error {
	seen := make(map[string]bool, len(d.names)+len(d.calculated))
	for _, name := range slices.Concat(d.names, d.calculated) {
		if seen[name] {
			return refuse(Invalid, "body has two properties with the identifier %q", name)
		}
		seen[name] = true
	}
	return nil
}

// readOwnership reads the path along which entities inherit their teams.
func (d *definition) readOwnership() {
	ownership := d.document.Object("ownership")
	if ownership.Text("type") != inherited {
		return
	}
	for name := range strings.SplitSeq(ownership.Text("path"), ".") {
		d.owner = append(d.owner, query.Step{Relation: name, Hops: 1})
	}
}

// inherited is the ownership type that follows a path.
const inherited = "Inherited"

// readDestination returns the URL to which changes are posted.
func (d *definition) readDestination() {
	destination := d.document.Object("changelogDestination")
	if destination.Text("type") == "WEBHOOK" {
		d.webhook = destination.Text("url")
	}
}
