package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// fakePort is an emulator of Port and a client of it.
type fakePort struct {
	*emulator.Emulator
	client *port.Client
	url    string
}

// startPort starts an emulator with the blueprints of testdata/setup.
func startPort(t *testing.T) *fakePort {
	t.Helper()
	e, err := emulator.New(emulator.Options{ClientID: "cid", ClientSecret: "k7-client-secret"})
	if err != nil {
		t.Fatal(err)
	}
	health := `"healthStatus":{"type":"string"}`
	err = e.Seed(strings.NewReader(`{"blueprints":[
		{"identifier":"deploymentConfig","title":"Deployment Config","schema":{"properties":{` + health + `}}},
		{"identifier":"database","title":"Database","schema":{"properties":{` + health + `,"cpuUtil":{"type":"number"},"ttl":{"type":"string","format":"timer"}}}},
		{"identifier":"a/b","title":"A","schema":{"properties":{}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	served := httptest.NewServer(e)
	t.Cleanup(served.Close)
	client, err := port.New(served.URL, port.WithCredentials("cid", "k7-client-secret"))
	if err != nil {
		t.Fatal(err)
	}
	return &fakePort{Emulator: e, client: client, url: served.URL}
}

func (p *fakePort) variables() map[string]string {
	return map[string]string{"PORT_CLIENT_ID": "cid", "PORT_CLIENT_SECRET": "k7-client-secret", "PORT_BASE_URL": p.url}
}

// actions returns all actions, without the keys that Port adds.
func (p *fakePort) actions(t *testing.T) []port.Action {
	t.Helper()
	actions, err := p.client.Actions.List(t.Context(), port.ListActionsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range actions {
		for _, key := range []string{"id", "createdAt", "createdBy", "updatedAt", "updatedBy"} {
			delete(action, key)
		}
	}
	return actions
}

const (
	setupConfig = "testdata/setup/listener.yaml"
	publicHost  = "https://listener.example.com"
)

// same compares a text with a reviewed file.
func same(t *testing.T, path, got string) {
	t.Helper()
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s (%v): got\n%s", path, err, got)
	}
}

// TestSetup shows missing automations, creates them, finds nothing more to do, and corrects what
// somebody has changed.
func TestSetup(t *testing.T) {
	t.Parallel()
	p := startPort(t)
	setup := func(more ...string) string {
		t.Helper()
		got := execute(t, p.variables(), append([]string{"setup", "-config", absolute(t, "../../listener/"+setupConfig), "-url", publicHost}, more...)...)
		if got.code != 0 || got.stderr != "" {
			t.Fatalf("%v: %+v", more, got)
		}
		return got.stdout
	}
	same(t, "testdata/setup/shown.txt", setup())
	same(t, "testdata/setup/main.tf", setup("-hcl"))
	if actions := p.actions(t); len(actions) > 0 {
		t.Fatalf("it has made %v", actions)
	}
	setup("-apply")
	written, err := json.MarshalIndent(p.actions(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "testdata/setup/actions.json", string(written)+"\n")

	const settled = "= report_a_b: unchanged\n= report_database: unchanged\n= report_database:ttl: unchanged\n= report_deploymentConfig: unchanged\n" + aboutRuns + "Everything is set up.\n"
	for _, more := range [][]string{{}, {"-apply"}} {
		if got := setup(more...); got != settled {
			t.Errorf("%v: once it is set up it says\n%s", more, got)
		}
	}

	changed, err := p.client.Actions.Get(t.Context(), "report_database")
	if err != nil {
		t.Fatal(err)
	}
	changed["publish"], changed["description"], changed["title"] = false, "Ours", "Mine"
	for name, identifier := range map[string]string{"by hand": "tell", "an old one": "report_gone"} {
		other := port.Action{"identifier": identifier, "title": name, "trigger": changed["trigger"], "invocationMethod": changed["invocationMethod"], "publish": true}
		if _, err := p.client.Actions.Create(t.Context(), other); err != nil {
			t.Fatal(err)
		}
	}
	delete(changed["trigger"].(map[string]any), "condition") //nolint:forcetypeassert // setup created it.
	if _, err := p.client.Actions.Update(t.Context(), "report_database", changed); err != nil {
		t.Fatal(err)
	}
	same(t, "testdata/setup/changed.txt", setup("-apply"))
	repaired, err := p.client.Actions.Get(t.Context(), "report_database")
	if err != nil || repaired["publish"] != true || repaired["description"] != "Ours" || repaired["title"] != "Mine" {
		t.Errorf("%v: %v", err, repaired)
	}
}

// TestGuideShowsSetup compares the output in the guide with that of the command.
func TestGuideShowsSetup(t *testing.T) {
	t.Parallel()
	p := startPort(t)
	got := execute(t, p.variables(), "setup", "-url", publicHost, "-blueprint", "deploymentConfig")
	if !strings.Contains(guide(t), "-blueprint deploymentConfig\n"+got.stdout+"```") {
		t.Errorf("the guide does not show %+v", got)
	}
}

const aboutRuns = "Rule runs covers runs: they need an automation per action with the event ANY_RUN_CHANGE, which setup does not create.\n"

func TestSetupSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	p := startPort(t)
	with := func(changes ...string) map[string]string {
		variables := p.variables()
		for i := 0; i < len(changes); i += 2 {
			variables[changes[i]] = changes[i+1]
		}
		return variables
	}
	for name, test := range map[string]struct {
		variables map[string]string
		arguments []string
		code      int
		stderr    string
	}{
		"no address":      {with(), nil, 2, "-url: pass the address at which Port can reach the listener, such as https://listener.example.com/api/slack\n"},
		"an address":      {with(), []string{"-url", "listener.example.com"}, 2, "-url: it is not an http or https URL\n"},
		"a password":      {with(), []string{"-url", "https://a:hunter2@listener.example.com"}, 2, "-url: it must not contain a user or a password\n"},
		"both":            {with(), []string{"-url", publicHost, "-apply", "-hcl"}, 2, "-apply and -hcl cannot be combined"},
		"an operand":      {with(), []string{"all"}, 2, `unexpected argument "all"`},
		"no blueprint":    {with(), []string{"-url", publicHost, "-blueprint", "databse"}, 1, `Port has no blueprint "databse"; did you mean database?`},
		"nothing follows": {with(), []string{"-url", publicHost, "-config", absolute(t, "timer-expired.yaml")}, 1, "the rules need no automation"},
		"no client id":    {with("PORT_CLIENT_ID", ""), []string{"-url", publicHost}, 1, "PORT_CLIENT_ID is not set: set it, or port.client_id, to the client id that belongs to the client secret\n"},
		"no secret":       {with("PORT_CLIENT_SECRET", ""), []string{"-url", publicHost}, 1, "PORT_CLIENT_SECRET is not set"},
		"another secret":  {with("PORT_CLIENT_SECRET", "another-secret"), []string{"-url", publicHost}, 1, "401 Unauthorized"},
		"no Port":         {with("PORT_BASE_URL", "http://127.0.0.1:1"), []string{"-url", publicHost}, 1, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, test.variables, append([]string{"setup"}, test.arguments...)...)
			if got.code != test.code || !strings.Contains(got.stderr, test.stderr) || strings.Contains(got.stderr, "hunter2") || strings.Contains(got.stderr, "another-secret") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestSetupThatIsRefused reports Port's error, and what was created before.
func TestSetupThatIsRefused(t *testing.T) {
	t.Parallel()
	p := startPort(t)
	response, err := http.Post(p.url+"/_emulator/faults", "application/json", strings.NewReader(
		`{"method":"POST","route":"/v1/actions","status":403,"body":"{\"ok\":false,\"error\":\"forbidden\",\"message\":\"Only admins\"}"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	got := execute(t, p.variables(), "setup", "-url", publicHost, "-blueprint", "database", "-apply")
	if got.code != 1 || !strings.Contains(got.stderr, "creating report_database: POST /v1/actions: 403 Forbidden") {
		t.Errorf("%+v", got)
	}
}
