package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// write writes a text to a file.
func write(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "listener.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// allLoads loads a file with every loading function, and returns the errors.
func allLoads(file string, variables map[string]string) string {
	source := Source{File: file, LookupEnv: func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}}
	var output strings.Builder
	_, err := Load(source)
	fmt.Fprintln(&output, err)
	_, err = LoadRules(source)
	fmt.Fprintln(&output, err)
	_, err = LoadStore(source)
	fmt.Fprintln(&output, err)
	return strings.ReplaceAll(output.String(), filepath.Dir(file)+"/", "")
}

// TestValuesOfVariablesAreNotShown replaces every value, and keys, with a variable that has hostile
// values.
func TestValuesOfVariablesAreNotShown(t *testing.T) {
	t.Parallel()
	values := []string{
		"hunter2", "hunter2-", "HUNTER2 hunter2", "hunter2\n  hunter2\n", "/healthz/hunter2", "/no/such/hunter2", "https://hunter2%zz", "hunter2://x/hunter2", "https:///hunter2",
		"UPDATE-hunter2", "JQhunter2", "andhunter2", "9hunter2", "99999999999999hunter2", ".hunter2 and and hunter2", `"hunter2`, "hunter2(1)", "$hunter2", ".x = hunter2",
		"{{ hunter2 }}", "{{ .Hunter2 }}", "{{ .Hunter2", "{{ hunter2\n}}", `{{ template "hunter2" }}`, "{{ index .Title \"hunter2\" }}",
		"[hunter2", `[{"type": "hunter2"}]`, `[{"type": "section", "text": {"type": "hunter2", "text": "x"}}]`, `{"hunter2": 1}`, "\x00hunter2", strings.Repeat("hunter2", 600),
	}
	program := regexp.MustCompile(`templates|when|(header|context|body|blocks|blocks_file|text|line): [^}]*LEAK`)
	for _, content := range places() {
		t.Run(content, func(t *testing.T) {
			t.Parallel()
			file := write(t, content)
			for _, value := range values {
				// Only jq and templates parse programs, and only blocks parse JSON.
				if !program.MatchString(content) && strings.ContainsAny(value, "{[") {
					continue
				}
				output := allLoads(file, map[string]string{"LEAK": value, "PORT_CLIENT_SECRET": "k7-client-secret", "SLACK_WEBHOOK_URL": "http://localhost/x"})
				if strings.Contains(strings.ToLower(output), "hunter") {
					t.Errorf("%.50q is shown:\n%.1000s", value, output)
				}
			}
		})
	}
}

// places returns configurations with ${LEAK} instead of each value.
func places() []string {
	var contents []string
	for _, leaf := range leaves(&document{}, "") {
		path := strings.Split(strings.ReplaceAll(leaf, "NAME", "team"), ".")
		for _, value := range []string{`"${LEAK}"`, `["${LEAK}"]`, `{a: "${LEAK}"}`} {
			contents = append(contents, strings.Join(path, ": {")+": "+value+strings.Repeat("}", len(path)-1))
		}
	}
	for _, key := range ruleKeys() {
		rest := ""
		if key != "name" {
			rest = "name: a, "
		}
		for _, more := range []string{"", ", property: x", `, template: {header: "{{ .Tilte }}"}`, `, template: {blocks: [{type: heder}]}`} {
			if !strings.Contains(more, key+":") {
				contents = append(contents, "rules: [{"+rest+key+`: "${LEAK}"`+more+"}]")
			}
		}
		for _, value := range []string{`["x${LEAK}"]`, `{a: "${LEAK}"}`} {
			contents = append(contents, "rules: [{"+rest+key+": "+value+", property: x}]")
		}
	}
	for _, key := range templateKeys() {
		for _, value := range []string{`"${LEAK}"`, `"x{{ nothing }}${LEAK}"`, `["${LEAK}"]`, `[{type: "${LEAK}"}]`, `[{type: section, text: {type: mrkdwn, text: "${LEAK}"}}]`} {
			contents = append(contents, "templates: {mine: {"+key+": "+value+"}}", "rules: [{name: a, property: x, template: {"+key+": "+value+"}}]")
		}
	}
	return append(contents,
		`{"${LEAK}": x}`, "store: {dir: x, ${LEAK}: y}", "destinations: {${LEAK}: {webhook_url: http://localhost/x}}", `rules: [{name: a, "${LEAK}": x}]`,
		`templates: {"${LEAK}": {header: x}}`, `rules: [{name: a, property: x, to: {"${LEAK}": 1}}]`, "x${LEAK}", "[\"${LEAK}\"]", "port: \"${LEAK}\"", `store: "${LEAK}"`,
		`rules: "${LEAK}"`, `rules: ["${LEAK}"]`, `templates: "${LEAK}"`, `destinations: "${LEAK}"`, `destinations: {team: "${LEAK}"}`,
		`rules: [{name: "${LEAK}", property: x}, {name: "${LEAK}", property: x}]`,
		`rules: [{name: a, actions: TIMER_EXPIRED, property: "${LEAK}"}]`,
		`rules: [{name: a, when: {type: "${LEAK}", expressions: ["${LEAK}"], combinator: "${LEAK}"}}]`,
		"rules:\n  - name: a\n    when: |\n      .x == \"y\" and\n      ${LEAK}\n",
		"rules:\n  - name: a\n    property: x\n    template:\n      blocks: |\n        [{\"type\": ${LEAK}}]\n",
	)
}

