package provider_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

const (
	// listenerURL is the address of the listener in examples and guides.
	listenerURL = "https://listener.example.com/api/slack"
	waitTimeout = 30 * time.Second
)

// report is a change event that Port sends for an entity.
type report struct {
	identity string
	event    *changelog.Event
}

// receiver stands in for a listener: Port sends it change events.
type receiver struct {
	url     string
	reports chan report
	last    string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	verifier, err := changelog.NewVerifier([]string{acctest.ClientSecret}, time.Hour, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{reports: make(chan report, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		timestamp := request.Header.Get(changelog.TimestampHeader)
		body, err = verifier.Verify(request.Header.Get(changelog.SignatureHeader), timestamp, body)
		if err != nil {
			t.Error(err)
			return
		}
		event, err := changelog.Parse(body)
		if err != nil {
			t.Error(err)
			return
		}
		identity, err := event.Identify(event.Source(), timestamp, body)
		if err != nil {
			t.Error(err)
		}
		if event.ResourceType == changelog.ResourceEntity {
			r.reports <- report{identity.Change, event}
		}
	}))
	t.Cleanup(server.Close)
	r.url = server.URL + "/api/slack"
	return r
}

// expect waits for the given number of copies of one event: the change of healthStatus to a value.
func (r *receiver) expect(t *testing.T, copies int, health string) {
	t.Helper()
	for i := range copies {
		select {
		case got := <-r.reports:
			if now := got.event.Diff.After.Property("healthStatus"); now != health || got.event.Diff.Before.Property("healthStatus") == health {
				t.Errorf("report %d of %q is about a different change: %v", i+1, health, got.event.Document())
			}
			if (i == 0) == (got.identity == r.last) {
				t.Errorf("report %d of %q: copies must have one identity, which differs from that of the previous change", i+1, health)
			}
			r.last = got.identity
		case <-time.After(waitTimeout):
			t.Fatalf("got %d of %d reports of %q", i, copies, health)
		}
	}
}

// writeCart creates or updates the service "cart" with these properties.
func writeCart(t *testing.T, env *acctest.Environment, properties map[string]any) {
	t.Helper()
	entity := &port.Entity{Identifier: "cart", Properties: properties}
	if _, err := env.Client.Entities.Create(t.Context(), "service", entity, port.CreateEntityOptions{Upsert: true, Merge: true}); err != nil {
		t.Fatal(err)
	}
}

// TestHealthAlertsModuleFilters applies the module. With a property, its condition suppresses
// changes of other properties; without one, every change is sent.
func TestHealthAlertsModuleFilters(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	reports := newReceiver(t)
	blueprint := &port.Blueprint{Identifier: "service", Title: "Service"}
	blueprint.Schema.Properties = map[string]port.Property{"healthStatus": {Type: "string"}, "cpuUtil": {Type: "number"}}
	if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	writeCart(t, env, map[string]any{"healthStatus": "Healthy", "cpuUtil": 10})
	cli := env.NewCLI(t, "../examples/modules/health-alerts")
	cli.Run("init", "-no-color", "-input=false")
	apply := []string{"apply", "-no-color", "-input=false", "-auto-approve", `-var=blueprints=["service"]`, "-var=listener_url=" + reports.url}
	cli.Run(apply...)

	for _, load := range []float64{50, 90} {
		writeCart(t, env, map[string]any{"cpuUtil": load})
	}
	writeCart(t, env, map[string]any{"healthStatus": "Degraded"})
	reports.expect(t, 1, "Degraded") // Reports about one entity arrive in order.

	cli.Write("every-change.auto.tfvars", "property = null\n")
	cli.Run(apply...)
	writeCart(t, env, map[string]any{"cpuUtil": 20})
	select {
	case got := <-reports.reports:
		if before, after := got.event.Diff.Before.Property("cpuUtil"), got.event.Diff.After.Property("cpuUtil"); before == after {
			t.Errorf("the report is about a different change: %v", got.event.Document())
		}
	case <-time.After(waitTimeout):
		t.Error("without a property, the change of cpuUtil was not reported")
	}
}

// TestChangelogDestinationsGuide follows the guide in each mode in which Port may handle changelog
// destinations. The plans must be those in the guide, and at each step all reports of a change must
// have the same identity.
func TestChangelogDestinationsGuide(t *testing.T) {
	t.Parallel()
	module, err := filepath.Abs("../examples/modules/health-alerts")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		mode          emulator.DestinationMode
		first, second int // How often a change is reported before step 1, and after it.
	}{
		"kept":    {emulator.KeepDestination, 1, 2},
		"dropped": {emulator.DropDestination, 0, 1},
		"refused": {emulator.RefuseDestination, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t, func(o *emulator.Options) { o.ChangelogDestination = test.mode })
			reports := newReceiver(t)
			text, err := os.ReadFile("../docs/guides/changelog-destinations.md")
			if err != nil {
				t.Fatal(err)
			}
			guide := strings.NewReplacer(listenerURL, reports.url, "github.com/port-changelog/terraform-provider-port//examples/modules/health-alerts", module).Replace(string(text))
			configuration, plans := blocks(guide, "terraform"), blocks(guide, "text")
			if len(configuration) != 3 || len(plans) != 3 {
				t.Fatalf("the guide has %d configurations and %d outputs", len(configuration), len(plans))
			}
			cli := env.NewCLI(t, t.TempDir())
			apply := func() string {
				t.Helper()
				cli.Run("init", "-no-color", "-input=false")
				return cli.Run("apply", "-no-color", "-input=false", "-auto-approve")
			}

			cli.Write("main.tf", configuration[0])
			apply()
			writeCart(t, env, map[string]any{"healthStatus": "Healthy"})
			reports.expect(t, test.first, "Healthy")

			cli.Write("alerts.tf", configuration[1])
			expectPlan(t, apply(), plans[0])
			writeCart(t, env, map[string]any{"healthStatus": "Degraded"})
			reports.expect(t, test.second, "Degraded")

			header, _, _ := strings.Cut(configuration[0], "resource ")
			cli.Write("main.tf", header+configuration[2])
			output := apply()
			expectPlan(t, output, plans[2])
			if strings.Contains(output, "Warning:") {
				t.Errorf("without the changelog destination, the apply prints a warning:\n%s", output)
			}
			writeCart(t, env, map[string]any{"healthStatus": "Crashed"})
			reports.expect(t, 1, "Crashed")
			writeCart(t, env, map[string]any{"healthStatus": "Healthy"})
			reports.expect(t, 1, "Healthy")
			cli.Run("plan", "-no-color", "-input=false", "-detailed-exitcode")
		})
	}
}

// blocks returns the code of a language in a document.
func blocks(document, language string) []string {
	var code []string
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(document, -1) {
		code = append(code, block[1])
	}
	return code
}

// expectPlan checks that Terraform's output contains a plan, ignoring the prior values of
// updated_at and updated_by.
func expectPlan(t *testing.T, output, want string) {
	t.Helper()
	updated := regexp.MustCompile(`~ (updated_\w+ *)= ".*?" ->`)
	anonymous := func(text string) string { return updated.ReplaceAllString(text, `~ ${1}= "" ->`) }
	if !strings.Contains(anonymous(output), anonymous(want)) {
		t.Errorf("the guide shows\n%s\nand Terraform prints\n%s", want, output)
	}
}
