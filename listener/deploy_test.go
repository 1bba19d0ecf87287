package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// readExample returns the text of an example.
func readExample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkArguments checks that the command accepts the arguments.
func checkArguments(t *testing.T, arguments []string) {
	t.Helper()
	if len(arguments) == 0 {
		t.Error("there are no arguments")
	}
	if _, err := parseFlags(arguments); err != nil {
		t.Errorf("the listener does not take %q: %v", arguments, err)
	}
}

// exposed returns the metrics of a running listener with every source.
func exposed(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "listener.yaml")
	// Nothing answers there, but the metrics do not depend on it.
	if err := os.WriteFile(file, []byte("smee: {url: \"http://127.0.0.1:1/channel\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	running := startListener(t, classic("http://127.0.0.1:1"), "-config", file)
	defer running.stop(t)
	status, text := running.ask(t, http.MethodGet, "/metrics")
	if status != http.StatusOK {
		t.Fatalf("/metrics: %d", status)
	}
	return text
}

// metricNames returns the names of the metrics in an exposition.
func metricNames(exposition string) []string {
	var names []string
	for _, match := range regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(exposition, -1) {
		names = append(names, match[1])
	}
	return names
}

// TestPrometheusRules checks that a running listener has every metric that the alerting rules use.
func TestPrometheusRules(t *testing.T) {
	t.Parallel()
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         string            `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.NewDecoder(strings.NewReader(readExample(t, "prometheus-rules.yaml")), yaml.Strict()).Decode(&file); err != nil {
		t.Fatal(err)
	}
	known := metricNames(exposed(t))
	metric := regexp.MustCompile(`\b(port_listener|process|go)_[a-z_]+`)
	rules := 0
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			rules++
			if !slices.Contains([]string{"critical", "warning", "info"}, rule.Labels["severity"]) || rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
				t.Errorf("%s does not say how bad it is, what it means, and what to do: %+v", rule.Alert, rule)
			}
			metrics := metric.FindAllString(rule.Expr, -1)
			if len(metrics) == 0 && !strings.HasPrefix(rule.Expr, "up{") {
				t.Errorf("%s asks for no metric: %s", rule.Alert, rule.Expr)
			}
			for _, name := range metrics {
				if !slices.Contains(known, name) {
					t.Errorf("%s asks for %s, which the listener does not have", rule.Alert, name)
				}
			}
		}
	}
	if rules == 0 {
		t.Error("there are no rules")
	}
}

// TestDashboard checks that a running listener has every metric that the dashboard uses, and that
// no two panels share an id or a position.
func TestDashboard(t *testing.T) {
	t.Parallel()
	type query struct {
		Expr string `json:"expr"`
	}
	var dashboard struct {
		Panels []struct {
			ID          int            `json:"id"`
			Type        string         `json:"type"`
			Title       string         `json:"title"`
			Description string         `json:"description"`
			Place       map[string]int `json:"gridPos"`
			Targets     []query        `json:"targets"`
		} `json:"panels"`
		Annotations struct {
			List []query `json:"list"`
		} `json:"annotations"`
	}
	if err := json.Unmarshal([]byte(readExample(t, "grafana-dashboard.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	known := metricNames(exposed(t))
	metric := regexp.MustCompile(`\b(port_listener|process|go)_[a-z_]+`)
	taken := map[[2]int]string{}
	queries := dashboard.Annotations.List
	for i, panel := range dashboard.Panels {
		if panel.ID != i+1 {
			t.Errorf("%s has the number %d at %d", panel.Title, panel.ID, i+1)
		}
		if panel.Type != "row" && (panel.Description == "" || len(panel.Targets) == 0) {
			t.Errorf("%s has no description or no query", panel.Title)
		}
		for x := panel.Place["x"]; x < panel.Place["x"]+panel.Place["w"]; x++ {
			for y := panel.Place["y"]; y < panel.Place["y"]+panel.Place["h"]; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s covers %s or leaves the grid", panel.Title, other)
				}
				taken[[2]int{x, y}] = panel.Title
			}
		}
		queries = append(queries, panel.Targets...)
	}
	for _, query := range queries {
		metrics := metric.FindAllString(query.Expr, -1)
		if len(metrics) == 0 {
			t.Errorf("a panel asks for no metric: %s", query.Expr)
		}
		for _, name := range metrics {
			if !slices.Contains(known, name) && !slices.Contains(known, strings.TrimSuffix(name, "_bucket")) {
				t.Errorf("a panel asks for %s, which the listener does not have", name)
			}
		}
	}
}

// manifest is the part of a Kubernetes object that the test needs.
type manifest struct {
	APIVersion string            `yaml:"apiVersion"`
	Kind       string            `yaml:"kind"`
	Metadata   map[string]any    `yaml:"metadata"`
	Data       map[string]string `yaml:"data"`
	StringData map[string]string `yaml:"stringData"`
	Spec       struct {
		Template struct {
			Spec struct {
				TerminationGracePeriodSeconds int         `yaml:"terminationGracePeriodSeconds"`
				InitContainers                []container `yaml:"initContainers"`
				Containers                    []container `yaml:"containers"`
			} `yaml:"spec"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

type container struct {
	Name string   `yaml:"name"`
	Args []string `yaml:"args"`
}

// TestKubernetes makes the listener check the flags and the configuration in the manifests, with
// the secrets where they are mounted. Tests in internal/kubernetes validate the manifests against
// Kubernetes' own types.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"kubernetes.yaml", "kubernetes-standalone.yaml"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkManifests(t, readExample(t, name))
		})
	}
}