// TestProblemsWithVariables checks the errors for invalid values of variables.
func TestProblemsWithVariables(t *testing.T) {
	t.Parallel()
	const always = "port: {client_secrets: [k7-client-secret]}\ndestinations: {a: {webhook_url: http://localhost/x}, b: {webhook_url: http://localhost/x}}\n"
	tests := []struct{ name, content, value, want string }{
		{"a destination", "rules: [{name: r, property: x, destination: \"${LEAK}\"}]", "c", `rules[0].destination: there is no destination "${LEAK}"; the configured destinations are a and b`},
		{"a template", "rules: [{name: r, property: x, destination: a, template: \"${LEAK}\"}]", "c", `rules[0].template: there is no template "${LEAK}" under templates`},
		{"an action", "rules: [{name: r, destination: a, actions: \"${LEAK}\"}]", "udpate", `rules[0].actions: "${LEAK}" is not an action that Port sends; it sends CREATE, UPDATE, DELETE, TIMER_EXPIRED, TIMER_PROPERTY_EXPIRED, ANY_ENTITY_CHANGE, ANY_RUN_CHANGE, ENTITY_CREATED, ENTITY_DELETED, ENTITY_UPDATED, RUN_CREATED and RUN_UPDATED`},
		{"two names", "rules: [{name: r, property: x, destination: a}, {name: \"${LEAK}\", property: x, destination: a}]", "r", `rules[1].name: another rule has the name "${LEAK}"`},
		{"jq", "rules: [{name: r, destination: a, when: \".x == ${LEAK}\"}]", "and", "rules[0].when: " + withheld},
		{"one of two expressions", "rules: [{name: r, destination: a, when: [\".x ==\", \"${LEAK}\"]}]", "true", "rules[0].when: " + withheld},
		{"a template's part", "rules: [{name: r, property: x, destination: a, template: {header: \"{{ ${LEAK} }}\"}}]", "x", "rules[0].template.header: " + withheld},
		{"a block", "rules: [{name: r, property: x, destination: a, template: {blocks: [{type: \"${LEAK}\"}]}}]", "heder", "rules[0].template.blocks[0]: " + withheld},
		{"another part of the template", "rules: [{name: r, property: x, destination: a, template: {line: \"${LEAK}\", header: \"{{ .Tilte }}\"}}]", "x", "rules[0].template.header: there is no .Tilte; did you mean .Title?"},
		{"another value of the rule", "rules: [{name: r, blueprint: \"${LEAK}\", destination: a, template: {header: \"{{ .Tilte }}\"}}]", "x", "rules[0].template.header: " + withheld},
		{"the destination of a rule with a mistake", "rules: [{name: r, property: x, destination: \"${LEAK}\", template: {header: \"{{ .Tilte }}\"}}]", "a", "rules[0].template.header: there is no .Tilte; did you mean .Title?"},
		{"a file", "store: {postgres: {url_file: \"/no/${LEAK}\"}}", "such", "store.postgres.url_file: the file /no/${LEAK} cannot be read (no such file or directory)"},
		{"a certificate", "webhook: {tls: {cert_file: \"/no/${LEAK}\", key_file: x}}", "such", "webhook.tls: the certificate is invalid (open /no/${LEAK}: no such file or directory)"},
		{"blocks in a file", "rules: [{name: r, property: x, destination: a, template: {blocks_file: \"${LEAK}.json\"}}]", "none", "rules[0].template.blocks_file: the file ${LEAK}.json cannot be read (no such file or directory)"},
		{"a duration", "webhook: {tolerance: \"${LEAK}\"}", "hour", "webhook.tolerance: it must be a duration of up to 24h, such as 12h"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			output := allLoads(write(t, always+test.content+"\n"), map[string]string{"LEAK": test.value})
			if first, _, _ := strings.Cut(output, "\n"); first != "listener.yaml:3: "+test.want {
				t.Errorf("got  %s\nwant listener.yaml:3: %s", first, test.want)
			}
		})
	}
}

func TestVariablesAreReplaced(t *testing.T) {
	t.Parallel()
	loader := newLoader(Source{
		File:      write(t, "a: $${HOME}\nb: ${HOME}\nc: [\"${HOME}-$${HOME}\"]\nd: |\n  ${HOME}\n"),
		LookupEnv: func(string) (string, bool) { return "x", true },
	})
	var read struct {
		item
		A text       `key:"a"`
		B text       `key:"b"`
		C list[text] `key:"c"`
		D text       `key:"d"`
	}
	if !loader.readFile(&read) || len(loader.problems) > 0 {
		t.Fatalf("%v", loader.problems)
	}
	if got := fmt.Sprintf("%q", []string{read.A.value, read.B.value, read.C.elements[0].value, read.D.value}); got != `["${HOME}" "x" "x-${HOME}" "x\n"]` {
		t.Errorf("the values are %s", got)
	}
}
