package document_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

func parse(tb testing.TB, text string) any {
	tb.Helper()
	value, err := document.Parse([]byte(text), document.KeepNumber)
	if err != nil {
		tb.Fatalf("%s: %s", text, err)
	}
	return value
}

func TestDocumentsRoundTrip(t *testing.T) {
	t.Parallel()
	many := `{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,"ka":10,"kb":11,"kc":12,"kd":13,"ke":14,"kf":15,"kg":16,"kh":17}`
	for _, text := range []string{
		`null`, `true`, `""`, `[]`, `{}`, `[[],{}]`,
		`{"z":1,"a":{"y":2,"b":[3,"x"]}}`,
		`[9007199254740993,0.1,1.0,1e2,1E+2,-0,123456789012345678901234567890]`,
		`"<a href=\"x\">&\u0001\n\t\\ é 😀"`,
		"\"\u2028\"",
		many,
	} {
		if got := string(document.Append(nil, parse(t, text))); got != text {
			t.Errorf("got  %s\nwant %s", got, text)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	t.Run("spaces are dropped and escapes decoded", func(t *testing.T) {
		t.Parallel()
		if got := string(document.Append(nil, parse(t, ` { "a" : [ 1 , "\u00e9\/" ] } `))); got != `{"a":[1,"é/"]}` {
			t.Error(got)
		}
	})
	t.Run("the last value of a repeated key wins", func(t *testing.T) {
		t.Parallel()
		if got := string(document.Append(nil, parse(t, `{"a":1,"b":2,"a":3}`))); got != `{"a":3,"b":2}` {
			t.Error(got)
		}
	})
	for name, text := range map[string]string{
		"empty": "", "space": " ", "two values": "{} {}", "trailing bytes": "{}x", "single quotes": "{'a':1}",
		"truncated": `{"a":[1,`, "bare word": "nul", "leading zero": "01", "NaN": "NaN", "byte order mark": "\ufeff{}",
		"too deep": strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if value, err := document.Parse([]byte(text), document.KeepNumber); !errors.Is(err, document.ErrSyntax) {
				t.Errorf("got %v, %v", value, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5e3,{"b":null}],"a":"x"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := document.Parse(text, document.KeepNumber)
		if (err == nil) != json.Valid(text) {
			t.Fatalf("error %v, but valid is %t", err, json.Valid(text))
		}
		if err != nil {
			return
		}
		again, err := document.Parse(document.Append(nil, value), document.RoundNumber)
		if err != nil || !document.Equal(document.MapNumbers(value, document.RoundNumber), again) {
			t.Fatalf("%s became %s: %v", text, document.Append(nil, value), err)
		}
	})
}

func TestRoundNumber(t *testing.T) {
	t.Parallel()
	for sent, want := range map[json.Number]json.Number{
		"9007199254740993": "9007199254740992", "0.1": "0.1", "1.0": "1", "1e2": "100", "-0": "0", "-0.0": "0",
		"1e21": "1e+21", "123456789012345680000": "123456789012345680000", "1e-7": "1e-7", "0.000001": "0.000001",
		"5e-324": "5e-324", "1e400": "1e400",
	} {
		if got := document.RoundNumber(sent); got != want {
			t.Errorf("%s: got %s, want %s", sent, got, want)
		}
	}
}

func TestSpellNumberKeepsTheValue(t *testing.T) {
	t.Parallel()
	for sent, want := range map[json.Number]json.Number{
		"25.0": "25", "1E2": "100", "0.10": "0.1", "9007199254740993": "9007199254740993", "1e400": "1e400",
		"0.1234567890123456789": "0.1234567890123456789",
	} {
		if got := document.SpellNumber(sent); got != want {
			t.Errorf("%s: got %s, want %s", sent, got, want)
		}
	}
}

func TestEqualAndKeyAgree(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{`1`, `1.0`, true},
		{`100`, `1e2`, true},
		{`9007199254740992`, `9007199254740993`, false},
		{`1`, `"1"`, false},
		{`null`, `false`, false},
		{`{"a":1,"b":[2]}`, `{"b":[2.0],"a":1}`, true},
		{`{"a":1}`, `{"a":1,"b":null}`, false},
		{`{"a":null}`, `{"b":null}`, false},
		{`[1,2]`, `[2,1]`, false},
		{`[1]`, `[1,1]`, false},
		{`[[1],2]`, `[1,[2]]`, false},
		{`["a,b"]`, `["a","b"]`, false},
		{`1e999999999`, `10e999999998`, true},
		{`1e999999999`, `1e999999998`, false},
	} {
		a, b := parse(t, test.a), parse(t, test.b)
		if got := document.Equal(a, b); got != test.want {
			t.Errorf("%s = %s: got %t", test.a, test.b, got)
		}
		if got := document.Key(a) == document.Key(b); got != test.want {
			t.Errorf("the keys of %s and %s: got %t", test.a, test.b, got)
		}
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	original, _ := parse(t, `{"a":{"b":{"c":1}},"d":2,"e":3}`).(*document.Object)
	text := func(o *document.Object) string { return string(document.Append(nil, o)) }

	t.Run("Updated copies the path to the value", func(t *testing.T) {
		t.Parallel()
		if got := text(original.Updated("x", "a", "b", "c")); got != `{"a":{"b":{"c":"x"}},"d":2,"e":3}` {
			t.Error(got)
		}
		if got := text(original.Updated("x", "n", "m")); got != `{"a":{"b":{"c":1}},"d":2,"e":3,"n":{"m":"x"}}` {
			t.Error(got)
		}
		if got := text(original); got != `{"a":{"b":{"c":1}},"d":2,"e":3}` {
			t.Errorf("the original changed: %s", got)
		}
	})
	t.Run("Renamed keeps the position", func(t *testing.T) {
		t.Parallel()
		if got := text(original.Renamed("d", "z")); got != `{"a":{"b":{"c":1}},"z":2,"e":3}` {
			t.Error(got)
		}
	})
	t.Run("Delete and Clone", func(t *testing.T) {
		t.Parallel()
		clone := original.Clone()
		clone.Delete("d")
		clone.Delete("not there")
		if got := text(clone); got != `{"a":{"b":{"c":1}},"e":3}` {
			t.Error(got)
		}
		if !original.Has("d") {
			t.Error("the original changed")
		}
	})
	t.Run("a large object finds, replaces and deletes", func(t *testing.T) {
		t.Parallel()
		large := document.New()
		for i := range 100 {
			large.Set(strings.Repeat("k", i), i)
		}
		large.Set("kkk", "x")
		large.Delete("kk")
		if large.Len() != 99 || large.Has("kk") || large.Text("kkk") != "x" || large.Value(strings.Repeat("k", 99)) != 99 {
			t.Error(text(large))
		}
	})
	t.Run("a nil object reads as an empty one", func(t *testing.T) {
		t.Parallel()
		missing := original.Object("d")
		if missing.Len() != 0 || missing.Has("x") || missing.Object("x").Text("y") != "" || missing.List("z") != nil || missing.Flag("f") {
			t.Error("a nil object has something")
		}
	})
}
