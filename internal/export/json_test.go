package export

import (
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

func TestJSONEncode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ exact, meant string }{
		`{"a":1,"b":[true,null,"x"]}`: {`jsonencode({ a = 1, b = [true, null, "x"] })`, `jsonencode({ a = 1, b = [true, null, "x"] })`},
		`{"b":1,"a":2}`:               {"", `jsonencode({ a = 2, b = 1 })`},
		`{"a":"<"}`:                   {"", `jsonencode({ a = "<" })`},
		`{ "a": 1 }`:                  {"", `jsonencode({ a = 1 })`},
		`[1.0]`:                       {"", `jsonencode([1.0])`},
		`[-1e-7]`:                     {"", `jsonencode([-1e-7])`},
		`[]`:                          {"jsonencode([])", "jsonencode([])"},
		`{"for":"${a}"}`:              {`jsonencode({ "for" = "$${a}" })`, `jsonencode({ "for" = "$${a}" })`},
		`"text"`:                      {},
		`1`:                           {},
		`{not json}`:                  {},
	} {
		if got, _ := jsonencode(text, false, ""); got != want.exact {
			t.Errorf("%s, to the byte: %s", text, got)
		}
		got, isDocument := jsonencode(text, true, "")
		if got != want.meant {
			t.Errorf("%s, normalized: %s", text, got)
		}
		if isDocument && !jsonvalue.EqualText(evaluate(t, got).AsString(), text) {
			t.Errorf("%s evaluates to %s", text, evaluate(t, got).AsString())
		}
	}
}

func FuzzJSONEncode(f *testing.F) {
	f.Add(`{"a":["${x}",1.5e3,{"for":null}]}`)
	f.Add(`{"":{"\u0000":-0}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if written, isDocument := jsonencode(text, false, ""); isDocument {
			if got := evaluate(t, written).AsString(); got != text {
				t.Errorf("%s evaluates to %s", text, got)
			}
		}
		if written, isDocument := jsonencode(text, true, ""); isDocument {
			if got := evaluate(t, written).AsString(); !jsonvalue.EqualText(got, text) {
				t.Errorf("%s evaluates to %s", text, got)
			}
		}
	})
}
