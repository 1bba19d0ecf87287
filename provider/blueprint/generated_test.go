package blueprint

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// FuzzModelRoundTrip reads and writes generated blueprints. No key with an attribute is lost or
// changed, a second read returns the same, and keys without an attribute survive a write.
func FuzzModelRoundTrip(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		generated := generator{rand.New(rand.NewPCG(seed, seed))}.blueprint()
		read := imported(t, generated)
		written, err := read.toAPI()
		if err != nil {
			t.Fatal(err)
		}
		expectSame(t, "written again", *written, *generated)
		again := imported(t, generated)
		if err := again.fromAPI(generated, false); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(read, again) {
			t.Errorf("a second read changes the model from\n%+v\nto\n%+v", read, again)
		}

		foreign := withForeignKeys(*generated)
		expectSame(t, "written over foreign keys", *over(t, read, &foreign), foreign)
	})
}

// loose are the keys for which an empty value and none mean the same.
var loose = []string{"relations", "mirrorProperties", "calculationProperties", "aggregationProperties", "required", "enum", "enumColors", "colors", "pathFilter"}

// withoutEmpty returns a document without the empty values of these keys.
func withoutEmpty(t *testing.T, of port.Blueprint) any {
	t.Helper()
	whole, err := toDocument(of)
	if err != nil {
		t.Fatal(err)
	}
	var prune func(value any)
	prune = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				prune(element)
			}
		case map[string]any:
			for key, member := range value {
				list, isList := member.([]any)
				object, isObject := member.(map[string]any)
				if slices.Contains(loose, key) && (isList && len(list) == 0 || isObject && len(object) == 0) {
					delete(value, key)
				}
				prune(member)
			}
		}
	}
	prune(whole)
	return whole
}

func expectSame(t *testing.T, when string, got, want port.Blueprint) {
	t.Helper()
	gotText, gotErr := jsonvalue.Encode(withoutEmpty(t, got))
	wantText, wantErr := jsonvalue.Encode(withoutEmpty(t, want))
	if gotErr != nil || wantErr != nil {
		t.Fatal(gotErr, wantErr)
	}
	if !jsonvalue.EqualText(string(gotText), string(wantText)) {
		t.Errorf("%s: got\n%s\nwant\n%s", when, gotText, wantText)
	}
}

// withForeignKeys adds unknown keys wherever a blueprint may have some.
func withForeignKeys(b port.Blueprint) port.Blueprint {
	extra := map[string]json.RawMessage{"novel": json.RawMessage(`{"type":"x","list":[9007199254740993]}`)}
	b.Extra, b.Schema.Extra = extra, extra
	for key, property := range b.Schema.Properties {
		property.Extra = extra
		if property.Items != nil {
			items := *property.Items
			items.Extra, items.MinLength = extra, new(json.Number("2"))
			property.Items = &items
		}
		b.Schema.Properties[key] = property
	}
	for key, relation := range b.Relations {
		relation.Extra = extra
		b.Relations[key] = relation
	}
	for key, mirror := range b.MirrorProperties {
		mirror.Extra = extra
		b.MirrorProperties[key] = mirror
	}
	for key, calculation := range b.CalculationProperties {
		calculation.Extra = extra
		b.CalculationProperties[key] = calculation
	}
	for key, aggregation := range b.AggregationProperties {
		aggregation.Extra, aggregation.CalculationSpec.Extra, aggregation.Type = extra, extra, new("number")
		b.AggregationProperties[key] = aggregation
	}
	return b
}

// generator generates blueprints in which every attribute is sometimes set.
type generator struct{ *rand.Rand }

