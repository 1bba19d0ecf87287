package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// FuzzLoad loads any file: either it is valid, or the error lists the mistakes with positions and
// without secrets.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/mistakes/*.yaml", "../../../examples/listener/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file := filepath.Join(t.TempDir(), "listener.yaml")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		source := config.Source{File: file, LookupEnv: environment(map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL})}
		// A template may take unlimited time.
		source.Try = func(*message.Template, rule.Rule) error { return nil }
		loaded, err := config.Load(source)
		if err == nil {
			if len(loaded.ClientSecrets) == 0 || len(loaded.Destinations) == 0 || len(loaded.Rules) == 0 {
				t.Errorf("it is loaded as %+v", loaded)
			}
			for _, r := range loaded.Rules {
				for _, destination := range r.Destinations {
					if !loaded.HasDestination(destination) {
						t.Errorf("the rule %s has the destination %q", r.Name, destination)
					}
				}
			}
			return
		}
		invalid, ok := errors.AsType[*config.InvalidError](err)
		if !ok || len(invalid.Problems) == 0 {
			t.Fatalf("got %#v", err)
		}
		for _, problem := range invalid.Problems {
			if strings.Contains(problem, "tokentoken") || strings.Contains(problem, clientSecret) && !strings.Contains(string(content), clientSecret) {
				t.Errorf("it holds a secret: %s", problem)
			}
		}
		if _, err := config.LoadRules(source); err != nil {
			if _, ok := errors.AsType[*config.InvalidError](err); !ok {
				t.Errorf("got %#v", err)
			}
		}
	})
}
