package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/automation"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// checkCredentials checks whether Port accepts the credentials and, if not, whether another region
// does.
func (e *examination) checkCredentials(ctx context.Context) bool {
	id, base := e.Config.Port.ClientID, e.Config.Port.BaseURL
	if id == "" {
		e.find(Skipped, "credentials", "no client id is configured, so Port's API is not checked", "set PORT_CLIENT_ID or port.client_id to check Port as well, and to show names in messages")
		return false
	}
	client, err := e.Connect(base, e.clock)
	if err != nil {
		e.find(Failed, "credentials", err.Error(), "correct port.base_url")
		return false
	}
	e.client = client
	_, err = client.Organization.Get(ctx)
	switch {
	case err == nil || errors.Is(err, port.ErrForbidden):
		e.find(OK, "credentials", base+" accepts them", "")
		return true
	case !errors.Is(err, port.ErrUnauthorized):
		e.find(Failed, "credentials", err.Error(), "check port.base_url, the network, and the proxy in HTTPS_PROXY")
		return false
	}
	if region, address := e.otherRegion(ctx); region != "" {
		e.find(Failed, "credentials", fmt.Sprintf("%s rejects them, but the %s region accepts them", base, region), "set PORT_BASE_URL, or port.base_url, to "+address)
		return false
	}
	e.find(Failed, "credentials", base+" rejects them (401)", "use the client id and secret from Settings → Credentials in Port")
	return false
}

// otherRegion returns another region that accepts the credentials, if any.
func (e *examination) otherRegion(ctx context.Context) (region, address string) {
	if !slices.Contains(slices.Collect(maps.Values(e.Regions)), strings.TrimRight(e.Config.Port.BaseURL, "/")) {
		// Never send the secret to an unknown server.
		return "", ""
	}
	for _, name := range slices.Sorted(maps.Keys(e.Regions)) {
		if e.Regions[name] == e.Config.Port.BaseURL {
			continue
		}
		client, err := e.Connect(e.Regions[name], http.DefaultTransport)
		if err != nil {
			continue
		}
		if _, err := client.Organization.Get(ctx); err == nil || errors.Is(err, port.ErrForbidden) {
			return name, e.Regions[name]
		}
	}
	return "", ""
}

// clock compares our clock with that of a server, using the Date header of its responses.
type clock struct {
	now func() time.Time

	mu sync.Mutex
	// ahead is how far our clock is ahead, and measured means that a response had a date.
	ahead    time.Duration
	measured bool
}

// RoundTrip implements http.RoundTripper.
func (c *clock) RoundTrip(request *http.Request) (*http.Response, error) {
	sent := c.now()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	received := c.now()
	if at, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		// The header is truncated to seconds, so on average it is half a second old.
		c.ahead, c.measured = sent.Add(received.Sub(sent)/2).Sub(at.Add(time.Second/2)), true
	}
	return response, nil
}

// noticeable is the smallest difference between clocks to report.
const noticeable = 15 * time.Second

func (e *examination) checkClock() {
	e.clock.mu.Lock()
	ahead, measured := e.clock.ahead, e.clock.measured
	e.clock.mu.Unlock()
	apart := ahead.Abs().Round(time.Second)
	direction := "ahead of"
	if ahead < 0 {
		direction = "behind"
	}
	text := fmt.Sprintf("the clock of this machine is %s %s Port's", apart, direction)
	switch {
	case !measured:
		e.find(Skipped, "clock", "Port's responses have no Date header", "")
	case apart < noticeable:
		e.find(OK, "clock", fmt.Sprintf("this machine and Port agree within %s", max(apart, time.Second)), "")
	case apart < e.Config.Webhook.Tolerance:
		e.find(Warning, "clock", text, "synchronise it: events are refused when the clocks differ by "+shortest(e.Config.Webhook.Tolerance)+" (webhook.tolerance)")
	default:
		e.find(Failed, "clock", text+", so every event is refused with 401", "synchronise it")
	}
}

