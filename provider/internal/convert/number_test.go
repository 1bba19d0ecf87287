package convert_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
)

func TestNumber_roundTrip(t *testing.T) {
	t.Parallel()
	tests := map[json.Number]json.Number{
		"0":                      "0",
		"-0.0":                   "-0",
		"1.0":                    "1",
		"1e0":                    "1",
		"25":                     "25",
		"0.1":                    "0.1",
		"91.5":                   "91.5",
		"9007199254740993":       "9007199254740993",
		"-9007199254740993":      "-9007199254740993",
		"0.30000000000000000004": "0.30000000000000000004",
		"100000000000000000000":  "100000000000000000000",
		"1e21":                   "1e+21",
		"1e-7":                   "0.0000001",
		"1e-9":                   "1e-09",
		"1e400":                  "1e+400",
	}
	for in, want := range tests {
		t.Run(in.String(), func(t *testing.T) {
			t.Parallel()
			number, err := convert.NumberFromText(in)
			if err != nil {
				t.Fatal(err)
			}
			got := convert.NumberText(number)
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if !json.Valid([]byte(got)) {
				t.Errorf("%s is not a JSON number", got)
			}
		})
	}
}

func TestNumberText_ofADouble(t *testing.T) {
	t.Parallel()
	if got := convert.NumberText(types.NumberValue(big.NewFloat(0.1))); got != "0.1" {
		t.Errorf("a double of 0.1 is written as %s", got)
	}
}

func TestNumberFromText_invalid(t *testing.T) {
	t.Parallel()
	for _, text := range []json.Number{"", "ten", "1,5"} {
		if _, err := convert.NumberFromText(text); err == nil {
			t.Errorf("%q was accepted as a number", text)
		}
	}
}

func TestIsStorable(t *testing.T) {
	t.Parallel()
	tests := map[json.Number]bool{"1e308": true, "-1e308": true, "9007199254740993": true, "1e400": false, "-1e400": false}
	for text, want := range tests {
		number, err := convert.NumberFromText(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := convert.IsStorable(number); got != want {
			t.Errorf("IsStorable(%s) = %t", text, got)
		}
	}
	if !convert.IsStorable(types.NumberUnknown()) {
		t.Error("an unknown number was refused")
	}
}
