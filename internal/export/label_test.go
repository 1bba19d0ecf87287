package export

import "testing"

func TestLabels(t *testing.T) {
	t.Parallel()
	taken := labels{}
	for _, step := range []struct{ desired, want string }{
		{"service", "service"},
		{"service", "service_2"},
		{"SERVICE", "SERVICE_3"},
		{"service_2", "service_2_2"},
		{"micro/service:v2", "micro_service_v2"},
		{"a.b", "a_b"},
		{"a b", "a_b_2"},
		{"1st", "_1st"},
		{"-x", "_-x"},
		{"=", "_"},
		{"größe", "gr__e"},
		{"_team", "_team"},
	} {
		if got := taken.take(step.desired); got != step.want {
			t.Errorf("label of %q = %q, want %q", step.desired, got, step.want)
		}
	}
}

// TestLabels_manyAlike names entities whose identifiers consist of letters that labels cannot
// contain.
func TestLabels_manyAlike(t *testing.T) {
	t.Parallel()
	const many = 50_000
	taken := labels{}
	for range many {
		taken.take("größe")
	}
	if label := taken.take("größe"); label != "gr__e_50001" || len(taken) != many+1 {
		t.Errorf("the last of %d labels is %s", len(taken), label)
	}
}

func TestImportID(t *testing.T) {
	t.Parallel()
	for want, one := range map[string]object{
		"a:b":                                   {typeName: blueprintType, identifier: "a:b"},
		"service:checkout":                      {typeName: entityType, parent: "service", identifier: "checkout"},
		`{"blueprint":"a:b","identifier":"c"}`:  {typeName: entityType, parent: "a:b", identifier: "c"},
		`{"blueprint":"a","identifier":"b:c'"}`: {typeName: entityType, parent: "a", identifier: "b:c'"},
		"restart":                               {typeName: actionType, parent: "service", identifier: "restart"},
	} {
		if got := one.importID(); got != want {
			t.Errorf("import id of %+v = %s, want %s", one, got, want)
		}
	}
}
