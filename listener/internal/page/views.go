package page

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

const (
	// recentEvents is the number of events in the overview, and pageSize the number of rows in a
	// list.
	recentEvents = 12
	pageSize     = 50
	// maxDrawn is how many messages of an event are shown.
	maxDrawn = 10
)

// overviewView is the first page.
type overviewView struct {
	Destinations []admin.Destination
	Arrivals     arrivals.Arrivals
	Events       []admin.Event
	Reload       *admin.Reload
	DeadLetters  int
	// Waiting counts the pending alerts.
	Waiting int
	// Alarms are sentences about what needs attention.
	Alarms []alarm
}

type alarm struct{ Text, Link string }

func (p *Page) overview(request *http.Request) (view, error) {
	ctx := request.Context()
	var content overviewView
	var err error
	if content.Destinations, err = p.options.API.Destinations(ctx); err != nil {
		return view{}, err
	}
	if content.Arrivals, err = p.options.API.Arrivals(ctx); err != nil {
		return view{}, err
	}
	page, err := p.options.API.Events(ctx, admin.EventQuery{Limit: recentEvents})
	if err != nil {
		return view{}, err
	}
	content.Events = page.Events
	content.Reload = p.options.API.Configuration().Reload
	content.addAlarms()
	return view{template: "overview", title: "Overview", content: content}, nil
}

// addAlarms adds what needs attention.
func (o *overviewView) addAlarms() {
	for _, destination := range o.Destinations {
		o.DeadLetters, o.Waiting = o.DeadLetters+destination.DeadLetters, o.Waiting+destination.Pending
		switch destination.State {
		case admin.StateParked, admin.StateFailing, admin.StatePaused:
			o.Alarms = append(o.Alarms, alarm{fmt.Sprintf("%s is %s: %d waiting.", destination.Name, destination.State, destination.Pending), "#destinations"})
		case admin.StateDelivering, admin.StateNotConfigured:
		}
	}
	if o.DeadLetters > 0 {
		o.Alarms = append(o.Alarms, alarm{countLetters(o.DeadLetters) + " to replay or drop.", lettersPath})
	}
	if o.Reload != nil && !o.Reload.Successful {
		o.Alarms = append(o.Alarms, alarm{"The last reload was refused; the previous configuration stays in use.", configurationPath})
	}
}

// eventsView is the list of events.
type eventsView struct {
	Query    admin.EventQuery
	Events   []admin.Event
	Rules    []string
	Names    []string
	Sources  []string
	Outcomes []queue.Outcome
	// Older is the URL of the next page, or "".
	Older string
}

func (p *Page) events(request *http.Request) (view, error) {
	query, err := admin.ReadEventQuery(trimmed(request.URL.Query()))
	if err != nil {
		return view{}, err
	}
	query.Limit = pageSize
	page, err := p.options.API.Events(request.Context(), query)
	if err != nil {
		return view{}, err
	}
	content := eventsView{Query: query, Events: page.Events, Outcomes: queue.Outcomes(), Rules: p.ruleNames()}
	if content.Sources, content.Names, err = p.received(request.Context()); err != nil {
		return view{}, err
	}
	if page.Next != 0 {
		query.Before, query.Limit = page.Next, 0
		content.Older = eventsPath + "?" + query.Values().Encode()
	}
	return view{template: "events", title: "Events", content: content}, nil
}

// trimmed removes leading and trailing spaces.
func trimmed(values url.Values) url.Values {
	for _, list := range values {
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
	}
	return values
}

// ruleNames returns the names of the configured rules.
func (p *Page) ruleNames() []string {
	var names []string
	for _, section := range p.options.API.Configuration().Sections {
		if name, ok := strings.CutPrefix(section.Name, "rule "); ok {
			names = append(names, name)
		}
	}
	return names
}