// shortest formats a duration without zero units.
func shortest(length time.Duration) string {
	text := length.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

func (e *examination) checkAuditLog(ctx context.Context) {
	now := e.Now()
	for _, err := range e.client.AuditLog.List(ctx, port.AuditLogOptions{From: now.Add(-time.Minute), To: now, Resources: []string{"entity"}, Limit: 1}) {
		switch {
		case err == nil:
		case errors.Is(err, port.ErrForbidden):
			e.find(Failed, "audit log", "Port does not allow these credentials to read it", "use credentials of the organization or of an admin; without the audit log, missed changes are not caught up")
			return
		default:
			e.find(Failed, "audit log", err.Error(), "try again; without the audit log, missed changes are not caught up")
			return
		}
	}
	e.find(OK, "audit log", "readable", "")
}

func (e *examination) checkNames(ctx context.Context) {
	_, people := e.client.Users.List(ctx)
	_, machines := e.client.Users.Apps(ctx)
	if err := errors.Join(people, machines); err != nil {
		e.find(Warning, "names", strings.ReplaceAll(err.Error(), "\n", "; "), "messages show ids instead of the names of people or applications; use credentials of the organization")
		return
	}
	e.find(OK, "names", "names of people and applications are readable", "")
}

// checkAutomations checks the automations that the rules need.
func (e *examination) checkAutomations(ctx context.Context) {
	blueprints, err := e.client.Blueprints.List(ctx)
	if err != nil {
		e.find(Failed, "automations", err.Error(), "")
		return
	}
	rules := make([]rule.Rule, len(e.Config.Rules))
	for i, one := range e.Config.Rules {
		rules[i] = one.Rule
	}
	needed, err := automation.Derive(rules, nil, blueprints)
	if err != nil {
		e.find(Failed, "automations", err.Error(), "")
		return
	}
	existing, err := e.client.Actions.List(ctx, port.ListActionsOptions{})
	if err != nil {
		e.find(Failed, "automations", err.Error(), "")
		return
	}
	e.remember(existing)
	for _, remark := range needed.Remarks {
		e.find(Warning, "rules", strings.TrimSuffix(remark, "."), "")
	}
	for _, one := range needed.Automations {
		e.checkAutomation(one, existing)
	}
}

// remember uses the URL in the automations of setup as the address of the listener, unless an
// address was given.
func (e *examination) remember(existing []port.Action) {
	for _, action := range existing {
		if posting, ok := automation.PostingOf(action); ok && automation.IsOurs(posting.Identifier) && !slices.Contains(e.posted, posting.URL) {
			e.posted = append(e.posted, posting.URL)
		}
	}
	if e.Address == "" && len(e.posted) == 1 {
		e.Address = e.posted[0]
	}
}

// checkAutomation checks whether a needed automation exists and posts to the listener.
func (e *examination) checkAutomation(needed automation.Automation, existing []port.Action) {
	what := "changes of " + needed.Blueprint
	if needed.Timer != "" {
		what = "the timer " + needed.Timer + " of " + needed.Blueprint
	}
	setup := "run listener setup with -apply and the public address of the listener in -url"
	if e.Address != "" {
		setup = "run listener setup -url " + e.Address + " -apply"
	}
	var asleep, elsewhere []string
	for _, action := range existing {
		posting, ok := automation.PostingOf(action)
		switch {
		case !ok || !posting.Reports(needed, posting.URL):
		case e.Address != "" && !posting.Reports(needed, e.Address):
			elsewhere = append(elsewhere, posting.Identifier+" posts to "+posting.URL)
		case !posting.Published:
			asleep = append(asleep, posting.Identifier)
		case posting.Identifier == needed.Identifier && e.Address != "" && len(automation.Differences(action, automation.Merge(action, needed.Action(e.Address)))) > 0:
			e.find(Warning, "automations", posting.Identifier+" reports "+what+", but differs from what the rules need", setup+", which shows the difference without -apply")
			return
		default:
			e.find(OK, "automations", posting.Identifier+" reports "+what, "")
			return
		}
	}
	switch {
	case e.Config.Port.Poll > 0:
		e.find(OK, "automations", "no automation is needed for "+what+", because port.poll is set", "")
	case len(asleep) > 0:
		e.find(Failed, "automations", strings.Join(asleep, ", ")+" would report "+what+", but is not published", "publish it in Port, or "+setup)
	case len(elsewhere) > 0:
		e.find(Failed, "automations", "no automation reports "+what+" to "+e.Address+": "+strings.Join(elsewhere, ", "), setup)
	default:
		e.find(Failed, "automations", "no automation reports "+what, setup+", unless a workflow or a changelog destination reports them")
	}
}
