package jsonvalue_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// decoded decodes two JSON values.
func decoded(t *testing.T, a, b string) (any, any) {
	t.Helper()
	left, leftErr := jsonvalue.Decode([]byte(a))
	right, rightErr := jsonvalue.Decode([]byte(b))
	if err := errors.Join(leftErr, rightErr); err != nil {
		t.Fatal(err)
	}
	return left, right
}

func TestEqual_nullIsAbsent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		a, b string
		want bool
	}{
		{"the same text", `"Healthy"`, `"Healthy"`, true},
		{"another text", `"Healthy"`, `"healthy"`, false},
		{"25 and 25.0", `25`, `25.0`, true},
		{"1e2 and 100", `1e2`, `100`, true},
		{"0.5 and 5E-1", `0.5`, `5E-1`, true},
		{"0.05 and 0.5", `0.05`, `0.5`, false},
		{"100 and 10", `100`, `10`, false},
		{"zeros in different notations", `-0.00e99999999999999999999`, `0`, true},
		{"signs", `-1`, `1`, false},
		{"beyond a float64", `9007199254740993`, `9007199254740992`, false},
		{"a huge exponent twice", `1e999999999`, `10e999999998`, true},
		{"an exponent beyond int64, same text", `1e99999999999999999999`, `1e99999999999999999999`, true},
		{"an exponent beyond int64, another text", `1e99999999999999999999`, `1e-99999999999999999999`, false},
		{"a number and its text", `25`, `"25"`, false},
		{"a text and a number", `"25"`, `25`, false},
		{"booleans", `true`, `true`, true},
		{"a boolean and its opposite", `true`, `false`, false},
		{"null and null", `null`, `null`, true},
		{"null and a text", `null`, `""`, false},
		{"null and an array", `null`, `[]`, false},
		{"an array and null", `[]`, `null`, false},
		{"arrays", `[1,"a",{"x":2.0}]`, `[1.0,"a",{"x":2}]`, true},
		{"the order of arrays", `[1,2]`, `[2,1]`, false},
		{"the length of arrays", `[1]`, `[1,1]`, false},
		{"objects in another order", `{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		{"a key that is null and one that is absent", `{"a":1,"b":null}`, `{"a":1,"c":null}`, true},
		{"an extra key on the left", `{"a":1,"b":0}`, `{"a":1}`, false},
		{"an extra key on the right", `{"a":1}`, `{"a":1,"b":0}`, false},
		{"an object and an array", `{}`, `[]`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, b := decoded(t, test.a, test.b)
			if got := jsonvalue.Equal(a, b, jsonvalue.NullIsAbsent); got != test.want {
				t.Errorf("Equal(%s, %s) = %t", test.a, test.b, got)
			}
			if got := jsonvalue.Equal(b, a, jsonvalue.NullIsAbsent); got != test.want {
				t.Errorf("Equal(%s, %s) = %t", test.b, test.a, got)
			}
		})
	}
}

// TestEqualIsQuickOnHugeNumbers would take minutes, or run out of memory, if a number were
// expanded.
func TestEqualIsQuickOnHugeNumbers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", 1<<20)
	a, b := decoded(t, `1e`+long, long+`e-`+long)
	began := time.Now()
	if jsonvalue.Equal(a, b, jsonvalue.NullIsAbsent) {
		t.Error("the numbers are equal")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}
