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
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", source, got, want)
		}
	}
	if want := json.Number("9007199254740993"); input["n"] != want {
		t.Error("a program has changed its input")
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
			t.Error("it has an output")
		}
		break
	}
}

func TestAssigns(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{`.a = 1`: true, `.a |= 1`: true, `.a //= 1`: true, `.a == 1`: false, `(.a = 1) | .a == 1`: false} {
		program, err := jq.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := program.Assigns(); got != want {
			t.Errorf("%s: %t", source, got)
		}
	}
}
