package emulator

import (
	"bytes"
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// controlPrefix begins the paths of the control endpoints.
const controlPrefix = "/_emulator/"

// routeControls adds the endpoints that control the emulator. They require no token, and are
// neither counted nor subject to faults.
func (e *Emulator) routeControls() {
	for _, rt := range []route{
		{method: http.MethodGet, template: "/_emulator/requests", handle: e.showRequests},
		{method: http.MethodDelete, template: "/_emulator/requests", handle: e.forgetRequests},
		{method: http.MethodPost, template: "/_emulator/faults", handle: e.addFault},
		{method: http.MethodDelete, template: "/_emulator/faults", handle: e.clearFaults},
		{method: http.MethodGet, template: "/_emulator/deliveries", handle: e.showDeliveries},
		{method: http.MethodPost, template: "/_emulator/reset", handle: e.reset},
	} {
		e.router.Path(rt.template).Methods(rt.method).HandlerFunc(e.control(rt.handle))
	}
}

// control returns the HTTP handler of a control endpoint.
func (e *Emulator) control(handle handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, body, err := handle(&call{Request: r, emulator: e, query: r.URL.Query()})
		if err != nil {
			e.failed(err).write(w)
			return
		}
		reply(status, body).write(w)
	}
}

func (e *Emulator) showRequests(*call) (int, *document.Object, error) {
	return http.StatusOK, e.traffic.render(), nil
}

func (e *Emulator) forgetRequests(*call) (int, *document.Object, error) {
	e.traffic.reset()
	return http.StatusOK, success(), nil
}

func (e *Emulator) addFault(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.Fault)
	if err != nil {
		return 0, nil, err
	}
	f, err := e.readFault(body)
	if err != nil {
		return 0, nil, err
	}
	hold, _ := body.Value("hold").(bool)
	e.faults.add(f, hold)
	return http.StatusCreated, success(), nil
}

func (e *Emulator) clearFaults(*call) (int, *document.Object, error) {
	e.ClearFaults()
	return http.StatusOK, success(), nil
}

func (e *Emulator) showDeliveries(*call) (int, *document.Object, error) {
	deliveries := e.sender.Deliveries()
	shown := make([]any, len(deliveries))
	for i, d := range deliveries {
		shown[i] = renderDelivery(d)
	}
	return http.StatusOK, document.New().With("total", len(shown)).With("deliveries", shown), nil
}

// renderDelivery returns a delivery without the fields that do not apply to it.
func renderDelivery(d event.Delivery) *document.Object {
	shown := document.New().With("kind", d.Kind)
	for _, optional := range []struct{ key, value string }{{"action", d.Action}, {"run", d.Run}, {"url", d.URL}} {
		if optional.value != "" {
			shown.Set(optional.key, optional.value)
		}
	}
	if d.Agent {
		shown.Set("agent", true)
	}
	if d.Payload != nil {
		shown.Set("payload", d.Payload)
	}
	return shown.
		With("status", d.Status).With("attempts", d.Attempts).
		With("error", d.Error).With("done", d.Done)
}

// reset returns to the state after the last Seed, or to an empty catalog. Tokens stay valid; events
// in flight are still posted.
func (e *Emulator) reset(*call) (int, *document.Object, error) {
	e.catalog.Reset()
	e.automations.reset()
	e.organization.reset(e.options.OrganizationID)
	e.members.reset(e.options.ClientID)
	if baseline := e.baseline.Load(); baseline != nil {
		if err := e.load(bytes.NewReader(*baseline)); err != nil {
			return 0, nil, err
		}
	}
	e.automations.timers.Refresh()
	e.log.Clear()
	e.sender.Forget()
	e.ClearFaults()
	e.traffic.reset()
	e.limiter.reset()
	return http.StatusOK, success(), nil
}
