package entity

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// randomValue returns a JSON value of any form that is not null.
func randomValue(random *rand.Rand, depth int) any {
	switch choice := random.IntN(6); {
	case choice == 0:
		return fmt.Sprintf("<%d>", random.IntN(100))
	case choice == 1:
		return json.Number(fmt.Sprintf("%d.%d", random.Int64(), 1+random.IntN(9)))
	case choice == 2:
		return random.IntN(2) == 0
	case choice == 3 && depth > 0:
		object := map[string]any{}
		for i := range random.IntN(3) {
			object[fmt.Sprint("k", i)] = randomValue(random, depth-1)
		}
		return object
	case depth > 0:
		list := []any{}
		for range random.IntN(4) {
			if random.IntN(5) == 0 {
				list = append(list, nil)
				continue
			}
			list = append(list, randomValue(random, depth-1))
		}
		return list
	default:
		return "x"
	}
}

// randomEntity returns an entity with values of every form.
func randomEntity(random *rand.Rand) *port.Entity {
	entity := &port.Entity{Identifier: "e", Title: new("E"), Properties: map[string]any{}, Relations: map[string]any{}}
	for i := range random.IntN(8) {
		entity.Properties[fmt.Sprint("p", i)] = randomValue(random, 3)
	}
	if random.IntN(2) == 0 {
		entity.Relations["one"] = "a"
		entity.Relations["many"] = []string{"a", "b"}
		entity.Team = []string{"us", "them"}
		entity.Icon = new("Lock")
	}
	return entity
}

// TestModel_roundTrip checks that entities are written as they were read, and that a refresh does
// not change the model.
func TestModel_roundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		entity := randomEntity(rand.New(rand.NewPCG(seed, 0)))
		imported, err := fromAPI("thing", entity, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		written, err := imported.toAPI()
		if err != nil {
			t.Fatal(err)
		}
		if !sameEntity(entity, written) {
			t.Fatalf("seed %d: %+v was written as %+v", seed, entity, written)
		}
		refreshed, err := fromAPI("thing", written, imported, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(imported.Properties, refreshed.Properties) || !imported.PropertiesJSON.Equal(refreshed.PropertiesJSON) {
			t.Fatalf("seed %d: read %+v, then %+v", seed, imported, refreshed)
		}
	}
}

