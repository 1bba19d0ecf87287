package config

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
)

const plainForm = `
port:
  client_secrets: ["${SECRET}"]
webhook: { path: /hooks, max_body: 8MiB }
store:
  dir: /data
destinations:
  team: { webhook_url: http://localhost/x, rate: 30/m }
rules:
  - name: crashed
    blueprint: deploymentConfig
    property: healthStatus
    from: [Healthy, null, 1.50]
    to: [Crashed, {a: [true]}]
    when:
      type: JQ
      expressions:
        - .diff.after.properties.healthStatus == "Crashed"
      combinator: and
    template: short
templates:
  short: { header: "{{ .Title }}" }
`

const quotedForm = `
"port":
  'client_secrets': ["${SECRET}"]
"webhook": { "path": /hooks, 'max_body': 8MiB }
"store":
  "dir": /data
"destinations":
  "team": { "webhook_url": http://localhost/x, "rate": 30/m }
"rules":
  - "name": crashed
    "blueprint": deploymentConfig
    "property": healthStatus
    "from": [Healthy, null, 1.50]
    "to": [Crashed, {"a": [true]}]
    "when": {"type":"JQ","expressions":[".diff.after.properties.healthStatus == \"Crashed\""],"combinator":"and"}
    "template": short
"templates":
  "short": { "header": "{{ .Title }}" }
`

const jsonForm = `{
	"port": {"client_secrets": ["${SECRET}"]},
	"webhook": {"path": "\/hooks", "max_body": "8MiB"},
	"store": {"dir": "/data"},
	"destinations": {
		"team": {"webhook_url": "http:\/\/localhost\/x", "rate": "30\u002fm"}
	},
	"rules": [{
		"name": "crashed",
		"blueprint": ["deploymentConfig"],
		"property": "healthStatus",
		"from": ["Healthy", null, 1.50],
		"to": ["Crashed", {"a": [true]}],
		"when": {"type":"JQ","expressions":[".diff.after.properties.healthStatus == \"Crashed\""],"combinator":"and"},
		"template": "short"
	}],
	"templates": {"short": {"header": "{{ .Title }}"}}
}`

// TestFormsOfOneConfiguration loads the same configuration with plain and with quoted keys, as
// JSON, and as editors on Windows write it.
func TestFormsOfOneConfiguration(t *testing.T) {
	t.Parallel()
	const crashed = `{"action":"UPDATE","resourceType":"entity","context":{"blueprint":"deploymentConfig","entity":"e"},
		"diff":{"before":{"properties":{"healthStatus":1.5}},"after":{"properties":{"healthStatus":"Crashed"}}}}`
	forms := map[string]string{"plain": plainForm, "quoted": quotedForm, "JSON": jsonForm}
	forms["JSON in one line"] = strings.NewReplacer("\n", "", "\t", "", ": ", ":", ", ", ",").Replace(jsonForm)
	for name, form := range map[string]string{"plain": plainForm, "quoted": quotedForm, "JSON": jsonForm} {
		forms[name+" with a byte order mark"] = byteOrderMark + form
		forms[name+" with the line breaks of Windows"] = byteOrderMark + strings.ReplaceAll(form, "\n", "\r\n")
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := Source{File: write(t, form), LookupEnv: func(name string) (string, bool) { return "k7-client-secret", name == "SECRET" }}
			loaded, err := Load(source)
			if err != nil {
				t.Fatal(err)
			}
			if summary := loaded.Summary(); summary != "Client secrets: 1. Destinations: team. Rules: crashed." {
				t.Errorf("the summary is %s", summary)
			}
			if loaded.Webhook.Path != "/hooks" || loaded.Webhook.MaxBody != 8<<20 || loaded.Store.Dir != "/data" || loaded.Destinations[0].WebhookURL.Reveal() != "http://localhost/x" {
				t.Errorf("it is read as %+v", loaded)
			}
			event, err := changelog.Parse([]byte(crashed))
			if err != nil {
				t.Fatal(err)
			}
			if verdict := loaded.Rules[0].Match(event); !verdict.Matches || loaded.Rules[0].Template == nil {
				t.Errorf("the rule %+v does not match: %+v", loaded.Rules[0], verdict)
			}
			stored, err := LoadStore(source)
			if err != nil || stored.Store.Dir != "/data" || len(stored.Destinations) != 1 || stored.Destinations[0] != "team" {
				t.Errorf("the store is %+v (%v)", stored, err)
			}
			rules, err := LoadRules(source)
			if err != nil || !rules.HasDestination("team") || len(rules.Rules) != 1 {
				t.Errorf("the rules are %+v (%v)", rules, err)
			}
		})
	}
}

// TestNamesOfDestinations checks that all loading functions accept the same names.
func TestNamesOfDestinations(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"On Call", `"on.call"`, `"${X}"`, "-a", strings.Repeat("a", 64)} {
		output := allLoads(write(t, "store: {dir: x}\ndestinations:\n  "+name+": {webhook_url: http://localhost/x}\n"), map[string]string{"X": "team", "PORT_CLIENT_SECRET": "k7-client-secret"})
		lines := strings.Split(strings.TrimSpace(output), "\n")
		if len(lines) != 3 || lines[1] != lines[2] || lines[0] != lines[2] && name != `"${X}"` {
			t.Errorf("%s: they say\n%s", name, output)
		}
	}
}

// TestDeeplyNested refuses deep nesting, which would take long to process.
func TestDeeplyNested(t *testing.T) {
	t.Parallel()
	output := allLoads(write(t, "rules: [{name: a, to: "+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+"}]\n"), nil)
	if !strings.Contains(output, "listener.yaml:1: it is nested more than 100 levels deep\n") {
		t.Errorf("it says %.500s", output)
	}
}
