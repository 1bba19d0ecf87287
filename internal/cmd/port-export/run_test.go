package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

const catalog = `{
	"blueprints": [{"identifier": "service", "title": "Service", "schema": {"properties": {"language": {"type": "string"}}}}],
	"entities": [
		{"blueprint": "service", "identifier": "checkout", "properties": {"language": "Go"}},
		{"blueprint": "service", "identifier": "cart", "properties": {"language": "Rust"}},
		{"blueprint": "_team", "identifier": "payments", "title": "Payments"}
	],
	"actions": [{
		"identifier": "report", "trigger": {"type": "automation", "event": {"type": "ENTITY_CREATED", "blueprintIdentifier": "service"}},
		"invocationMethod": {"type": "KAFKA"}
	}]
}`

const secret = "secret-of-the-emulator"

// connect starts an emulator with a catalog and sets the environment for it.
func connect(t *testing.T) {
	t.Helper()
	port, err := emulator.New(emulator.Options{ClientID: "id", ClientSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if err := port.Seed(strings.NewReader(catalog)); err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(port)
	t.Cleanup(func() {
		listening.Close()
		if err := port.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("PORT_BASE_URL", listening.URL)
	t.Setenv("PORT_CLIENT_ID", "id")
	t.Setenv("PORT_CLIENT_SECRET", secret)
	t.Setenv("PORT_TOKEN", "")
}

func TestExport(t *testing.T) { //nolint:paralleltest // It sets the environment.
	connect(t)
	for name, test := range map[string]struct { //nolint:paralleltest // They share the environment.
		words  []string
		stdout string
		files  []string
	}{
		"all":        {[]string{"-all"}, "Exported 1 blueprint, 2 entities and 1 action to 5 files in ", []string{"providers.tf", "service.actions.tf", "service.entities.tf", "service.imports.tf", "service.tf"}},
		"structure":  {[]string{"-entities=false", "-actions=false", "service"}, "Exported 1 blueprint, 0 entities and 0 actions to 3 files in ", []string{"providers.tf", "service.imports.tf", "service.tf"}},
		"Port's own": {[]string{"_team"}, "Exported 0 blueprints, 1 entity and 0 actions to 3 files in ", []string{"_team.entities.tf", "_team.imports.tf", "providers.tf"}},
		"query": {
			[]string{"-actions=false", "-query", `{"combinator":"and","rules":[{"property":"language","operator":"=","value":"Go"}]}`, "service"},
			"Exported 1 blueprint, 1 entity and 0 actions to 4 files in ",
			[]string{"providers.tf", "service.entities.tf", "service.imports.tf", "service.tf"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "new", "folder")
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), append([]string{"-out", folder}, test.words...), &stdout, &stderr)
			if code != 0 || stdout.String() != test.stdout+folder+".\n" || stderr.Len() != 0 {
				t.Errorf("%d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
			}
			if got := strings.Join(names(t, folder), " "); got != strings.Join(test.files, " ") {
				t.Errorf("wrote %s", got)
			}
		})
	}
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

// TestExistingFolder adds files to a module without overwriting any.
func TestExistingFolder(t *testing.T) { //nolint:paralleltest // It sets the environment.
	connect(t)
	folder := t.TempDir()
	main := filepath.Join(folder, "main.tf")
	if err := os.WriteFile(main, []byte("# mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want := range 2 {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{"-out", folder, "service"}, &stdout, &stderr)
		if code != want || want == 1 && !strings.Contains(stderr.String(), "service.actions.tf: the file already exists") {
			t.Errorf("%d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
		}
	}
	if got := strings.Join(names(t, folder), " "); got != "main.tf service.actions.tf service.entities.tf service.imports.tf service.tf" {
		t.Errorf("the folder contains %s", got)
	}
	if text, err := os.ReadFile(main); err != nil || string(text) != "# mine" {
		t.Errorf("main.tf is %q, %v", text, err)
	}
}

// TestExistingNames checks that exported resources do not get the names of resources that the
// module already has.
func TestExistingNames(t *testing.T) { //nolint:paralleltest // It sets the environment.
	connect(t)
	folder := t.TempDir()
	for name, text := range map[string]string{
		"main.tf":   "resource \"port_blueprint\" \"service\" {}\nresource \"port_action\" \"service\" {}\ndata \"port_entity\" \"service_cart\" {}\n",
		"broken.tf": "resource {",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-out", folder, "service"}, &stdout, &stderr); code != 0 {
		t.Fatalf("%d, stderr %q", code, stderr.String())
	}
	for name, part := range map[string]string{
		"service.tf":          `resource "port_blueprint" "service_2" {`,
		"service.imports.tf":  "to = port_blueprint.service_2\n",
		"service.entities.tf": "resource \"port_entity\" \"service_cart\" {\n  identifier = \"cart\"\n  blueprint  = port_blueprint.service_2.identifier",
	} {
		if text, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !strings.Contains(string(text), part) {
			t.Errorf("%s is %s, %v, want %s", name, text, err, part)
		}
	}
}

func TestMistakes(t *testing.T) {
	connect(t)
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		words       []string
		environment string
		code        int
		part        string
	}{
		"unknown flag":             {[]string{"-nope"}, "", 2, "-nope; see port-export -h"},
		"nothing to export":        {nil, "", 2, "name the blueprints to export, or use -all"},
		"all and some":             {[]string{"-all", "service"}, "", 2, "name the blueprints to export, or use -all"},
		"flag after argument":      {[]string{"service", "-out", "x"}, "", 2, `write flags before the blueprints: "-out"`},
		"query without entities":   {[]string{"-entities=false", "-query", "{}", "service"}, "", 2, "-query selects entities"},
		"no such blueprint":        {[]string{"service", "servise"}, "", 1, `blueprint "servise" does not exist`},
		"no such system blueprint": {[]string{"_nothing"}, "", 1, "Unable to List Entities"},
		"bad query":                {[]string{"-query", "{}", "service"}, "", 1, "Invalid Query"},
		"query that is not JSON":   {[]string{"-query", "{language}", "service"}, "", 2, "-query must be a JSON object with combinator and rules; see port-export -h"},
		"query that is a list":     {[]string{"-query", "[]", "service"}, "", 2, "-query must be a JSON object with combinator and rules"},
		"folder is a file":         {[]string{"-out", blocked, "service"}, "", 1, "not a directory"},
		"wrong secret":             {[]string{"service"}, "PORT_CLIENT_SECRET", 1, "401 Unauthorized"},
		"wrong address":            {[]string{"service"}, "PORT_BASE_URL", 1, "Set base_url (PORT_BASE_URL) to a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.environment != "" {
				t.Setenv(test.environment, "wrong-value")
			}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), test.words, &stdout, &stderr)
			if code != test.code || !strings.Contains(stderr.String(), test.part) || stdout.Len() != 0 {
				t.Errorf("%d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
			}
			if strings.Contains(stderr.String(), "provider block") {
				t.Errorf("there is no provider block, but the output is %q", stderr.String())
			}
			if strings.Contains(stderr.String(), secret) || strings.Contains(stderr.String(), "wrong-value") && test.environment == "PORT_CLIENT_SECRET" {
				t.Error("the output shows a secret")
			}
		})
	}
}

func TestMissingCredentials(t *testing.T) {
	connect(t)
	for _, variable := range []string{"PORT_CLIENT_ID", "PORT_CLIENT_SECRET"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, "")
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), []string{"service"}, &stdout, &stderr)
			const want = "port-export: no credentials for Port: set PORT_CLIENT_ID and PORT_CLIENT_SECRET, or PORT_TOKEN; see port-export -h\n"
			if code != 2 || stderr.String() != want {
				t.Errorf("%d, %q", code, stderr.String())
			}
		})
	}
}

func TestInterrupt(t *testing.T) { //nolint:paralleltest // It sets the environment.
	connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	folder := filepath.Join(t.TempDir(), "folder")
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"-out", folder, "service"}, &stdout, &stderr); code != 1 || stderr.String() != "port-export: interrupted; no files were written\n" {
		t.Errorf("%d, %q", code, stderr.String())
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("the folder was created")
	}
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	for flag, part := range map[string]string{"-version": "port-export ", "-h": "port-export -out catalog service team"} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{flag}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), part) || stderr.Len() != 0 {
			t.Errorf("%s: %d, %q, %q", flag, code, stdout.String(), stderr.String())
		}
	}
}