func TestFromAPI_keepsPriorForm(t *testing.T) {
	t.Parallel()
	entity := &port.Entity{Identifier: "e", Properties: map[string]any{"a": nil, "b": "x"}, Relations: map[string]any{"one": nil, "many": []string{}}}
	bare, err := fromAPI("thing", &port.Entity{Identifier: "e"}, &model{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if bare.Properties != nil || bare.Relations != nil || bare.Teams != nil || !bare.PropertiesJSON.IsNull() || !bare.Icon.IsNull() {
		t.Errorf("an empty entity became %+v", bare)
	}
	listed, err := fromAPI("thing", entity, &model{
		Properties: &propertiesModel{String: map[string]types.String{"a": types.StringValue("old")}},
		Relations:  &relationsModel{Single: map[string]types.String{"one": types.StringValue("old")}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, isListed := listed.Properties.String["a"]; !isListed || !text.IsNull() {
		t.Errorf("a listed property without a value became %v", listed.Properties.String)
	}
	if target, isListed := listed.Relations.Single["one"]; !isListed || !target.IsNull() || listed.Relations.Many != nil {
		t.Errorf("a listed relation without a target became %+v", listed.Relations)
	}
}

// TestFromAPI_numberOutOfRange checks that a number that cannot be read is an error, not null.
func TestFromAPI_numberOutOfRange(t *testing.T) {
	t.Parallel()
	entity := &port.Entity{Identifier: "e", Properties: map[string]any{"size": json.Number("1e99999999999")}}
	if read, err := fromAPI("thing", entity, nil, nil); err == nil {
		t.Errorf("got %+v, want an error", read.Properties)
	}
}

func TestRecord_withoutFilled(t *testing.T) {
	t.Parallel()
	var rec record
	sent := map[string]any{"url": "HTTP://X", "unset": nil}
	rec.learn(sent, map[string]any{"url": "http://x/", "unset": nil, "filled": "gold"})
	tests := map[string]struct{ response, want map[string]any }{
		"as it was":     {map[string]any{"url": "http://x/", "filled": "gold"}, map[string]any{"url": "http://x/"}},
		"changed":       {map[string]any{"url": "http://y/", "filled": "silver"}, map[string]any{"url": "http://y/", "filled": "silver"}},
		"unset by them": {map[string]any{"url": nil, "filled": nil}, map[string]any{"url": nil, "filled": nil}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := rec.withoutFilled(test.response, sent); !jsonvalue.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestPlanTitle_omitted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		management, title, want types.String
		rec                     record
	}{
		"none":                         {types.StringNull(), types.StringNull(), types.StringNull(), record{}},
		"empty":                        {types.StringNull(), types.StringValue(""), types.StringValue(""), record{}},
		"the identifier":               {types.StringNull(), types.StringValue("e"), types.StringValue("e"), record{}},
		"generated by Port":            {types.StringNull(), types.StringValue("Made Up"), types.StringValue("Made Up"), record{Title: "Made Up"}},
		"changed since":                {types.StringNull(), types.StringValue("Theirs"), types.StringUnknown(), record{Title: "Made Up"}},
		"configured before":            {types.StringNull(), types.StringValue("Ours"), types.StringUnknown(), record{}},
		"of others":                    {types.StringValue(managementDeclared), types.StringValue("Theirs"), types.StringNull(), record{}},
		"of others, generated by Port": {types.StringValue(managementDeclared), types.StringValue("e"), types.StringNull(), record{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := &partialModel{Management: test.management}
			state := &model{Identifier: types.StringValue("e"), Title: test.title}
			if got := planTitle(config, state, test.rec); !got.Equal(test.want) {
				t.Errorf("planned %s, want %s", got, test.want)
			}
		})
	}
}

// TestConclude_recordsGeneratedTitle checks that the record has the title that Port generated until
// the configuration sets one.
func TestConclude_recordsGeneratedTitle(t *testing.T) {
	t.Parallel()
	var rec record
	created := &port.Entity{Identifier: "e", Title: new("Made Up")}
	plan := &model{Title: types.StringUnknown()}
	rec.conclude(plan, created, false)
	if rec.Title != "Made Up" || plan.Title.ValueString() != "Made Up" {
		t.Errorf("the record is %+v, the title %s", rec, plan.Title)
	}
	rec.conclude(plan, created, false)
	if rec.Title != "Made Up" {
		t.Error("a write that keeps the title removes it from the record")
	}
	plan.Title = types.StringValue("Ours")
	rec.conclude(plan, created, false)
	if rec.Title != "" {
		t.Errorf("the record still has %q", rec.Title)
	}
}

// TestImportedIconIsNull checks that generated configurations omit an icon that is not set.
func TestImportedIconIsNull(t *testing.T) {
	t.Parallel()
	imported, err := fromAPI("thing", &port.Entity{Identifier: "e"}, nil, nil)
	if err != nil || !imported.Icon.IsNull() {
		t.Errorf("the icon is %s, %v", imported.Icon, err)
	}
}

// TestSettledAttributes compares the list with the schema.
func TestSettledAttributes(t *testing.T) {
	t.Parallel()
	var declared resource.SchemaResponse
	(&entityResource{}).Schema(t.Context(), resource.SchemaRequest{}, &declared)
	var want []string
	for name, attribute := range declared.Schema.Attributes {
		if isSettled := attribute.IsOptional() && attribute.IsComputed(); isSettled && name != "identifier" && name != "create_missing_related_entities" {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(settledAttributes)); !slices.Equal(got, want) {
		t.Errorf("isUnchanged compares %q, want %q", got, want)
	}
}
