package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/tlstest"
)

const (
	clientSecret = "k7-client-secret"
	webhookURL   = "https://hooks.slack.com/services/T0/B0/tokentoken"
)

// environment looks variables up in a map.
func environment(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

// write writes a file and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// plain is a configuration with revealed secrets, for comparisons.
type plain struct {
	Secrets      []string
	Webhook      config.Webhook
	Dir          string
	Destinations map[string]string
}

func reveal(loaded *config.Config) plain {
	revealed := plain{Webhook: loaded.Webhook, Dir: loaded.Store.Dir, Destinations: map[string]string{}}
	for _, secret := range loaded.ClientSecrets {
		revealed.Secrets = append(revealed.Secrets, secret.Reveal())
	}
	for _, destination := range loaded.Destinations {
		revealed.Destinations[destination.Name] = destination.WebhookURL.Reveal()
	}
	return revealed
}

func defaults() config.Webhook {
	return config.Webhook{Listen: ":8080", Path: "/api/slack", MaxBody: 4 << 20, Tolerance: 5 * time.Minute}
}

func TestLoadFromTheEnvironment(t *testing.T) {
	t.Parallel()
	secretFile := write(t, "secret", clientSecret+"\n")
	webhookFile := write(t, "webhook", " "+webhookURL+"\r\n")
	classic := plain{
		Secrets: []string{clientSecret}, Webhook: defaults(), Dir: "./listener-data",
		Destinations: map[string]string{"default": webhookURL},
	}
	in := func(dir string) plain {
		moved := classic
		moved.Dir = dir
		return moved
	}
	tests := []struct {
		name      string
		variables map[string]string
		dataDir   string
		want      plain
	}{
		{"variables", map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL}, "", classic},
		{"variables with a line break", map[string]string{"PORT_CLIENT_SECRET": clientSecret + "\n", "SLACK_WEBHOOK_URL": webhookURL + "\n"}, "", classic},
		{"files", map[string]string{"PORT_CLIENT_SECRET_FILE": secretFile, "SLACK_WEBHOOK_URL_FILE": webhookFile}, "", classic},
		{"an empty variable is not set", map[string]string{"PORT_CLIENT_SECRET": "", "PORT_CLIENT_SECRET_FILE": secretFile, "SLACK_WEBHOOK_URL": webhookURL}, "", classic},
		{"the directory of systemd", map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL, "STATE_DIRECTORY": "/var/lib/listener"}, "", in("/var/lib/listener")},
		{"the first directory of systemd", map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL, "STATE_DIRECTORY": "/a:/b"}, "", in("/a")},
		{"the command line's directory", map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL, "STATE_DIRECTORY": "/a"}, "/c", in("/c")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			loaded, err := config.Load(config.Source{DataDir: test.dataDir, LookupEnv: environment(test.variables)})
			if err != nil {
				t.Fatal(err)
			}
			if got := reveal(loaded); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			if interval := loaded.Destinations[0].Interval; interval != time.Second {
				t.Errorf("one message every %s", interval)
			}
		})
	}
}

