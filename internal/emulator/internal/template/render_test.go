package template

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

const root = `{
	"event": {"action": "UPDATE", "context": {"entityIdentifier": "cart", "propertyIdentifier": null},
		"diff": {"after": {"title": "Cart", "properties": {"replicas": 3, "ratio": 0.50, "big": 9007199254740993, "live": false, "tags": ["a", "b"], "config": {"z": 1, "a": [2]}}}}},
	"inputs": {"name": "x", "empty": "", "braces": "}}", "quote": "it's"},
	"secrets": {"token": "s3", "with-dash": "d"},
	"run": {"id": "r_1"}
}`

func parse(t *testing.T, text string) any {
	t.Helper()
	value, err := document.Parse([]byte(text), document.KeepNumber)
	if err != nil {
		t.Fatalf("invalid test: %s: %s", err, text)
	}
	return value
}

func data(t *testing.T) Data {
	t.Helper()
	object, _ := parse(t, root).(*document.Object)
	return NewData(object)
}

// TestRender lists templates and their results, both as JSON. A result that begins with "error:" is
// part of an error message.
func TestRender(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ template, want string }{
		"no braces":                 {`"plain } { text"`, `"plain } { text"`},
		"other types pass":          {`[1.50, true, null, {}]`, `[1.50,true,null,{}]`},
		"whole string":              {`"{{ .event.action }}"`, `"UPDATE"`},
		"whole without blanks":      {`"{{.event.action}}"`, `"UPDATE"`},
		"whole with blanks around":  {`" \n{{ .event.diff.after.properties.replicas }}\t"`, `3`},
		"whole number":              {`"{{ .event.diff.after.properties.ratio }}"`, `0.50`},
		"whole number beyond 2^53":  {`"{{ .event.diff.after.properties.big }}"`, `9007199254740993`},
		"whole boolean":             {`"{{ .event.diff.after.properties.live }}"`, `false`},
		"whole list":                {`"{{ .event.diff.after.properties.tags }}"`, `["a","b"]`},
		"whole object":              {`"{{ .event.context }}"`, `{"entityIdentifier":"cart","propertyIdentifier":null}`},
		"whole null":                {`"{{ .event.context.propertyIdentifier }}"`, `null`},
		"whole missing":             {`"{{ .nothing.at.all }}"`, `null`},
		"whole computed":            {`"{{ .event.diff.after.properties.replicas * 2 + 1 }}"`, `7`},
		"whole empty string":        {`"{{ .inputs.empty }}"`, `""`},
		"text around":               {`"of {{ .event.context.entityIdentifier }}"`, `"of cart"`},
		"two in one text":           {`"{{ .run.id }}{{ .event.action }}"`, `"r_1UPDATE"`},
		"two and text":              {`"<{{ .run.id }}> is <{{ .event.action }}>"`, `"<r_1> is <UPDATE>"`},
		"number in text":            {`"n={{ .event.diff.after.properties.replicas }}"`, `"n=3"`},
		"boolean in text":           {`"{{ .event.diff.after.properties.live }}!"`, `"false!"`},
		"null in text":              {`"p: {{ .event.context.propertyIdentifier }}"`, `"p: null"`},
		"missing in text":           {`"p: {{ .nothing }}"`, `"p: null"`},
		"undefined in text":         {`"p: {{ empty }}"`, `"p: undefined"`},
		"list in text":              {`"tags: {{ .event.diff.after.properties.tags }}"`, `"tags: [\"a\",\"b\"]"`},
		"object in text":            {`"x {{ .run }}"`, `"x {\"id\":\"r_1\"}"`},
		"empty string in text":      {`"[{{ .inputs.empty }}]"`, `"[]"`},
		"failing program":           {`"{{ .event.action | tonumber }}"`, `null`},
		"failing program in text":   {`"v: {{ error(\"x\") }}"`, `"v: null"`},
		"no program at all":         {`"{{ .event. | }}"`, `null`},
		"unknown function":          {`"{{ nosuch(1) }}"`, `null`},
		"first output counts":       {`"{{ 1, 2, 3 }}"`, `1`},
		"environment is empty":      {`"{{ env }} {{ $ENV.PATH }}"`, `"{} null"`},
		"secret":                    {`"{{ .secrets.token }}"`, `"s3"`},
		"secret with a dash":        {`"Bearer {{ .secrets[\"with-dash\"] }}"`, `"Bearer d"`},
		"undefined at the root":     {`"{{ empty }}"`, `null`},
		"undefined in a list":       {`["a", "{{ empty }}", "b"]`, `["a",null,"b"]`},
		"undefined under a key":     {`{"a": "{{ empty }}", "b": 1}`, `{"b":1}`},
		"null under a key":          {`{"a": "{{ .nothing }}"}`, `{"a":null}`},
		"nested":                    {`{"a": [{"b": "{{ .run.id }}"}]}`, `{"a":[{"b":"r_1"}]}`},
		"braces in double quotes":   {`"{{ .inputs.name + \"}}\" }}"`, `"x}}"`},
		"braces in single quotes":   {`"{{ .inputs.name + '}}' }}"`, `"x}}"`},
		"opening braces in quotes":  {`"{{ '{{' }}"`, `"{{"`},
		"other quote within quotes": {`"{{ \"it's\" }}"`, `"it's"`},
		"backslash before a quote":  {`"{{ \"a\\\"}}\" }}"`, `"a\"}}"`},
		"single quotes with blank":  {`"{{ 'a b' }}"`, `"a b"`},
		"single quotes in text":     {`"<{{ 'a' }}>"`, `"<a>"`},
		"object literal":            {`"{{ {a: .run.id} }}"`, `{"a":"r_1"}`},
		"three closing braces":      {`"{{ {a: .run.id}}}"`, `{"a":"r_1"}`},
		"three closing in text":     {`"<{{ {a: 1}}}>"`, `"<{\"a\":1}>"`},
		"single braces":             {`"{ .run.id }"`, `"{ .run.id }"`},
		"alternative operator":      {`"{{ .nothing // \"none\" }}"`, `"none"`},
		"key":                       {`{"{{ .event.action }}": 1}`, `{"UPDATE":1}`},
		"key with text":             {`{"x-{{ .run.id }}": 1}`, `{"x-r_1":1}`},
		"key of null":               {`{"{{ .nothing }}": 1, "b": 2}`, `{"b":2}`},
		"key of an empty string":    {`{"{{ .inputs.empty }}": 1}`, `{}`},
		"key without output":        {`{"{{ empty }}": 1}`, `{}`},
		"empty key":                 {`{"": 1}`, `{}`},
		"key of a dropped value":    {`{"{{ .nothing }}": "{{ }} }}"}`, `{}`},
		"key of a number":           {`{"{{ 1 }}": 1}`, `error: the key "{{ 1 }}" must evaluate to a string, not to 1`},
		"key of an object":          {`{"{{ .run }}": 1}`, `error: must evaluate to a string`},
		"key of false":              {`{"{{ false }}": 1}`, `error: must evaluate to a string, not to false`},
		"later key wins":            {`{"a": 1, "{{ \"a\" }}": 2}`, `{"a":2}`},
		"spread":                    {`{"a": 1, "{{ spreadValue() }}": "{{ .run }}", "z": 2}`, `{"a":1,"id":"r_1","z":2}`},
		"spread without blanks":     {`{"{{spreadValue()}}": "{{ .run }}"}`, `{"id":"r_1"}`},
		"spread with blanks":        {`{"{{  spreadValue(  )  }}": "{{ .run }}"}`, `{"id":"r_1"}`},
		"spread of a literal":       {`{"{{ spreadValue() }}": {"{{ .run.id }}": "{{ .event.action }}"}}`, `{"r_1":"UPDATE"}`},
		"spread of a list":          {`{"{{ spreadValue() }}": "{{ .event.diff.after.properties.tags }}"}`, `{"0":"a","1":"b"}`},
		"spread overrides earlier":  {`{"id": "mine", "{{ spreadValue() }}": "{{ .run }}"}`, `{"id":"r_1"}`},
		"spread is overridden":      {`{"{{ spreadValue() }}": "{{ .run }}", "id": "mine"}`, `{"id":"mine"}`},
		"spread in a list":          {`[{"{{ spreadValue() }}": "{{ .run }}"}]`, `[{"id":"r_1"}]`},
		"spread of null":            {`{"{{ spreadValue() }}": "{{ .nothing }}"}`, `error: must evaluate to an object or a list, not to null`},
		"spread of nothing":         {`{"{{ spreadValue() }}": "{{ empty }}"}`, `error: not to undefined`},
		"spread of a string":        {`{"{{ spreadValue() }}": "{{ .run.id }}"}`, `error: not to r_1`},
		"spread of a number":        {`{"{{ spreadValue() }}": 1}`, `error: not to 1`},
		"spread within a longer key": {
			`{"x{{ spreadValue() }}": 1}`, `{"xnull":1}`,
		},
		"nested braces":   {`"{{ .a {{ .b }} }}"`, `error: character 7`},
		"never closed":    {`"abc {{ .a"`, `error: character 5`},
		"never opened":    {`"abc }} d"`, `error: character 5`},
		"closed twice":    {`"{{ .a }} }}"`, `error: character 10`},
		"error in a list": {`["{{"]`, `error: are not closed`},
		"error in a key":  {`{"{{ .a": 1}`, `error: are not closed`},
		"recommended body": {
			`{"{{ spreadValue() }}": "{{ .event }}", "run": {"id": "{{ .run.id }}"}}`,
			`{"action":"UPDATE","context":{"entityIdentifier":"cart","propertyIdentifier":null},"diff":{"after":{"properties":{"big":9007199254740993,"config":{"a":[2],"z":1},"live":false,` +
				`"ratio":0.50,"replicas":3,"tags":["a","b"]},"title":"Cart"}},"run":{"id":"r_1"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := data(t).Render(parse(t, test.template))
			if part, isError := strings.CutPrefix(test.want, "error: "); isError {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("got %s and the error %v, want the error %s", document.Append(nil, got), err, part)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if text := string(document.Append(nil, got)); text != test.want {
				t.Errorf("got  %s\nwant %s", text, test.want)
			}
		})
	}
}

func TestRenderDoesNotChangeTheTemplate(t *testing.T) {
	t.Parallel()
	template := parse(t, `{"a": ["{{ .run.id }}", {"{{ spreadValue() }}": "{{ .run }}"}]}`)
	before, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := data(t).Render(template); err != nil {
		t.Fatal(err)
	}
	if after := string(document.Append(nil, template)); after != string(before) {
		t.Errorf("the template became %s", after)
	}
}