func (g generator) blueprint() *port.Blueprint {
	b := &port.Blueprint{
		Identifier:            "b",
		Title:                 g.text(),
		Description:           g.maybeText(),
		Icon:                  g.maybeText(),
		Schema:                port.Schema{Properties: map[string]port.Property{}},
		Relations:             map[string]port.Relation{},
		MirrorProperties:      map[string]port.MirrorProperty{},
		CalculationProperties: map[string]port.CalculationProperty{},
		AggregationProperties: map[string]port.AggregationProperty{},
		IncludeInGlobalSearch: g.maybeBool(),
	}
	for i := range g.IntN(8) {
		key := fmt.Sprintf("p%d", i)
		b.Schema.Properties[key] = g.property()
		if g.coin() {
			b.Schema.Required = append(b.Schema.Required, key)
		}
	}
	for i := range g.IntN(3) {
		b.Relations[fmt.Sprintf("r%d", i)] = port.Relation{Target: g.text(), Required: g.coin(), Many: g.coin(), Title: g.maybeText(), Description: g.maybeText()}
		b.MirrorProperties[fmt.Sprintf("m%d", i)] = port.MirrorProperty{Path: "r0." + g.text(), Title: g.maybeText()}
		b.CalculationProperties[fmt.Sprintf("c%d", i)] = g.calculation()
		b.AggregationProperties[fmt.Sprintf("a%d", i)] = g.aggregation()
	}
	g.addWhole(b)
	return b
}

func (g generator) addWhole(b *port.Blueprint) {
	switch g.IntN(3) {
	case 0:
		b.ChangelogDestination = &port.ChangelogDestination{Type: port.ChangelogKafka}
	case 1:
		b.ChangelogDestination = &port.ChangelogDestination{Type: port.ChangelogWebhook, URL: new(g.text()), Agent: g.maybeBool()}
	}
	switch g.IntN(3) {
	case 0:
		b.Ownership = &port.Ownership{Type: "Direct", Title: g.maybeText()}
	case 1:
		b.Ownership = &port.Ownership{Type: "Inherited", Path: new("r0"), Title: g.maybeText()}
	}
	if g.coin() {
		b.TeamInheritance = &port.TeamInheritance{Path: "r0"}
	}
}

func (g generator) property() port.Property {
	p := port.Property{Title: g.maybeText(), Description: g.maybeText(), Icon: g.maybeText()}
	switch g.IntN(5) {
	case 0:
		p.Type, p.Format, p.DateFormat, p.Pattern, p.Spec = typeString, g.maybeText(), g.maybeText(), g.maybeText(), g.maybeText()
		p.MinLength, p.MaxLength, p.SpecAuthentication = g.maybeNumber(), g.maybeNumber(), g.maybeAuthentication()
		p.Enum, p.EnumColors, p.Default = g.enum(g.anyText), g.colors(), g.maybeDefault(g.anyText)
	case 1:
		p.Type, p.Minimum, p.Maximum = typeNumber, g.maybeNumber(), g.maybeNumber()
		p.Enum, p.EnumColors, p.Default = g.enum(g.anyNumber), g.colors(), g.maybeDefault(g.anyNumber)
	case 2:
		p.Type, p.Default = typeBoolean, g.maybeDefault(g.anyBool)
	case 3:
		p.Type, p.Format, p.Spec, p.Default = typeObject, g.maybeText(), g.maybeText(), g.maybeDefault(g.anyObject)
	default:
		p.Type, p.MinItems, p.MaxItems = typeArray, g.maybeNumber(), g.maybeNumber()
		g.elements(&p)
	}
	return p
}

func (g generator) elements(p *port.Property) {
	switch g.IntN(5) {
	case 0:
		p.Items = &port.Items{Type: typeString, Format: g.maybeText(), Pattern: g.maybeText(), Enum: g.enum(g.anyText), EnumColors: g.colors()}
		p.Default = g.maybeDefault(g.list(g.anyText))
	case 1:
		p.Items = &port.Items{Type: typeNumber, Enum: g.enum(g.anyNumber), EnumColors: g.colors()}
		p.Default = g.maybeDefault(g.list(g.anyNumber))
	case 2:
		p.Items, p.Default = &port.Items{Type: typeBoolean}, g.maybeDefault(g.list(g.anyBool))
	case 3:
		p.Items, p.Default = &port.Items{Type: typeObject, Format: g.maybeText()}, g.maybeDefault(g.list(g.anyObject))
	default:
		p.Default = g.maybeDefault(g.list(g.anyObject))
	}
}

