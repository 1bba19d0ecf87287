package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// TestRender compares the output for the worked example with a reviewed file.
func TestRender(t *testing.T) {
	t.Parallel()
	got := execute(t, nil, "render")
	want, err := os.ReadFile("testdata/render.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got != (outcome{0, string(want), ""}) {
		t.Errorf("got %+v\n%s", got, got.stdout)
	}
	_, link, _ := strings.Cut(got.stdout, "https://app.slack.com/block-kit-builder#")
	blocks, err := url.PathUnescape(strings.TrimSpace(link))
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("internal/message/testdata/health.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var sent struct {
		Blocks json.RawMessage `json:"blocks"`
	}
	if err := json.Unmarshal(golden, &sent); err != nil {
		t.Fatal(err)
	}
	if !jsonvalue.EqualText(blocks, `{"blocks":`+string(sent.Blocks)+`}`) {
		t.Errorf("the link leads to %s", blocks)
	}
}

// TestRenderUnusualContent renders blocks that the library does not support, and values with
// terminal escapes.
func TestRenderUnusualContent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rules := write("rules.yaml", `
rules:
  - name: strange
    template:
      blocks: [{type: markdown, text: "**{{ .Title }}**"}, {type: plan, title: {}}, {type: poem, lines: 3}, {type: divider}]
`)
	event := write("event.json", `{"action":"UPDATE","resourceType":"entity","context":{"blueprint":"b","entity":"\u001bc"},
		"diff":{"before":{},"after":{"identifier":"\u001bc","title":"\u001b[2Jred\u0007\u202eder\u009b1m"}}}`)
	got := execute(t, nil, "render", "-config", rules, "-event", event)
	if got.code != 0 || got.stderr != "" || strings.ContainsAny(got.stdout, "\x1b\x07\u202e\u009b") {
		t.Errorf("%+v", got)
	}
	if want := "of entity b:\uFFFDc\n\nstrange, to default:\n\n    **[2Jred der1m**\n    [plan]\n    [poem]\n    ────"; !strings.Contains(got.stdout, want) {
		t.Errorf("%s", got.stdout)
	}
}

func TestRenderSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rules := file("rules.yaml", `
destinations: { a: { webhook_url: "${NOT_SET}" }, b: {} }
rules:
  - { name: odd, when: .action + 1, destination: a }
  - { name: gone, actions: [DELETE], destination: b }
  - name: loops
    destination: [b, a]
    template: { header: "{{ range .After.list }}{{ range 9000 }}{{ end }}{{ end }}x", line: "{{ .Title }} moved" }
`)
	bad := file("bad.yaml", "rules:\n  - {name: a, when: .x =}\n")
	event := file("event.json", `{"action":"UPDATE","resourceType":"entity","context":{"blueprint":"b"},"diff":{"before":{},"after":{"identifier":"cart","properties":{"list":[1,2,3]}}}}`)
	const shown = "The event: UPDATE of entity b:cart\n\n"
	tests := []struct {
		name      string
		arguments []string
		code      int
		stdout    []string
		stderr    string
	}{
		{
			"rules that do not match, and a template that fails",
			[]string{"-config", rules, "-event", event},
			0,
			[]string{
				shown + "odd does not match: its condition (when) cannot be evaluated for this event (cannot add: string (\"UPDATE\") and number (1)).\n\n",
				"gone does not match: the rule does not cover this action.\n\n", "loops, to a and b:\n\n",
				"  The template fails for this event, so the default message is sent:\n  header: its loops take more than 10000 steps\n\n    cart was updated\n",
				"In a digest:\n\n    • cart moved\n",
			},
			"",
		},
		{"a rule that does not match", []string{"-config", rules, "-event", event, "-rule", "gone"}, 0, []string{shown + "gone does not match: the rule does not cover this action.\ngone, to b:\n\n    cart was updated\n"}, ""},
		{"a rule that is not there", []string{"-config", rules, "-event", event, "-rule", "none"}, 1, []string{shown}, "listener render: there is no rule \"none\"; the rules are odd, gone, loops\n"},
		{"a configuration with a mistake", []string{"-config", bad}, 1, nil, "listener render: the configuration is invalid:\n  " + bad + ":2: rules[0].when: reading the jq program: unexpected EOF after .x =\n"},
		{"an event that is not an object", []string{"-event", bad}, 1, nil, "listener render: reading the event: the body is not a JSON object: invalid JSON at byte 1\n"},
		{"an event that is not there", []string{"-event", filepath.Join(dir, "none")}, 1, nil, "listener render: reading the event: open " + filepath.Join(dir, "none") + ": no such file or directory\n"},
		{"an operand", []string{event}, 2, nil, "listener render: unexpected argument \"" + event + "\"\nRun listener render -h for its flags.\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, nil, append([]string{"render"}, test.arguments...)...)
			if got.code != test.code || got.stderr != test.stderr {
				t.Errorf("got %+v", got)
			}
			for _, want := range test.stdout {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("it does not show\n%s\nbut\n%s", want, got.stdout)
				}
			}
		})
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	slack := newChannel(t)
	running := startListener(t, classic(slack.URL))
	defer running.stop(t)
	environment := classic("http://localhost")
	const stored = "202 The event is stored.\n"
	for range 2 {
		// Each sending is a new change.
		if got := execute(t, environment, "send", "-url", running.url); got != (outcome{0, stored, ""}) {
			t.Errorf("the worked example: %+v", got)
		}
		if got := slack.next(t); !strings.Contains(got, "Degraded 🚧") || strings.Contains(got, "late") {
			t.Errorf("Slack shows\n%s", got)
		}
	}
	// With -as-is, it happened long ago, and is one change however often it is sent.
	for range 2 {
		if got := execute(t, environment, "send", "-url", running.url, "-as-is"); got != (outcome{0, stored, ""}) {
			t.Errorf("as it is: %+v", got)
		}
	}
	if got := slack.next(t); !strings.Contains(got, " days late") && !strings.Contains(got, " months late") {
		t.Errorf("Slack shows\n%s", got)
	}
	event := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(event, []byte(`{"event":{"action":"CREATE","trigger":{"at":"2001-01-01T00:00:00Z"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	marked, wide := filepath.Join(t.TempDir(), "marked.json"), filepath.Join(t.TempDir(), "wide.json")
	for file, content := range map[string]string{marked: "\ufeff{\"action\":\"CREATE\",\"trigger\":{\"at\":\"x\"}}", wide: "\xff\xfe{\x00}\x00"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name        string
		environment map[string]string
		arguments   []string
		want        outcome
	}{
		{"a file with a byte order mark", environment, []string{"-event", marked, "-url", running.url}, outcome{0, stored, ""}},
		{"a file in UTF-16", environment, []string{"-event", wide, "-url", running.url}, outcome{1, "", "listener send: the event cannot be sent: the file is in UTF-16; save it as UTF-8; send it with -as-is to see how a listener responds\n"}},
		{"a URL without a path", environment, []string{"-url", strings.TrimSuffix(running.url, "/api/slack")}, outcome{0, stored, ""}},
		{"a host and a port", environment, []string{"-url", strings.TrimSuffix(strings.TrimPrefix(running.url, "http://"), "/api/slack")}, outcome{0, stored, ""}},
		{"an envelope", environment, []string{"-event", event, "-url", running.url}, outcome{0, stored, ""}},
		{"an event that is not an object", environment, []string{"-event", "-", "-url", running.url}, outcome{1, "", "listener send: the event cannot be sent: the body is not a JSON object: empty or truncated; send it with -as-is to see how a listener responds\n"}},
		{"the same as it is", environment, []string{"-event", "-", "-url", running.url, "-as-is"}, outcome{1, "", "listener send: the listener responded with 400 The body is not a JSON object.\n"}},
		{"another secret", map[string]string{"PORT_CLIENT_SECRET": "another-secret"}, []string{"-url", running.url}, outcome{1, "", "listener send: the listener responded with 401 The signature or its timestamp is missing, malformed, wrong or stale. This command and the listener must use the same PORT_CLIENT_SECRET.\n"}},
		{"no secret", nil, []string{"-url", running.url}, outcome{1, "", "listener send: PORT_CLIENT_SECRET is not set: set it to the client secret with which the listener verifies events, or PORT_CLIENT_SECRET_FILE to the path of a file that contains it\n"}},
		{"another address", environment, []string{"-url", running.admin + "/api/slack"}, outcome{1, "", "listener send: the listener responded with 404 Not found.\n"}},
		{"no address", environment, []string{"-url", "://"}, outcome{2, "", "listener send: -url: parse \"://\": missing protocol scheme\nRun listener send -h for its flags.\n"}},
		{"an unknown flag", environment, []string{"-uri", "x"}, outcome{2, "", "listener send: flag provided but not defined: -uri\nRun listener send -h for its flags.\n"}},
	}
	for _, test := range tests {
		if got := execute(t, test.environment, append([]string{"send"}, test.arguments...)...); got != test.want {
			t.Errorf("%s: got  %+v\nwant %+v", test.name, got, test.want)
		}
	}
	nobody := execute(t, environment, "send", "-url", "http://127.0.0.1:1/api/slack")
	if nobody.code != 1 || !strings.HasSuffix(nobody.stderr, "connection refused; is the listener running there?\n") {
		t.Errorf("nobody there: %+v", nobody)
	}
}

// TestReloadAProcess edits the file of a running listener, and reloads it with a signal and with a
// request.
func TestReloadAProcess(t *testing.T) {
	t.Parallel()
	slack := newChannel(t)
	path := filepath.Join(t.TempDir(), "listener.yaml")
	write := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	header := func(text string) string {
		return "rules:\n  - {name: health, property: healthStatus, template: {header: \"" + text + "\"}}\n"
	}
	write(header("first"))
	running := startListener(t, classic(slack.URL), "-config", path)
	defer running.stop(t)
	example := absolute(t, "events/health-changed.json")
	expect := func(want string) {
		running.send(t, example)
		if got, _, _ := strings.Cut(slack.next(t), "\n"); got != want {
			t.Errorf("Slack shows %q, want %q", got, want)
		}
	}
	expect("first")
	write(header("second"))
	if err := running.process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	running.logged(t, `the configuration was reloaded" config="Client secrets: 1. Destinations: default. Rules: health. Workers: 0 started, 0 stopped, 1 unchanged."`)
	expect("second")

	write(header("{{ .Titel }}"))
	if err := running.process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	running.logged(t, `the configuration was not reloaded; the previous one stays in use" cause="[^"]*rules\[0\].template.header: there is no .Titel; did you mean .Title\?"`)
	status, text := running.post(t, "/-/reload")
	want := "The configuration was not reloaded; the previous one stays in use.\n" + path + ":2: rules[0].template.header: there is no .Titel; did you mean .Title?\n"
	if status != http.StatusUnprocessableEntity || text != want {
		t.Errorf("reload: %d %s", status, text)
	}
	expect("second")
	refused := execute(t, nil, "reload", "-admin", running.admin)
	if refused != (outcome{1, "", "listener reload: " + want}) {
		t.Errorf("the command: %+v", refused)
	}
	write(header("third"))
	const reloaded = "The configuration was reloaded. Client secrets: 1. Destinations: default. Rules: health. Workers: 0 started, 0 stopped, 1 unchanged.\n"
	if got := execute(t, nil, "reload", "-admin", running.admin); got != (outcome{0, reloaded, ""}) {
		t.Errorf("the command: %+v", got)
	}
	if status, text := running.post(t, "/-/reload"); status != http.StatusOK || !strings.HasPrefix(text, "The configuration was reloaded. ") {
		t.Errorf("reload: %d %s", status, text)
	}
	expect("third")
}

func TestReloadWithoutAListener(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]outcome{
		"127.0.0.1:1": {1, "", "listener reload: nothing answers at http://127.0.0.1:1; is the listener running there?\n"},
		"ftp://x":     {2, "", "listener reload: -admin: the admin address must be a host and a port, such as 127.0.0.1:8081, or an http URL\nRun listener reload -h for its flags.\n"},
	} {
		if got := execute(t, nil, "reload", "-admin", address); got != want {
			t.Errorf("%s: %+v", address, got)
		}
	}
}
