package port

import (
	"encoding/json"
	"testing"
)

func TestMatchesSent(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		result, sent string
		want         bool
	}{
		"equal":                          {`{"a":1,"b":[true,"x"]}`, `{"a":1,"b":[true,"x"]}`, true},
		"additions of Port":              {`{"a":1,"createdAt":"now","p":{"q":null,"r":3}}`, `{"a":1,"p":{}}`, true},
		"null that Port replaced":        {`{"a":"default"}`, `{"a":null}`, true},
		"empty and absent":               {`{"t":[]}`, `{"d":"","m":{},"l":[]}`, true},
		"a missing value":                {`{}`, `{"a":1}`, false},
		"a null value":                   {`{"a":null}`, `{"a":false}`, false},
		"another string":                 {`{"a":"x"}`, `{"a":"y"}`, false},
		"another type":                   {`{"a":"1"}`, `{"a":1}`, false},
		"an object for a string":         {`{"a":"x"}`, `{"a":{"b":1}}`, false},
		"a string for a list":            {`{"a":"x"}`, `{"a":["x"]}`, false},
		"another boolean":                {`{"a":true}`, `{"a":false}`, false},
		"another number":                 {`{"a":2}`, `{"a":1}`, false},
		"another notation":               {`{"a":1e2}`, `{"a":100.0}`, true},
		"a number that Port rounded":     {`{"a":9007199254740992}`, `{"a":9007199254740993}`, true},
		"an infinite number":             {`{"a":1e999}`, `{"a":1e999}`, true},
		"two infinite numbers":           {`{"a":1e999}`, `{"a":2e999}`, false},
		"a list in another order":        {`{"a":["x","y"]}`, `{"a":["y","x"]}`, false},
		"a longer list":                  {`{"a":["x","y"]}`, `{"a":["x"]}`, false},
		"null within a list":             {`{"a":[null]}`, `{"a":["x"]}`, false},
		"a value for null within a list": {`{"a":["x"]}`, `{"a":[null]}`, false},
		"teams in another order":         {`{"team":["x","y"]}`, `{"team":["y","x"]}`, true},
		"another team":                   {`{"team":["x","z"]}`, `{"team":["y","x"]}`, false},
		"a missing team":                 {`{"team":null}`, `{"team":["y"]}`, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := matchesSent(json.RawMessage(c.result), json.RawMessage(c.sent)); got != c.want {
				t.Errorf("%s contains %s: %t, want %t", c.result, c.sent, got, c.want)
			}
		})
	}
	if matchesSent(json.RawMessage(`{}`), func() {}) || matchesSent(func() {}, json.RawMessage(`{}`)) {
		t.Error("invalid JSON matches")
	}
}