func (g generator) calculation() port.CalculationProperty {
	c := port.CalculationProperty{
		Calculation: g.text(), Type: typeArray, Title: g.maybeText(), Description: g.maybeText(), Icon: g.maybeText(), Format: g.maybeText(),
		DateFormat: g.maybeText(), Spec: g.maybeText(), SpecAuthentication: g.maybeAuthentication(), Colorized: g.maybeBool(), Colors: g.colors(),
	}
	if g.coin() {
		c.Items = &port.Items{Type: typeString, Format: g.maybeText()}
	}
	return c
}

func (g generator) aggregation() port.AggregationProperty {
	a := port.AggregationProperty{Title: g.text(), Target: g.text(), Description: g.maybeText(), Icon: g.maybeText(), Query: g.maybeDefault(g.anyObject)}
	if g.coin() {
		a.PathFilter = []port.PathFilter{{FromBlueprint: g.maybeText(), Path: []string{g.text(), g.text()}}}
	}
	a.CalculationSpec = []port.CalculationSpec{
		{Func: "count", CalculationBy: "entities"},
		{Func: "average", CalculationBy: "entities", AverageOf: new("week"), MeasureTimeBy: new(g.text())},
		{Func: "average", CalculationBy: "property", Property: new(g.text()), AverageOf: new("total"), MeasureTimeBy: new(g.text())},
		{Func: "median", CalculationBy: "property", Property: new(g.text())},
	}[g.IntN(4)]
	return a
}

func (g generator) coin() bool { return g.IntN(2) == 0 }

func (g generator) text() string {
	return []string{"", "a", "<b> & c", "ünï \u2028", `"quoted"\`, "1"}[g.IntN(6)]
}

func (g generator) maybeText() *string {
	if g.coin() {
		return nil
	}
	return new(g.text())
}

func (g generator) maybeBool() *bool {
	if g.coin() {
		return nil
	}
	return new(g.coin())
}

func (g generator) number() json.Number {
	return []json.Number{"0", "-1", "0.1", "1e21", "9007199254740993", "1.5e-9", json.Number(strconv.Itoa(g.IntN(1000)))}[g.IntN(7)]
}

func (g generator) maybeNumber() *json.Number {
	if g.coin() {
		return nil
	}
	return new(g.number())
}

func (g generator) maybeAuthentication() *port.SpecAuthentication {
	if g.coin() {
		return nil
	}
	return &port.SpecAuthentication{ClientID: g.text(), AuthorizationURL: g.text(), TokenURL: g.text(), Scope: []string{g.text()}}
}

func (g generator) colors() map[string]string {
	if g.coin() {
		return nil
	}
	return map[string]string{g.text(): "red", "z": "blue"}
}

func (g generator) enum(value func() any) []any {
	if g.coin() {
		return nil
	}
	return slices.Collect(func(yield func(any) bool) {
		for range 1 + g.IntN(3) {
			if !yield(value()) {
				return
			}
		}
	})
}

// maybeDefault encodes a default, or returns none.
func (g generator) maybeDefault(value func() any) json.RawMessage {
	if g.coin() {
		return nil
	}
	encoded, _ := json.Marshal(value())
	return encoded
}

func (g generator) list(value func() any) func() any {
	return func() any {
		list := []any{}
		for range g.IntN(3) {
			list = append(list, value())
		}
		return list
	}
}

func (g generator) anyText() any { return g.text() }

func (g generator) anyNumber() any { return g.number() }

func (g generator) anyBool() any { return g.coin() }

func (g generator) anyObject() any {
	return map[string]any{"a": g.number(), g.text(): []any{g.text(), nil, g.coin()}}
}
