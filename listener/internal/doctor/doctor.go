// Package doctor checks the whole way of a change: from Port's API over the automations and the
// public address to the listener, and from there to Slack. It changes nothing, and nobody is
// alerted. The command doctor prints what it finds.
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

// Finding is what one check has found.
type Finding struct {
	State State
	// Subject is what was checked, in a word or two.
	Subject string
	// Text says what was found, and Advice what to do about it; "" for nothing.
	Text, Advice string
}

// Options describe what is checked.
type Options struct {
	Config *config.Config
	// Address is the public address of the webhook; "" takes that of the automations.
	Address string
	// Connect returns a client of Port's API at another address, with the credentials of the
	// configuration. Its requests go through the transport.
	Connect func(baseURL string, through http.RoundTripper) (*port.Client, error)
	// Regions are the addresses of Port's API by the names of their regions.
	Regions   map[string]string
	UserAgent string
	Now       func() time.Time
}

// Regions are those that Port documents.
func Regions() map[string]string {
	return map[string]string{"EU": port.DefaultBaseURL, "US": "https://api.us.getport.io"}
}

// examination is one run of all checks.
type examination struct {
	Options
	report func(Finding)
	client *port.Client
	clock  *clock
	// posted are the addresses to which automations of setup post.
	posted []string
}

// Run makes every check that the outcome of an earlier one does not make pointless, and reports
// what each has found.
func Run(ctx context.Context, options Options, report func(Finding)) {
	e := &examination{Options: options, report: report, clock: &clock{now: options.Now}}
	if e.checkCredentials(ctx) {
		e.checkClock()
		e.checkAuditLog(ctx)
		e.checkNames(ctx)
		e.checkAutomations(ctx)
	} else {
		for _, subject := range []string{"clock", "audit log", "names", "automations"} {
			e.find(Skipped, subject, "Port's API does not accept the credentials", "")
		}
	}
	e.checkWebhook(ctx)
	e.checkDestinations(ctx)
}

func (e *examination) find(state State, subject, text, advice string) {
	e.report(Finding{State: state, Subject: subject, Text: text, Advice: advice})
}