func checkManifests(t *testing.T, manifests string) {
	t.Helper()
	objects := make(map[string]manifest)
	decoder := yaml.NewDecoder(strings.NewReader(manifests))
	for {
		var read manifest
		err := decoder.Decode(&read)
		if err == io.EOF { //nolint:errorlint // The decoder does not wrap it.
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if read.APIVersion == "" || read.Metadata["name"] == nil {
			t.Errorf("an object has no version or no name: %+v", read)
		}
		objects[read.Kind] = read
	}
	pod := objects["Deployment"].Spec.Template.Spec
	if pod.TerminationGracePeriodSeconds <= int(stopTimeout.Seconds()) {
		t.Errorf("the pod is killed after %d s, and the listener takes up to %s", pod.TerminationGracePeriodSeconds, stopTimeout)
	}
	containers := slices.Concat(pod.InitContainers, pod.Containers)
	at := slices.IndexFunc(containers, func(known container) bool { return known.Name == "listener" })
	if at < 0 {
		t.Fatalf("the listener is missing: %+v", pod)
	}
	checkArguments(t, containers[at].Args)

	dir := t.TempDir()
	secrets := map[string]string{"client-secret": "k7-client-secret", "slack-webhook-url": "https://hooks.slack.com/services/T0/B0/x", "admin-token": "token-of-the-operator"}
	for name := range objects["Secret"].StringData {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(secrets[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	configuration := strings.ReplaceAll(objects["ConfigMap"].Data["listener.yaml"], "/run/secrets/port-listener", dir)
	path := filepath.Join(dir, "listener.yaml")
	if err := os.WriteFile(path, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	want := outcome{0, "The configuration is valid. Client secrets: 1. Destinations: default. Rules: health.\n", ""}
	if got := execute(t, nil, "-config", path, "-check-config"); got != want {
		t.Errorf("-check-config: %+v", got)
	}
}

// TestSystemd checks the arguments in the unit.
func TestSystemd(t *testing.T) {
	t.Parallel()
	unit := readExample(t, "port-listener.service")
	lines := regexp.MustCompile(`(?m)^(ExecStart|ExecReload)=/usr/local/bin/listener (.+)$`).FindAllStringSubmatch(unit, -1)
	if len(lines) != 2 {
		t.Errorf("it runs the listener %d times", len(lines))
	}
	for _, line := range lines {
		checkArguments(t, strings.Fields(line[2]))
	}
}

// TestSystemdAcceptsTheUnit verifies the unit with systemd, if it is installed.
func TestSystemdAcceptsTheUnit(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd is not installed")
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The commands of the unit must exist.
	unit := filepath.Join(t.TempDir(), "port-listener.service")
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(readExample(t, "port-listener.service"), "/usr/local/bin/listener", executable)), 0o600); err != nil {
		t.Fatal(err)
	}
	if output, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", unit).CombinedOutput(); err != nil || len(output) > 0 {
		t.Errorf("%v: %s", err, output)
	}
}

// TestDockerfile checks the arguments in the image.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	match := regexp.MustCompile(`(?m)^CMD (.+)$`).FindStringSubmatch(readExample(t, "Dockerfile"))
	if match == nil {
		t.Fatal("there is no CMD")
	}
	var arguments []string
	if err := json.Unmarshal([]byte(match[1]), &arguments); err != nil {
		t.Fatal(err)
	}
	checkArguments(t, arguments)
}