// received returns the sources and blueprints from which events have arrived.
func (p *Page) received(ctx context.Context) (sources, blueprints []string, err error) {
	arrivals, err := p.options.API.Arrivals(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, source := range arrivals.Sources {
		sources = append(sources, source.Name)
		for _, blueprint := range source.Blueprints {
			if blueprint.Name != "" {
				blueprints = append(blueprints, blueprint.Name)
			}
		}
	}
	slices.Sort(blueprints)
	return sources, slices.Compact(blueprints), nil
}

// eventView is the page of an event.
type eventView struct {
	admin.Event
	Stories []storyView
	Targets []string
	// Document is the event, indented.
	Document string
}

// storyView is a delivery with its message.
type storyView struct {
	queue.DeliveryHistory
	// Letter is the id of the dead letter; 0 if it is not a dead letter.
	Letter  uint64
	Message *drawing
}

func (p *Page) event(request *http.Request) (view, error) {
	ctx := request.Context()
	event, err := p.options.API.Event(ctx, mux.Vars(request)["id"])
	if err != nil {
		return view{}, err
	}
	content := eventView{Event: event, Document: indented(event.Body)}
	for i, delivery := range event.Deliveries {
		story := storyView{DeliveryHistory: delivery}
		for _, letter := range event.Letters {
			if letter.Rule == delivery.Rule && letter.Destination == delivery.Destination {
				story.Letter = letter.ID
			}
		}
		if i < maxDrawn {
			story.Message = p.drawing(ctx, event.Identity, delivery)
		}
		content.Stories = append(content.Stories, story)
	}
	if content.Targets, err = p.targets(ctx); err != nil {
		return view{}, err
	}
	return view{template: "event", title: cmp.Or(event.About(), "Event") + " · " + event.ID, content: content}, nil
}

// drawing returns the message of a delivery, or nil if it cannot be rendered.
func (p *Page) drawing(ctx context.Context, identity string, delivery queue.DeliveryHistory) *drawing {
	rendered, err := p.options.API.Message(ctx, identity, delivery.Rule, delivery.Destination)
	if err != nil {
		return nil
	}
	drawn, err := draw(rendered)
	if err != nil {
		p.options.Logger.WarnContext(ctx, "drawing a message failed", "cause", err)
		return nil
	}
	return &drawn
}

// indented formats JSON for people. It returns "" if there is none.
func indented(document []byte) string {
	var written strings.Builder
	encoder := json.NewEncoder(&written)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if len(document) == 0 || encoder.Encode(json.RawMessage(document)) != nil {
		return ""
	}
	return written.String()
}

// targets returns the destinations to which dead letters can be replayed.
func (p *Page) targets(ctx context.Context) ([]string, error) {
	destinations, err := p.options.API.Destinations(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, destination := range destinations {
		if destination.State != admin.StateNotConfigured {
			names = append(names, destination.Name)
		}
	}
	return names, nil
}

// lettersView is the list of dead letters.
type lettersView struct {
	Destination  string
	Destinations []admin.Destination
	Targets      []string
	Letters      []admin.DeadLetter
	Total        int
	// Next is the URL of the next page, or "".
	Next string
}

func (p *Page) letters(request *http.Request) (view, error) {
	ctx, values := request.Context(), request.URL.Query()
	content := lettersView{Destination: strings.TrimSpace(values.Get("destination"))}
	query := admin.Query{Destination: content.Destination, Limit: pageSize + 1}
	var err error
	if after := values.Get("after"); after != "" {
		if query.After, err = strconv.ParseUint(after, 10, 64); err != nil {
			return view{}, &admin.Refusal{Reason: "after must be the id of a dead letter"}
		}
	}
	if content.Letters, err = p.options.API.DeadLetters(ctx, query); err != nil {
		return view{}, err
	}
	if len(content.Letters) > pageSize {
		content.Letters = content.Letters[:pageSize]
		next := url.Values{"after": {strconv.FormatUint(content.Letters[pageSize-1].ID, 10)}}
		if content.Destination != "" {
			next.Set("destination", content.Destination)
		}
		content.Next = lettersPath + "?" + next.Encode()
	}
	if content.Destinations, err = p.options.API.Destinations(ctx); err != nil {
		return view{}, err
	}
	for _, destination := range content.Destinations {
		if content.Destination == "" || content.Destination == destination.Name {
			content.Total += destination.DeadLetters
		}
	}
	if content.Targets, err = p.targets(ctx); err != nil {
		return view{}, err
	}
	return view{template: "letters", title: "Dead letters", content: content}, nil
}

func (p *Page) configuration(*http.Request) (view, error) {
	return view{template: "configuration", title: "Configuration", content: p.options.API.Configuration()}, nil
}

// readOrder reads which dead letters a form selects.
func readOrder(form url.Values) (admin.Order, error) {
	order := admin.Order{To: form.Get("to")}
	if form.Get("all") != "" {
		order.Destination = form.Get("all")
		return order, nil
	}
	for _, text := range form["id"] {
		id, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return order, &admin.Refusal{Reason: "each id must be the number of a dead letter"}
		}
		order.IDs = append(order.IDs, id)
	}
	if len(order.IDs) == 0 {
		return order, &admin.Refusal{Reason: "nothing is selected; select dead letters first"}
	}
	return order, nil
}

func (p *Page) replay(request *http.Request) (view, error) {
	order, err := readOrder(request.PostForm)
	if err != nil {
		return view{}, err
	}
	report, err := p.options.API.Replay(request.Context(), order)
	return reported(request, report, "replayed"), err
}

// dropView asks for confirmation before dropping dead letters.
type dropView struct {
	Order admin.Order
	Count int
	Back  string
}

// drop asks for confirmation first, because dropping cannot be undone.
func (p *Page) drop(request *http.Request) (view, error) {
	order, err := readOrder(request.PostForm)
	if err != nil {
		return view{}, err
	}
	order.To = ""
	if request.PostForm.Get("confirmed") == "" {
		return view{template: "drop", title: "Drop dead letters", content: dropView{Order: order, Count: len(order.IDs), Back: localPath(request.PostForm.Get("back"))}}, nil
	}
	report, err := p.options.API.Drop(request.Context(), order)
	return reported(request, report, "dropped"), err
}

// reported redirects back to the page of the form, with the result.
func reported(request *http.Request, report admin.Report, was string) view {
	done := 0
	for _, result := range report.Results {
		if result.Problem == "" {
			done++
		}
	}
	return back(request, url.Values{"was": {was}, "done": {strconv.Itoa(done)}, "failed": {strconv.Itoa(len(report.Results) - done)}})
}

// back leads to the page that a form was on.
func back(request *http.Request, done url.Values) view {
	target, err := url.Parse(localPath(request.PostForm.Get("back")))
	if err != nil {
		return view{location: overviewPath}
	}
	query := target.Query()
	for _, key := range []string{"was", "done", "failed"} {
		query.Del(key)
	}
	maps.Copy(query, done)
	target.RawQuery = query.Encode()
	return view{location: target.String()}
}

func (p *Page) unpark(request *http.Request) (view, error) {
	parked, err := p.options.API.Unpark(request.Context(), request.PostForm.Get("destination"))
	was := "unparked"
	if !parked {
		was = "not_parked"
	}
	return back(request, url.Values{"was": {was}}), err
}

// reload makes the listener read the configuration again. The next page shows its mistakes.
func (p *Page) reload(request *http.Request) (view, error) {
	result := view{location: configurationPath}
	if _, err := p.options.API.Reload(request.Context()); err == nil {
		result.location += "?was=reloaded"
	}
	return result, nil
}
