package jq_test

import (
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/jq"
)

func TestFirst(t *testing.T) {
	t.Parallel()
	input, err := document.Parse([]byte(`{"n":9007199254740993,"s":"x","l":[3,1,2],"o":{"b":1,"a":null}}`), document.KeepNumber)
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		`.n`: `9007199254740993`, `.n + 1`: `9007199254740994`, `.l | sort`: `[1,2,3]`, `.o`: `{"a":null,"b":1}`, `.l[]`: `3`,
		`.l | add / 4`: `1.5`, `.missing`: `null`, `true`: `true`, `nan`: `null`, `infinite`: `null`, `pow(2; 100)`: `1.2676506002282294e+30`,
	} {
		program, err := jq.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		value, ok := program.First(input)
		if got := string(document.Append(nil, value)); !ok || got != want {
			t.Errorf("%s: got %s (%t), want %s", source, got, ok, want)
		}
	}
}

func TestProgramsWithoutOutput(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`empty`, `error("x")`, `.a.b.c`, `last(repeat(1))`} {
		program, err := jq.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if value, ok := program.First("text"); ok {
			t.Errorf("%s: got %v", source, value)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s ran for %s", source, took)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`.a |`, `unheard_of`, `"`, `import "x" as x; 1`} {
		if _, err := jq.Compile(source); err == nil {
			t.Errorf("%q was accepted", source)
		}
	}
}
