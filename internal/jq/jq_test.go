package jq_test

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jq"
)

func TestCompileExplainsMistakes(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`.a + }`:                                `reading the jq program: unexpected token "}" after .a +`,
		`.a ==`:                                 `reading the jq program: unexpected EOF after .a ==`,
		`)`:                                     `reading the jq program: unexpected token ")"`,
		`"é" + .aaaaaaaaaaaaaaaaaaaaaaaaaaaa +`: `reading the jq program: unexpected EOF after …aaaaaaaaaaaaaaaaaaaaaaaaaaaa +`,
		`.a | nothing`:                          `compiling the jq program: function not defined: nothing/0`,
		`input`:                                 `compiling the jq program: input(s)/0 is not allowed`,
		`import "a" as a; a::b`:                 `compiling the jq program: cannot load module: "a"`,
	} {
		if _, err := jq.Compile(source); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	input := map[string]any{"n": json.Number("9007199254740993"), "list": []any{json.Number("1"), nil}}
	for source, want := range map[string][]any{
		`.n`:          {json.Number("9007199254740993")},
		`.list[]`:     {json.Number("1"), nil},
		`empty`:       nil,
		`env, $ENV`:   {map[string]any{}, map[string]any{}},
		`.n = 1 | .n`: {1},
		`1, error`:    {1, "failed"},
		`halt_error`:  {"failed"},
	} {
		if got := outputs(t, source, input); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", source, got, want)
		}
	}
	if want := json.Number("9007199254740993"); input["n"] != want {
		t.Error("a program modified its input")
	}
}

func TestOutputsEndWithTheContext(t *testing.T) {
	t.Parallel()
	program, err := jq.Compile(`repeat(1) | select(. == 2)`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range program.Outputs(ctx, nil) {
		if err == nil {
			t.Error("the program has an output")
		}
		break
	}
}

func TestAssigns(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{`.a = 1`: true, `.a |= 1`: true, `.a //= 1`: true, `.a == 1`: false, `(.a = 1) | .a == 1`: true, `[] | setpath([9]; 1)`: true, `if .a |= 1 then 1 else 2 end`: true, `{a: 1} | .a >= 1`: false} {
		program, err := jq.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := program.Assigns(); got != want {
			t.Errorf("%s: %t", source, got)
		}
	}
}

// outputs runs a program and returns its outputs, with "failed" for an error.
func outputs(t *testing.T, source string, input any) []any {
	t.Helper()
	program, err := jq.Compile(source)
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	for output, err := range program.Outputs(t.Context(), input) {
		if err != nil {
			output = "failed"
		}
		got = append(got, output)
	}
	return got
}

func TestIsSyntaxError(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{".a ==": true, ".a | unheard_of(1)": false} {
		if _, err := jq.Compile(source); err == nil || jq.IsSyntaxError(err) != want {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestConstant(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{
		`5`: true, `true`: true, `"x"`: true, `"x" == "x"`: true, `[1, {a: null}]`: true, `-1 < 2`: true, `if true then 1 else 2 end`: true, `"a\(1)"`: true,
		`.`: false, `.a == 5`: false, `-.a`: false, `5 | .`: false, `..`: false, `"a\(.b)"`: false, `{a: .b}`: false, `{a}`: false, `now > 5`: false, `[1, .a]`: false, `.["a"]`: false,
		`if .a then true else false end`: false, `. as $x | 1`: false, `true and .a`: false, `@json`: false, `1 as $x | $x`: false, `reduce .[] as $x (0; 1)`: false,
	} {
		program, err := jq.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		if program.Constant() != want {
			t.Errorf("%s is constant: %t", source, !want)
		}
	}
}
