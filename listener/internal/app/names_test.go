package app_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
)

// TestNamesFromPort sends a change to a listener that looks up names in the emulator: with the
// default message, and with a template that uses every name.
func TestNamesFromPort(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	p := startPort(t)
	if err := p.emulator.Seed(strings.NewReader(`{"apps":[{"id":"client","name":"Monitor <!here>"}],
		"entities":[{"blueprint":"_team","identifier":"red","title":"Red Team"}]}`)); err != nil {
		t.Fatal(err)
	}
	served := httptest.NewServer(p.emulator)
	defer served.Close()
	template, err := message.NewTemplate(message.Source{Text: `{{ .UserName }}/{{ .BlueprintTitle }}/{{ join "+" .Teams }}/{{ .Link }}`})
	if err != nil {
		t.Fatal(err)
	}
	described := options(t.TempDir(), webhook)
	described.Config.Port = config.Port{ClientID: "client", BaseURL: served.URL, AppURL: "https://app.example"}
	described.Config.Rules = append(described.Config.Rules, described.Config.Rules[0])
	described.Config.Rules[1].Name, described.Config.Rules[1].Template = "named", template
	l := startWith(t, described)
	defer l.stop(t)
	p.createService(t, "")
	p.createAutomation(t, l.url(), "spread", anyChange, "", spreadEvent)

	p.setHealth(t, "cart", "Degraded")
	expectTexts(t, webhook, namedTexts("cart"))
	// Cached names are used while Port does not respond.
	served.Close()
	p.setHealth(t, "shop", "Degraded")
	expectTexts(t, webhook, namedTexts("shop"))
}

// namedTexts are the texts in the messages about an entity.
func namedTexts(entity string) []string {
	link := "https://app.example/serviceEntity?identifier=" + entity
	return []string{
		"Monitor &lt;!here&gt;/Service/Red Team/" + link,
		"<" + link + "|" + entity + "> · Service · Triggered by Monitor &lt;!here&gt; · ",
	}
}

// expectTexts waits for one message for each text.
func expectTexts(t *testing.T, webhook *fakeSlack, texts []string) {
	t.Helper()
	for range texts {
		select {
		case text := <-webhook.messages:
			if !strings.Contains(text, texts[0]) && !strings.Contains(text, texts[1]) {
				t.Errorf("the message reads %s", text)
			}
		case <-time.After(patience):
			t.Fatal("no message")
		}
	}
}
