package convert

import "testing"

type nested struct {
	List []string
	Map  map[string]nested
}

type outer struct {
	nested
	Pointer *nested
	Map     map[string]nested
	Empty   map[string]nested
}

func TestOmitEmpty(t *testing.T) {
	t.Parallel()
	model := outer{
		nested:  nested{List: []string{}},
		Pointer: &nested{List: []string{}},
		Map:     map[string]nested{"a": {List: []string{}, Map: map[string]nested{}}, "b": {List: []string{"x"}}},
		Empty:   map[string]nested{},
	}
	OmitEmpty(&model)
	if model.List != nil || model.Pointer.List != nil || model.Map["a"].List != nil || model.Map["a"].Map != nil || len(model.Map["b"].List) != 1 || model.Empty != nil {
		t.Errorf("got %+v", model)
	}
}