func TestLoadFromAFile(t *testing.T) {
	t.Parallel()
	secretFile := write(t, "secret", "from-a-file\n")
	variables := environment(map[string]string{
		"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL, "STATE_DIRECTORY": "/state",
		"OLD_SECRET": "old: {secret}", "TOKEN": "tokentoken", "TIME": "30s",
	})
	tests := []struct {
		name    string
		content string
		dataDir string
		want    plain
	}{
		{
			"everything",
			`
port:
  client_secrets: ["${PORT_CLIENT_SECRET}", "${OLD_SECRET}"]
  client_secret_files: [` + secretFile + `]
webhook: { path: /hooks/port, max_body: 512KiB, tolerance: "${TIME}" }
store:
  dir: /data
destinations:
  team-b: { webhook_url_file: ` + write(t, "webhook", "http://localhost:9/b\n") + ` }
  team-a:
    webhook_url: https://hooks.slack.com/services/T0/B0/${TOKEN}
`, "",
			plain{
				Secrets: []string{clientSecret, "old: {secret}", "from-a-file"},
				Webhook: config.Webhook{Listen: ":8080", Path: "/hooks/port", MaxBody: 512 << 10, Tolerance: 30 * time.Second},
				Dir:     "/data", Destinations: map[string]string{"team-a": webhookURL, "team-b": "http://localhost:9/b"},
			},
		},
		{
			"what it does not say comes from the environment", "webhook:\n  max_body: 1048576\n", "",
			plain{
				Secrets: []string{clientSecret}, Webhook: config.Webhook{Listen: ":8080", Path: "/api/slack", MaxBody: 1 << 20, Tolerance: 5 * time.Minute},
				Dir: "/state", Destinations: map[string]string{"default": webhookURL},
			},
		},
		{
			"the command line's directory wins", "store: {dir: /data}\n", "/flag",
			plain{Secrets: []string{clientSecret}, Webhook: defaults(), Dir: "/flag", Destinations: map[string]string{"default": webhookURL}},
		},
		{
			"nothing but comments", "# later\n", "",
			plain{Secrets: []string{clientSecret}, Webhook: defaults(), Dir: "/state", Destinations: map[string]string{"default": webhookURL}},
		},
		{
			"nothing at all", "", "",
			plain{Secrets: []string{clientSecret}, Webhook: defaults(), Dir: "/state", Destinations: map[string]string{"default": webhookURL}},
		},
		{
			"empty sections", "port: {}\nwebhook: {}\nstore: {}\ndestinations: {}\n", "",
			plain{Secrets: []string{clientSecret}, Webhook: defaults(), Dir: "/state", Destinations: map[string]string{"default": webhookURL}},
		},
		{
			"a document marker", "---\nstore: {dir: x}\n", "",
			plain{Secrets: []string{clientSecret}, Webhook: defaults(), Dir: "x", Destinations: map[string]string{"default": webhookURL}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			loaded, err := config.Load(config.Source{File: write(t, "listener.yaml", test.content), DataDir: test.dataDir, LookupEnv: variables})
			if err != nil {
				t.Fatal(err)
			}
			if got := reveal(loaded); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// TestEveryKeyIsRead sets every key of the file to a value other than its default.
func TestEveryKeyIsRead(t *testing.T) {
	t.Parallel()
	certFile, keyFile := tlstest.Certificate(t)
	content := `
port:
  client_secrets: [k7-client-secret]
  client_id: an-id
  base_url: https://api.us.getport.io
webhook:
  listen: 127.0.0.1:9080
  path: /hooks/port
  max_body: 1MiB
  tolerance: 90s
  tls: { cert_file: ` + certFile + `, key_file: ` + keyFile + ` }
admin: { listen: "[::1]:9081" }
smee: { url: " https://smee.io/hunter3 " }
store:
  max_bytes: 2GiB
  max_age: 48h
  postgres: { url: " postgres://user:hunter2@127.0.0.1:5432/port" }
destinations:
  team: { webhook_url: http://localhost/x, rate: 30/m, digest_after: 5m, max_age: 12h }
`
	loaded, err := config.Load(config.Source{File: write(t, "listener.yaml", content), LookupEnv: environment(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if want := (config.Port{ClientID: "an-id", BaseURL: "https://api.us.getport.io"}); loaded.Port != want {
		t.Errorf("port is %+v", loaded.Port)
	}
	if want := (config.Webhook{Listen: "127.0.0.1:9080", Path: "/hooks/port", MaxBody: 1 << 20, Tolerance: 90 * time.Second, CertFile: certFile, KeyFile: keyFile}); loaded.Webhook != want {
		t.Errorf("webhook is %+v", loaded.Webhook)
	}
	if loaded.Admin.Listen != "[::1]:9081" {
		t.Errorf("admin is %+v", loaded.Admin)
	}
	store := loaded.Store
	if store.MaxBytes != 2<<30 || store.MaxAge != 48*time.Hour || store.Sync != 0 || store.PostgresURL.Reveal() != "postgres://user:hunter2@127.0.0.1:5432/port" {
		t.Errorf("store is %+v", store)
	}
	if channel := loaded.Smee.URL.Reveal(); channel != "https://smee.io/hunter3" {
		t.Errorf("the Smee channel is %q", channel)
	}
	if printed := fmt.Sprintf("%+v", loaded); strings.Contains(printed, "hunter") {
		t.Errorf("the password or the channel is printed: %s", printed)
	}
	team := loaded.Destinations[0]
	if team.Interval != 2*time.Second || team.DigestAfter != 5*time.Minute || team.MaxAge != 12*time.Hour {
		t.Errorf("the destination is %+v", team)
	}
}

// TestPortFromTheEnvironment reads what the file does not set.
func TestPortFromTheEnvironment(t *testing.T) {
	t.Parallel()
	variables := environment(map[string]string{
		"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL, "PORT_CLIENT_ID": " from-outside\n", "PORT_BASE_URL": "https://api.us.getport.io",
	})
	for name, test := range map[string]struct {
		content string
		want    config.Port
	}{
		"nothing in the file":    {"store: {max_age: 1h}", config.Port{ClientID: "from-outside", BaseURL: "https://api.us.getport.io"}},
		"everything in the file": {"port: {client_id: own, base_url: 'https://own.example'}", config.Port{ClientID: "own", BaseURL: "https://own.example"}},
		"explicitly none":        {"port: {client_id: ''}", config.Port{BaseURL: "https://api.us.getport.io"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loaded, err := config.Load(config.Source{File: write(t, "listener.yaml", test.content), LookupEnv: variables})
			if err != nil {
				t.Fatal(err)
			}
			if loaded.Port != test.want {
				t.Errorf("port is %+v", loaded.Port)
			}
		})
	}
	for _, base := range []string{"api.getport.io", "https://user:hunter@api.getport.io"} {
		_, err := config.Load(config.Source{LookupEnv: environment(map[string]string{
			"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL, "PORT_BASE_URL": base,
		})})
		if err == nil || !strings.HasPrefix(err.Error(), "PORT_BASE_URL: it must be") || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	loaded, err := config.Load(config.Source{LookupEnv: environment(map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL})})
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Port != (config.Port{BaseURL: port.DefaultBaseURL}) {
		t.Errorf("port is %+v", loaded.Port)
	}
	if store := loaded.Store; store.Sync != 0 || store.MaxBytes != 1<<30 || store.MaxAge != 72*time.Hour || store.PostgresURL.Reveal() != "" {
		t.Errorf("store is %+v", store)
	}
	if channel := loaded.Smee.URL.Reveal(); channel != "" {
		t.Errorf("the Smee channel is %q", channel)
	}
	if d := loaded.Destinations[0]; d.Interval != time.Second || d.DigestAfter != time.Minute || d.MaxAge != 24*time.Hour {
		t.Errorf("the destination is %+v", d)
	}
}

func TestSyncIsRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"always": 0, "2s": 2 * time.Second} {
		loaded, err := config.Load(config.Source{
			File:      write(t, "listener.yaml", "store: {sync: "+text+"}\n"),
			LookupEnv: environment(map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL}),
		})
		if err != nil || loaded.Store.Sync != want {
			t.Errorf("%s is read as %v (%v)", text, loaded.Store.Sync, err)
		}
	}
}

func TestAddressesOfTheCommandLineWin(t *testing.T) {
	t.Parallel()
	loaded, err := config.Load(config.Source{
		File: write(t, "listener.yaml", "webhook: {listen: \"1\"}\nadmin: {listen: \":2\"}\n"), Listen: ":3",
		LookupEnv: environment(map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL}),
	})
	if err != nil || loaded.Webhook.Listen != ":3" || loaded.Admin.Listen != ":2" {
		t.Errorf("got %+v (%v)", loaded, err)
	}
}

// TestFilesOfSecretsAsEditorsWriteThem reads secrets with a byte order mark and line breaks, and
// refuses other encodings.
func TestFilesOfSecretsAsEditorsWriteThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, content, want string }{
		{"a byte order mark", "\ufeff" + clientSecret + "\r\n", ""},
		{"UTF-16", "\xff\xfek\x007\x00", "is in UTF-16; save it as UTF-8"},
		{"UTF-16 without a mark", "k\x007\x00", "is in UTF-16; save it as UTF-8"},
		{"NUL", clientSecret + "\x00", "contains a NUL character, so it is not a text file; is it the right one?"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "secret", test.content)
			loaded, err := config.Load(config.Source{LookupEnv: environment(map[string]string{"PORT_CLIENT_SECRET_FILE": file, "SLACK_WEBHOOK_URL": webhookURL})})
			if test.want == "" {
				if err != nil || loaded.ClientSecrets[0].Reveal() != clientSecret {
					t.Errorf("got %v", err)
				}
				return
			}
			if want := "PORT_CLIENT_SECRET_FILE: the file " + file + " " + test.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestDestinationsAreSorted(t *testing.T) {
	t.Parallel()
	const content = `
destinations:
  d: {webhook_url: http://localhost/x}
  b: {webhook_url: http://localhost/x}
  e: {webhook_url: http://localhost/x}
  a: {webhook_url: http://localhost/x}
  c: {webhook_url: http://localhost/x}
`
	loaded, err := config.Load(config.Source{
		File: write(t, "listener.yaml", content), LookupEnv: environment(map[string]string{"PORT_CLIENT_SECRET": clientSecret}),
	})
	if err != nil {
		t.Fatal(err)
	}
	var names strings.Builder
	for _, destination := range loaded.Destinations {
		names.WriteString(destination.Name)
	}
	if names.String() != "abcde" {
		t.Errorf("the order is %s", names.String())
	}
}

func TestLoadFromTheEnvironmentFails(t *testing.T) {
	t.Parallel()
	const (
		useSecret  = "; use the client secret of the organization's credentials in Port"
		useWebhook = "; use the URL of a Slack incoming webhook, which begins with https://hooks.slack.com/services/"
	)
	missing := filepath.Join(t.TempDir(), "missing")
	aFile := write(t, "file", "")
	tests := []struct {
		name      string
		variables map[string]string
		want      []string
	}{
		{"a data directory that is a file", map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL, "STATE_DIRECTORY": aFile}, []string{
			aFile + ": the data directory cannot be a file",
		}},
		{"nothing is set", nil, []string{
			"PORT_CLIENT_SECRET is not set: set it to the client secret with which Port signs events, or PORT_CLIENT_SECRET_FILE to the path of a file that contains it",
			"SLACK_WEBHOOK_URL is not set: set it to the URL of the Slack incoming webhook that alerts go to, or SLACK_WEBHOOK_URL_FILE to the path of a file that contains it",
		}},
		{"a placeholder", map[string]string{"PORT_CLIENT_SECRET": "changeme", "SLACK_WEBHOOK_URL": webhookURL}, []string{
			"PORT_CLIENT_SECRET: the client secret is a placeholder, not a secret" + useSecret,
		}},
		{"white space", map[string]string{"PORT_CLIENT_SECRET": "  ", "SLACK_WEBHOOK_URL": " "}, []string{
			"PORT_CLIENT_SECRET: the client secret is empty" + useSecret,
			"SLACK_WEBHOOK_URL: it is not an http or https URL" + useWebhook,
		}},
		{"a URL without its scheme", map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": "hooks.slack.com/services/x"}, []string{
			"SLACK_WEBHOOK_URL: it is not an http or https URL" + useWebhook,
		}},
		{"files that are not there", map[string]string{"PORT_CLIENT_SECRET_FILE": missing, "SLACK_WEBHOOK_URL_FILE": missing}, []string{
			"PORT_CLIENT_SECRET_FILE: the file " + missing + " cannot be read (no such file or directory)",
			"SLACK_WEBHOOK_URL_FILE: the file " + missing + " cannot be read (no such file or directory)",
		}},
		{"a variable and its file", map[string]string{"PORT_CLIENT_SECRET": clientSecret, "PORT_CLIENT_SECRET_FILE": missing, "SLACK_WEBHOOK_URL": webhookURL}, []string{
			"PORT_CLIENT_SECRET: PORT_CLIENT_SECRET_FILE is also set; set only one of them",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(config.Source{LookupEnv: environment(test.variables)})
			assertProblems(t, err, test.want)
		})
	}
}

// TestMistakes loads a file for each mistake, and compares the error with the text file next to it.
func TestMistakes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mistakes/*.yaml")
	if err != nil || len(files) < 100 {
		t.Fatalf("there are %d files (%v)", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(strings.TrimSuffix(file, ".yaml") + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			_, err = config.Load(config.Source{File: file, LookupEnv: environment(map[string]string{
				"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL, "EMPTY": "",
			})})
			invalid, ok := errors.AsType[*config.InvalidError](err)
			if !ok {
				t.Fatalf("got %v, want an InvalidError", err)
			}
			got := strings.ReplaceAll(invalid.Error(), "testdata/mistakes/", "") + "\n"
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if strings.Contains(got, "tokentoken") || strings.Contains(got, clientSecret) {
				t.Errorf("it holds a secret:\n%s", got)
			}
		})
	}
}

func TestASmeeChannel(t *testing.T) {
	t.Parallel()
	const ask = "; it must be the URL of a channel, such as https://smee.io/abcdefghijklmnop"
	tests := map[string]string{
		"https://smee.io/abc":              "",
		"https://relay.example.com:8443/a": "",
		"http://localhost:3000/abc":        "",
		"http://app.localhost/abc":         "",
		"http://127.0.0.1:3000":            "",
		"http://[::1]:3000/abc":            "",
		"smee.io/abc":                      "it is not an http or https URL",
		"ftp://smee.io/abc":                "it is not an http or https URL",
		"https:///hunter2":                 "it is a URL without a host",
		"https://smee.io/hunter2%":         "it is not a URL",
		"http://smee.io/hunter2":           "http is only allowed for a server on this machine, because events would be sent unencrypted; use https",
		"http://127.0.0.1.example/hunter2": "http is only allowed for a server on this machine, because events would be sent unencrypted; use https",
		"https://smee.io/new":              "it creates a new channel each time: open it in a browser, and use the URL of the channel it redirects to",
		"https://relay.example.com/new/":   "it creates a new channel each time: open it in a browser, and use the URL of the channel it redirects to",
	}
	for channel, problem := range tests {
		t.Run(channel, func(t *testing.T) {
			t.Parallel()
			file := write(t, "listener.yaml", "smee: {url: \""+channel+"\"}\n")
			loaded, err := config.Load(config.Source{File: file, LookupEnv: environment(map[string]string{
				"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL,
			})})
			if problem != "" {
				assertProblems(t, err, []string{file + ":1: smee.url: " + problem + ask})
				if strings.Contains(err.Error(), "/hunter2") {
					t.Errorf("the error holds the channel: %v", err)
				}
				return
			}
			if err != nil || loaded.Smee.URL.Reveal() != channel {
				t.Errorf("it is read as %v (%v)", loaded, err)
			}
		})
	}
}

// assertProblems compares problems with how they must begin.
func assertProblems(t *testing.T, err error, want []string) {
	t.Helper()
	invalid, ok := errors.AsType[*config.InvalidError](err)
	if !ok {
		t.Fatalf("got %v, want an InvalidError", err)
	}
	if len(invalid.Problems) != len(want) {
		t.Fatalf("got\n%s\nwant\n%s", err, strings.Join(want, "\n"))
	}
	for i, problem := range invalid.Problems {
		if !strings.HasPrefix(problem, want[i]) {
			t.Errorf("got  %s\nwant %s", problem, want[i])
		}
	}
}

func TestLoadWithoutItsFile(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "listener.yaml")
	_, err := config.Load(config.Source{File: missing, LookupEnv: environment(nil)})
	assertProblems(t, err, []string{missing + ": the configuration file cannot be read (no such file or directory)"})

	large := write(t, "listener.yaml", strings.Repeat("#", 2<<20))
	_, err = config.Load(config.Source{File: large, LookupEnv: environment(nil)})
	assertProblems(t, err, []string{large + ": the configuration file cannot be read (it is larger than 1048576 bytes)"})
}
