package changelog_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os/exec"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
)

func TestStringify(t *testing.T) {
	t.Parallel()
	type inner struct {
		Zebra string `json:"zebra"`
		Apple any    `json:"apple"`
	}
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{"HTML is not escaped", "<a href=\"x\">&</a>", `"<a href=\"x\">&</a>"`},
		{"line separators are not escaped", "a\u2028b\u2029c", "\"a\u2028b\u2029c\""},
		{"an escaped backslash before u2028 is text", `\u2028 \\u2029`, `"\\u2028 \\\\u2029"`},
		{"a backslash before a line separator", "\\\u2028", "\"\\\\\u2028\""},
		{"control characters", "\x00\x1f\b\f\n\r\t\x7f", `"\u0000\u001f\b\f\n\r\t` + "\x7f" + `"`},
		{"invalid UTF-8 becomes the replacement character", "a\xffb", "\"a\uFFFDb\""},
		{"the replacement character itself", "\uFFFD", "\"\uFFFD\""},
		{"emoji", "🚀", `"🚀"`},
		{"raw JSON: unnecessary escapes", json.RawMessage(`"\u003c\/\u0041\u2028\u00e9\ud83d\ude80"`), "\"</A\u2028é🚀\""},
		{"raw JSON: necessary escapes", json.RawMessage(`"\u0022\u005C\u000A\u000B\u0009\u0008\u000c\u000d"`), `"\"\\\n\u000b\t\b\f\r"`},
		{"raw JSON: a lone surrogate", json.RawMessage(`"\uD83D\u0041 \uDE80 \ud83d"`), `"\ud83dA \ude80 \ud83d"`},
		{"raw JSON: keys", json.RawMessage(`{"\u003ca":1}`), `{"<a":1}`},
		{"integers", []float64{0, 1, -1, 25, 9007199254740991}, `[0,1,-1,25,9007199254740991]`},
		{"negative zero", []any{math.Copysign(0, -1), -0.5}, `[0,-0.5]`},
		{"negative zero at the end", math.Copysign(0, -1), `0`},
		{"negative zero as text", "-0,-0", `"-0,-0"`},
		{"fractions", []float64{91.5, 0.1, 1e-6, 1e-7, 1.5e-10}, `[91.5,0.1,0.000001,1e-7,1.5e-10]`},
		{"large numbers", []float64{1e20, 1e21, 1.7976931348623157e308}, `[100000000000000000000,1e+21,1.7976931348623157e+308]`},
		{"json.Number keeps its text", []json.Number{"1.0", "1e2", "12345678901234567890"}, `[1.0,1e2,12345678901234567890]`},
		{"struct fields keep their order", inner{"z", nil}, `{"zebra":"z","apple":null}`},
		{"empty collections", []any{map[string]any{}, []any{}, nil, true}, `[{},[],null,true]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := changelog.Stringify(test.value)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestStringifyRefusesNaN(t *testing.T) {
	t.Parallel()
	if got, err := changelog.Stringify(math.NaN()); err == nil {
		t.Errorf("NaN was serialised as %s", got)
	}
}

// TestStringifyAgreesWithNode compares the output with that of Node for every document.
func TestStringifyAgreesWithNode(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not on PATH")
	}
	documents := [][]byte{
		[]byte(`{"a":"\u003c\u2028\/\\u2028\ud83d\ude80\ud83d","b":[1e21,1e-7,0.1,-0,123456789.125],"c":{"\u0000":null}}`),
		[]byte(`["\\\\u003c","\\\u003c","\"\\","\u007f\u0080\uffff\u001f"]`),
		[]byte(`[5e-324,1.7976931348623157e308,4.35,100,1e20,123456789012345680000,0.000001,1.234e-6]`),
	}
	for _, document := range documents {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), node, "-e",
				`let s="";process.stdin.on("data",d=>s+=d).on("end",()=>process.stdout.write(JSON.stringify(JSON.parse(s))))`)
			command.Stdin = bytes.NewReader(document)
			want, err := command.Output()
			if err != nil {
				t.Fatal(err)
			}
			got, err := changelog.Stringify(floats(t, document))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got  %s\nnode %s", got, want)
			}
		})
	}
}

// floats converts the numbers of a document to float64 and leaves strings as raw JSON, so that
// their escapes reach Stringify unchanged.
func floats(t *testing.T, document []byte) any {
	t.Helper()
	var list []json.RawMessage
	if json.Unmarshal(document, &list) == nil && list != nil {
		values := make([]any, len(list))
		for i, element := range list {
			values[i] = floats(t, element)
		}
		return values
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(document, &object) == nil && object != nil {
		values := make(map[string]any, len(object))
		for key, element := range object {
			values[key] = floats(t, element)
		}
		return values
	}
	var number float64
	if string(document) != "null" && json.Unmarshal(document, &number) == nil {
		return number
	}
	return json.RawMessage(document)
}
