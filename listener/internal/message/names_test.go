package message_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// exampleNames are the names for the ids in the worked example.
func exampleNames() message.Names {
	return message.Names{
		User: "Health Monitor", Blueprint: "Deployment Config", Teams: []string{"Platform", "Payments & Co"},
		Link: "https://app.getport.io/deploymentConfigEntity?identifier=notification-service-prod",
	}
}

func named(t *testing.T, names message.Names) message.Alert {
	t.Helper()
	event, err := changelog.Parse(read(t, "changelog-event.json"))
	if err != nil {
		t.Fatal(err)
	}
	return message.NewAlert(event, rule.DefaultHealth()).WithNames(names)
}

// TestNamesInTheExample compares the message of the example event, with names, with a reviewed
// file.
func TestNamesInTheExample(t *testing.T) {
	t.Parallel()
	got := named(t, exampleNames()).Message(message.Notes{Now: happenedAt()})
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(map[string]any{"text": got.Text, "blocks": got.Blocks}); err != nil {
		t.Fatal(err)
	}
	if want := read(t, "names.golden.json"); document.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", document.String(), want)
	}
	const line = "• *<https://app.getport.io/deploymentConfigEntity?identifier=notification-service-prod|Notification Service Production>* (notification-service-prod): " +
		"Healthy :white_check_mark: → Degraded :construction: · Health Monitor · 2026-06-15 16:44:56 UTC"
	if got := named(t, exampleNames()).Line().Text; got != line {
		t.Errorf("the line reads\n%s", got)
	}
}

// TestHostileNames checks that names are always escaped.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	context := func(names message.Names) string {
		rendered := named(t, names).Message(message.Notes{Now: happenedAt()})
		if !strings.Contains(rendered.Text, "Triggered by") {
			t.Errorf("the text reads %q", rendered.Text)
		}
		return texts(t, rendered)[1]
	}
	const when = " · 2026-06-15 16:44:56 UTC"
	for name, test := range map[string]struct {
		names message.Names
		want  string
	}{
		"mentions": {
			message.Names{User: "<!channel> & <@U1>", Blueprint: "<https://evil.example|Click>"},
			"notification-service-prod · &lt;https://evil.example|Click&gt; · Triggered by &lt;!channel&gt; &amp; &lt;@U1&gt;" + when,
		},
		"lines and marks of the direction": {
			message.Names{User: "A\n\u202eB", Blueprint: "C\u2028D"}, "notification-service-prod · C D · Triggered by A B" + when,
		},
		"blank": {
			message.Names{User: " \n", Blueprint: "\u200f"}, "notification-service-prod · deploymentConfig · Triggered by h2Mf13aRSCYQCUPIcqufoP4XRLwAt8Od@clients" + when,
		},
		"a link with the characters of a link": {
			message.Names{User: "A", Link: "https://app.example/bEntity?identifier=a|b><!here>&c d"},
			"<https://app.example/bEntity?identifier=a%7Cb%3E%3C!here%3E&amp;c%20d|notification-service-prod> · deploymentConfig · Triggered by A" + when,
		},
		"a link that is not to a web page": {message.Names{User: "A", Link: "javascript:alert(1)"}, "notification-service-prod · deploymentConfig · Triggered by A" + when},
		"a link that is too long": {
			message.Names{User: "A", Link: "https://app.example/" + strings.Repeat("x", 1000)}, "notification-service-prod · deploymentConfig · Triggered by A" + when,
		},
	} {
		if got := context(test.names); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	long := message.Names{User: strings.Repeat("&", 5000), Blueprint: strings.Repeat("<", 5000), Link: "https://app.example/" + strings.Repeat("x", 900)}
	if got := utf8.RuneCountInString(context(long)); got > 3000 {
		t.Errorf("the context has %d characters", got)
	}
	if got := utf8.RuneCountInString(named(t, long).Line().Text); got > 3000 {
		t.Errorf("the line has %d characters", got)
	}
}

func TestNamesInTemplates(t *testing.T) {
	t.Parallel()
	const source = `{{ .UserName }} / {{ .User }} / {{ .BlueprintTitle }} / {{ .Blueprint }} / {{ join ", " .Teams }} / {{ link .Link .Title }} / {{ if .Link }}yes{{ else }}no{{ end }}`
	template, err := message.NewTemplate(message.Source{Body: source})
	if err != nil {
		t.Fatal(err)
	}
	if err := template.Try(rule.DefaultHealth()); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		names message.Names
		want  string
	}{
		"with names": {exampleNames(), "Health Monitor / h2Mf13aRSCYQCUPIcqufoP4XRLwAt8Od@clients / Deployment Config / deploymentConfig / Platform, Payments &amp; Co / " +
			"<https://app.getport.io/deploymentConfigEntity?identifier=notification-service-prod|Notification Service Production> / yes"},
		"without": {message.Names{}, "h2Mf13aRSCYQCUPIcqufoP4XRLwAt8Od@clients / h2Mf13aRSCYQCUPIcqufoP4XRLwAt8Od@clients / deploymentConfig / deploymentConfig /  / " +
			"Notification Service Production / no"},
	} {
		rendered, err := template.Message(named(t, test.names), message.Notes{Now: happenedAt()})
		if err != nil {
			t.Fatal(err)
		}
		if got := texts(t, rendered)[2]; got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, test.want)
		}
	}
	if !template.Mentions("Teams") || template.Mentions("Elephants") {
		t.Error("the template does not know what it mentions")
	}
}

// TestNamesInTheEvent prefers current names from Port to those in the event.
func TestNamesInTheEvent(t *testing.T) {
	t.Parallel()
	for by, want := range map[string]string{
		`{"userId":"auth0|1","user":{"email":"ada@example.com","firstName":"Ada","lastName":"L"}}`: "Ada L",
		`{"userId":"auth0|1","user":{"email":"ada@example.com"}}`:                                  "ada@example.com",
		`{"userId":"auth0|1","user":{"firstName":" "}}`:                                            "auth0|1",
	} {
		event := parsed(t, `{"action":"UPDATE","resourceType":"entity","trigger":{"by":`+by+`},"context":{"blueprint":"b","entity":"e"},"diff":{"before":{},"after":{"team":[{"identifier":"x"},"y",null]}}}`)
		if got := texts(t, message.NewAlert(event, rule.Rule{Name: "n"}).Message(message.Notes{}))[1]; got != "e · b · Triggered by "+want+" · rule n" {
			t.Errorf("%s: %s", by, got)
		}
		if got := strings.Join(event.Teams(), " "); got != "x y" {
			t.Errorf("the teams are %q", got)
		}
	}
}
