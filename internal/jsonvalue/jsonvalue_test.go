package jsonvalue_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

func TestEqualText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		a, b string
		want bool
	}{
		"key order and spacing":        {`{"a":1,"b":[true,null]}`, "{ \"b\": [ true, null ],\n\"a\": 1 }", true},
		"escaping":                     {`"<&>"`, `"\u003c\u0026\u003e"`, true},
		"integer and fraction":         {`1`, `1.0`, true},
		"integer and exponent":         {`100`, `1e2`, true},
		"fraction and exponent":        {`0.001`, `1E-3`, true},
		"signed exponent":              {`1e+2`, `1e2`, true},
		"negative zero":                {`-0`, `0.0e7`, true},
		"beyond double precision":      {`9007199254740993`, `9007199254740992`, false},
		"long fractions":               {`0.1000000000000000000001`, `0.1`, false},
		"sign":                         {`-1`, `1`, false},
		"magnitude":                    {`10`, `1`, false},
		"a huge exponent, equal":       {`1e999999999999`, `10e999999999998`, true},
		"a huge exponent, different":   {`1e999999999999`, `1e999999999998`, false},
		"number and string":            {`1`, `"1"`, false},
		"array order":                  {`[1,2]`, `[2,1]`, false},
		"array length":                 {`[1]`, `[1,1]`, false},
		"missing key":                  {`{"a":null}`, `{}`, false},
		"another key":                  {`{"a":null}`, `{"b":null}`, false},
		"null and empty object":        {`null`, `{}`, false},
		"text that is not JSON":        {`{`, `{`, true},
		"JSON and text that is not":    {`{}`, `{`, false},
		"trailing data is not ignored": {`{}`, `{} {}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := jsonvalue.EqualText(test.a, test.b); got != test.want {
				t.Errorf("EqualText(%s, %s) = %t", test.a, test.b, got)
			}
			if got := jsonvalue.EqualText(test.b, test.a); got != test.want {
				t.Errorf("EqualText(%s, %s) = %t", test.b, test.a, got)
			}
		})
	}
}

func TestDecodeKeepsDigits(t *testing.T) {
	t.Parallel()
	value, err := jsonvalue.Decode([]byte(`{"n":9007199254740993.10}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"n": json.Number("9007199254740993.10")}
	if !jsonvalue.Equal(value, want) || value.(map[string]any)["n"] != want["n"] {
		t.Errorf("got %v", value)
	}
}

func TestDecodeRefusesTrailingData(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}x`, `1 2`, `[] ]`} {
		if _, err := jsonvalue.Decode([]byte(text)); !errors.Is(err, jsonvalue.ErrTrailingData) {
			t.Errorf("Decode(%s): %v", text, err)
		}
	}
	if _, err := jsonvalue.Decode(nil); err == nil {
		t.Error("an empty text is not a JSON value")
	}
}

func TestEncodeDoesNotEscapeHTML(t *testing.T) {
	t.Parallel()
	got, err := jsonvalue.Encode(map[string]any{"b": "<&>", "a": json.Number("1e2")})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"a":1e2,"b":"<&>"}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzEqualIsReflexive(f *testing.F) {
	f.Add(`{"a":[1,2.50,-0e9,"x",null,true]}`)
	f.Fuzz(func(t *testing.T, text string) {
		value, err := jsonvalue.Decode([]byte(text))
		if err != nil {
			return
		}
		encoded, err := jsonvalue.Encode(value)
		if err != nil {
			t.Fatal(err)
		}
		if !jsonvalue.EqualText(text, string(encoded)) {
			t.Errorf("%s is not equal to its own encoding %s", text, encoded)
		}
	})
}

func TestCompareNumbers(t *testing.T) {
	t.Parallel()
	ascending := []json.Number{
		"-1e999999999999", "-9007199254740993", "-9007199254740992", "-10", "-9.5", "-1e-9", "0", "1e-999999999999", "1e-9", "0.1", "0.10000000000000000001",
		"1", "9.5", "10", "9007199254740992", "9007199254740993", "1e400", "1e999999999999",
	}
	for i, a := range ascending {
		for j, b := range ascending {
			if got := jsonvalue.CompareNumbers(a, b); got != cmp.Compare(i, j) {
				t.Errorf("CompareNumbers(%s, %s) = %d", a, b, got)
			}
		}
	}
}

func TestCanonicalNumber(t *testing.T) {
	t.Parallel()
	for want, spellings := range map[json.Number][]json.Number{
		"0":            {"0", "-0", "0.0", "0e9"},
		"0.1e1":        {"1", "1.0", "1e0", "10e-1"},
		"-0.25e2":      {"-25", "-25.0", "-2.5e1", "-2.5E+1"},
		"0.1e-8":       {"1e-9", "0.000000001"},
		"not a number": {"not a number"},
	} {
		for _, spelling := range spellings {
			if got := jsonvalue.CanonicalNumber(spelling); got != want {
				t.Errorf("CanonicalNumber(%s) = %s, want %s", spelling, got, want)
			}
		}
	}
}
