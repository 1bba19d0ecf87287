package document_test

import (
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// thing has an attribute of each kind.
type thing struct {
	Text   types.String
	Exact  types.String
	Flag   types.String
	Body   jsontype.Value
	Number types.Number
	List   []types.String
	Loose  []types.String
	Map    map[string]types.String
	Left   *part
	Right  *part
	Parts  []part
	ByKey  map[string]part
}

type part struct{ Text types.String }

func (p *part) bindings() []document.Binding {
	return []document.Binding{document.Text("text", &p.Text)}
}

func (m *thing) bindings() []document.Binding {
	return []document.Binding{
		document.Text("text", &m.Text),
		document.ExactText("exact", &m.Exact),
		document.BoolOrText("flag", &m.Flag),
		document.JSON("body", &m.Body),
		document.Number("number", &m.Number),
		document.Texts("list", &m.List),
		document.LooseTexts("loose", &m.Loose),
		document.LooseTextMap("map", &m.Map),
		document.OneOf("either", "type", document.When("left", &m.Left, (*part).bindings), document.When("right", &m.Right, (*part).bindings)),
		document.LooseObjects("parts", &m.Parts, (*part).bindings),
		document.LooseMap("byKey", &m.ByKey, (*part).bindings),
	}
}

// TestRead_preservesEmptyForms reads documents without the values that the model has in some empty
// form.
func TestRead_preservesEmptyForms(t *testing.T) {
	t.Parallel()
	empty := thing{
		Text: types.StringValue(""), Exact: types.StringValue(""), Body: jsontype.New(`{ "a": 1.0 }`),
		List: []types.String{}, Loose: []types.String{}, Map: map[string]types.String{}, Parts: []part{}, ByKey: map[string]part{},
	}
	if err := document.Read(document.Object{"body": document.Object{"a": 1}}, empty.bindings(), false); err != nil {
		t.Fatal(err)
	}
	want := thing{
		Text: types.StringValue(""), Exact: types.StringNull(), Body: jsontype.New(`{ "a": 1.0 }`), Number: types.NumberNull(),
		Loose: []types.String{}, Map: map[string]types.String{}, Parts: []part{}, ByKey: map[string]part{},
	}
	if !reflect.DeepEqual(empty, want) {
		t.Errorf("got %+v, want %+v", empty, want)
	}

	var null, imported thing
	for model, isNew := range map[*thing]bool{&null: false, &imported: true} {
		if err := document.Read(document.Object{}, model.bindings(), isNew); err != nil {
			t.Fatal(err)
		}
	}
	if null.Loose != nil || null.Map != nil || null.Parts != nil || null.ByKey != nil {
		t.Errorf("null became %+v", null)
	}
	if imported.List != nil || imported.Loose == nil || imported.Map == nil || imported.Parts == nil || imported.ByKey == nil {
		t.Errorf("after an import the model is %+v", imported)
	}
}

// TestWrite_replacesOtherVariant checks that keys without an attribute survive within a variant,
// but not a change of the variant.
func TestWrite_replacesOtherVariant(t *testing.T) {
	t.Parallel()
	model := thing{Left: &part{Text: types.StringValue("x")}}
	same := document.Object{"either": document.Object{"type": "left", "novel": true}}
	other := document.Object{"either": document.Object{"type": "right", "novel": true, "text": "y"}}
	document.Write(same, model.bindings())
	document.Write(other, model.bindings())
	if got := same["either"]; !reflect.DeepEqual(got, document.Object{"type": "left", "novel": true, "text": "x"}) {
		t.Errorf("the same variant became %v", got)
	}
	if got := other["either"]; !reflect.DeepEqual(got, document.Object{"type": "left", "text": "x"}) {
		t.Errorf("the other variant became %v", got)
	}
}

// TestWrite_doesNotModifyTheOriginal writes over a shallow copy: nested values of the original must
// not change.
func TestWrite_doesNotModifyTheOriginal(t *testing.T) {
	t.Parallel()
	original := document.Object{
		"either": document.Object{"type": "left", "text": "a"}, "byKey": document.Object{"k": document.Object{"text": "a"}}, "parts": []any{document.Object{"text": "a"}},
	}
	over := maps.Clone(original)
	b := part{Text: types.StringValue("b")}
	model := thing{Left: &b, ByKey: map[string]part{"k": b}, Parts: []part{b}}
	document.Write(over, model.bindings())
	want := document.Object{
		"either": document.Object{"type": "left", "text": "a"}, "byKey": document.Object{"k": document.Object{"text": "a"}}, "parts": []any{document.Object{"text": "a"}},
	}
	if !reflect.DeepEqual(original, want) {
		t.Errorf("the original became %v", original)
	}
}

// TestRead_unexpectedType checks that the error names the path and the types, and never the value.
func TestRead_unexpectedType(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	for want, object := range map[string]document.Object{
		"text: unexpected type: expected a string, got an object":           {"text": document.Object{"a": secret}},
		"flag: unexpected type: expected a boolean or a string, got a list": {"flag": []any{secret}},
		"number: unexpected type: expected a number, got a string":          {"number": secret},
		"list[1]: unexpected type: expected a string, got a boolean":        {"list": []any{secret, true}},
		"map.a: unexpected type: expected a string, got a boolean":          {"map": document.Object{"a": true}},
		"either.text: unexpected type: expected a string, got a boolean":    {"either": document.Object{"type": "left", "text": true}},
		"parts[0]: unexpected type: expected an object, got a string":       {"parts": []any{secret}},
		"byKey.k.text: unexpected type: expected a string, got a boolean":   {"byKey": document.Object{"k": document.Object{"text": true}}},
	} {
		var model thing
		err := document.Read(object, model.bindings(), false)
		if !errors.Is(err, document.ErrShape) || err.Error() != want || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
