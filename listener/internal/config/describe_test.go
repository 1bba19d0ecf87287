package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
)

// TestDescribe describes a configuration with every kind of value, and with secrets from every
// source.
func TestDescribe(t *testing.T) {
	t.Parallel()
	token := write(t, "token", "hunter-0123456789abcdef\n")
	content := `
port: { client_secrets: ["${SECRET}"], client_id: "${CLIENT}" }
admin: { listen: 10.0.0.1:8081, token_file: ` + token + `, allowed_hosts: [listener.example.com, "other:8081"] }
smee: { url: https://smee.io/hunter3 }
destinations:
  team: { webhook_url: "http://localhost/hunter2", rate: 30/m, event_id: true }
  fast: { webhook_url: "http://localhost/hunter2", rate: 10/s }
rules:
  - { name: cpu, blueprint: [service, database], when: [".diff.after.properties.cpuUtil > 80", ".context.entity != \"${CLIENT}\""], destination: team }
  - { name: health, property: healthStatus, from: [null, Healthy], destination: fast, template: { header: "hunter {{ .Title }}" } }
`
	loaded, err := config.Load(config.Source{File: write(t, "listener.yaml", content), DataDir: "/tmp", LookupEnv: environment(map[string]string{"SECRET": "hunter1", "CLIENT": "hunter-client"})})
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	for _, section := range loaded.Describe() {
		fmt.Fprintf(&shown, "%s\n", section.Name)
		for _, setting := range section.Settings {
			fmt.Fprintf(&shown, "  %s: %s\n", setting.Key, setting.Value)
		}
	}
	const want = `port
  client_secrets: 1 × <secret>
  client_id: ${CLIENT}
  base_url: https://api.getport.io
catch_up
  interval: 5m
  max_age: 24h
webhook
  listen: :8080
  path: /api/slack
  max_body: 4MiB
  tolerance: 5m
admin
  listen: 10.0.0.1:8081
  token: <secret>
  allowed_hosts: listener.example.com, other:8081
smee
  url: <secret>
store
  dir: /tmp
  sync: always
  max_bytes: 1GiB
  max_age: 72h
destination fast
  webhook_url: <secret>
  rate: 10/s
  digest_after: 1m
  max_age: 24h
destination team
  webhook_url: <secret>
  rate: 30/m
  digest_after: 1m
  max_age: 24h
  event_id: true
rule cpu
  blueprint: service, database
  when: .diff.after.properties.cpuUtil > 80 and .context.entity != "${CLIENT}"
  destinations: team
rule health
  property: healthStatus
  from: null, "Healthy"
  destinations: fast
  template: its own
`
	if got := shown.String(); got != want {
		t.Errorf("it shows\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(shown.String(), "hunter") {
		t.Error("it shows a secret")
	}
}
