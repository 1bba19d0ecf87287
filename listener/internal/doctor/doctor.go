// Package doctor checks the whole path of a change: Port's API, the automations, the public address
// of the listener, and Slack. It changes nothing and alerts nobody. The command doctor prints the
// findings.
package doctor

import (
	"context"
	"net/http"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
)

// State is the outcome of a check.
type State string

// The outcomes.
const (
	OK      State = "ok"
	Failed  State = "FAIL"
	Warning State = "warn"
	Skipped State = "skip"
)

// Finding is the result of one check.
type Finding struct {
	State State
	// Subject is what was checked, in one or two words.
	Subject string
	// Text is the result, and Advice what to do about it, or "".
	Text, Advice string
}

// Options configure the checks.
type Options struct {
	Config *config.Config
	// Address is the public URL of the webhook; if it is "", the URL in the automations is used.
	Address string
	// Connect returns a client for Port's API at a base URL, with the configured credentials and
	// the given transport.
	Connect func(baseURL string, through http.RoundTripper) (*port.Client, error)
	// Regions maps names of regions to base URLs of Port's API.
	Regions   map[string]string
	UserAgent string
	Now       func() time.Time
}

// Regions returns the regions that Port documents.
func Regions() map[string]string {
	return map[string]string{"EU": port.DefaultBaseURL, "US": "https://api.us.getport.io"}
}

// examination is one run of all checks.
type examination struct {
	Options
	report func(Finding)
	client *port.Client
	clock  *clock
	// posted are the URLs that automations of setup post to.
	posted []string
}

// Run runs the checks and reports each finding. It skips checks that an earlier failure makes
// pointless.
func Run(ctx context.Context, options Options, report func(Finding)) {
	e := &examination{Options: options, report: report, clock: &clock{now: options.Now}}
	if e.checkCredentials(ctx) {
		e.checkClock()
		e.checkAuditLog(ctx)
		e.checkNames(ctx)
		e.checkAutomations(ctx)
	} else {
		for _, subject := range []string{"clock", "audit log", "names", "automations"} {
			e.find(Skipped, subject, "Port's API rejects the credentials", "")
		}
	}
	e.checkWebhook(ctx)
	e.checkDestinations(ctx)
}

func (e *examination) find(state State, subject, text, advice string) {
	e.report(Finding{State: state, Subject: subject, Text: text, Advice: advice})
}
