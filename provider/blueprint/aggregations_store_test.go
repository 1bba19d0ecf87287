package blueprint

import (
	"encoding/json"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
)

// TestSetAggregations_keepsForeignKeys checks that unknown keys of a property survive, except for
// those of a different function.
func TestSetAggregations_keepsForeignKeys(t *testing.T) {
	t.Parallel()
	var whole, desired document.Object
	for text, target := range map[string]*document.Object{
		`{"aggregationProperties": {
			"a": {"title": "A", "novel": 1, "icon": "Git", "target": "t", "calculationSpec": {"func": "count", "calculationBy": "entities", "novel": 2}},
			"b": {"title": "B", "target": "t", "calculationSpec": {"func": "count", "calculationBy": "entities", "novel": 3}},
			"c": {"title": "C", "target": "t", "calculationSpec": {"func": "count", "calculationBy": "entities"}}}}`: &whole,
		`{"properties": {
			"a": {"title": "New", "target": "t", "calculationSpec": {"func": "count", "calculationBy": "entities"}},
			"b": {"title": "B", "target": "t", "calculationSpec": {"func": "max", "calculationBy": "property", "property": "p"}}}}`: &desired,
	} {
		if err := json.Unmarshal([]byte(text), target); err != nil {
			t.Fatal(err)
		}
	}
	if err := setAggregations(whole, desired, nil); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(whole["aggregationProperties"])
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
		"a": {"title": "New", "novel": 1, "target": "t", "calculationSpec": {"func": "count", "calculationBy": "entities", "novel": 2}},
		"b": {"title": "B", "target": "t", "calculationSpec": {"func": "max", "calculationBy": "property", "property": "p"}}}`
	if !jsonvalue.EqualText(string(got), want) {
		t.Errorf("got %s", got)
	}
}
