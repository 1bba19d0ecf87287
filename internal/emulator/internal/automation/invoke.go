package automation

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/run"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/template"
)

// The invocation types that the emulator executes. Others are only recorded.
const (
	webhookType = "WEBHOOK"
	upsertType  = "UPSERT_ENTITY"
)

// render returns an invocation with its templates rendered, in the form that a run shows as its
// payload.
func render(invocation *document.Object, data template.Data) (*document.Object, error) {
	rendered, err := data.Render(invocation)
	if err != nil {
		return nil, err
	}
	payload, _ := rendered.(*document.Object)
	payload, _ = document.MapNumbers(payload, document.SpellNumber).(*document.Object)
	if payload.Text("type") != webhookType {
		return payload, nil
	}
	if payload.Text("url") == "" {
		return nil, fmt.Errorf("url %q must evaluate to a string that is not empty", invocation.Text("url"))
	}
	return payload.
		With("agent", isSet(payload.Value("agent"))).
		With("synchronized", isSet(payload.Value("synchronized"))).
		With("headers", renderHeaders(payload.Object("headers"))), checkMethod(payload)
}

// isSet reads a value that is documented as "boolean or template".
func isSet(value any) bool { return value == true || value == "true" }

// renderHeaders writes each value as text, and drops those that are null.
func renderHeaders(headers *document.Object) *document.Object {
	texts := document.New()
	for name, value := range headers.All() {
		if value != nil {
			texts.Set(name, template.Spell(value))
		}
	}
	return texts
}

// checkMethod fills in the default HTTP method and refuses invalid ones.
func checkMethod(payload *document.Object) error {
	if !payload.Has("method") {
		payload.Set("method", http.MethodPost)
	}
	allowed := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	if !slices.Contains(allowed, payload.Text("method")) {
		return fmt.Errorf("method must be one of %v, not %s", allowed, template.Spell(payload.Value("method")))
	}
	return nil
}

// Execute executes an approved run in the background.
func (e *Engine) Execute(id string) error {
	cause, definition, err := e.runs.Cause(id)
	if err != nil {
		return err
	}
	approved, err := e.runs.Get(id)
	if err != nil {
		return err
	}
	e.execute(approved, definition, cause, "run\x00"+id)
	return nil
}

// execute dispatches the invocation of a run. It never blocks.
func (e *Engine) execute(started, definition *document.Object, cause catalog.Cause, key string) {
	payload := started.Object("payload")
	delivery := event.Delivery{
		Kind: payload.Text("type"), Action: definition.Text("identifier"), Run: started.Text("id"), Agent: payload.Flag("agent"),
	}
	switch {
	case delivery.Kind == webhookType && !delivery.Agent:
		e.post(delivery, payload, cause, key)
	case delivery.Kind == upsertType:
		if err := e.queue.add(func() { e.upsert(delivery.Run, payload, cause) }); err != nil {
			e.fail(delivery.Run, err)
		}
	default:
		delivery.Payload = payload
		e.config.Sender.Record(delivery, nil)
	}
}

// post sends a webhook. [?webhook-without-body] Without a body, the request has none.
func (e *Engine) post(delivery event.Delivery, payload *document.Object, cause catalog.Cause, key string) {
	delivery.URL = payload.Text("url")
	message := event.Message{
		Key: key, Delivery: delivery, Method: payload.Text("method"), Header: make(http.Header), Chain: cause.Chain,
	}
	for name, value := range payload.Object("headers").All() {
		text, _ := value.(string)
		message.Header.Set(name, text)
	}
	if body, ok := payload.Get("body"); ok {
		message.Body = document.Append(nil, body)
	}
	isSynchronized := payload.Flag("synchronized")
	e.queue.hold()
	message.Done = func(outcome event.Outcome) {
		defer e.queue.release()
		e.settle(delivery.Run, isSynchronized, outcome)
	}
	e.config.Sender.Send(message)
}

// settle logs the outcome of a webhook, and ends a synchronized run according to the status, with
// the body as its response.
func (e *Engine) settle(id string, isSynchronized bool, outcome event.Outcome) {
	succeeded := outcome.Err == nil && outcome.Status < http.StatusMultipleChoices
	switch {
	case outcome.Err != nil:
		e.runs.Note(id, "The webhook got no response: "+outcome.Err.Error())
	case !succeeded:
		e.runs.Note(id, fmt.Sprintf("The webhook returned status %d", outcome.Status))
	}
	if !isSynchronized {
		return
	}
	status := run.Failure
	if succeeded {
		status = run.Success
	}
	e.runs.Finish(id, status, response(outcome.Body))
}

// response is a response body as stored in a run: JSON if it is an object or a list, otherwise
// text; nil if empty.
func response(body []byte) any {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil
	}
	value, err := document.Parse(body, document.KeepNumber)
	if err != nil {
		return string(body)
	}
	switch value.(type) {
	case *document.Object, []any:
		return value
	default:
		return string(body)
	}
}

// upsert creates or updates the entity of a mapping, and ends the run.
func (e *Engine) upsert(id string, payload *document.Object, cause catalog.Cause) {
	mapping, body := payload.Object("mapping"), document.New()
	for _, key := range []string{"identifier", "title", "icon", "team", "properties", "relations"} {
		value, ok := mapping.Get(key)
		if !ok || key == "identifier" && value == nil {
			continue
		}
		body.Set(key, value)
	}
	if violation := shape.EntityUpdate.Schema().Validate("mapping", body); violation != nil {
		e.fail(id, violation)
		return
	}
	written, created, err := e.config.Entities.CreateEntity(payload.Text("blueprintIdentifier"), body,
		catalog.WriteOptions{Upsert: true, Merge: true, Cause: cause})
	if err != nil {
		e.fail(id, err)
		return
	}
	verb := "Updated"
	if created {
		verb = "Created"
	}
	e.runs.Note(id, fmt.Sprintf("%s entity %q of blueprint %q", verb, written.Text("identifier"), written.Text("blueprint")))
	e.runs.Finish(id, run.Success, nil)
}
