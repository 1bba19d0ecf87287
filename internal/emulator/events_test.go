package emulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// receiver replaces the network behind webhooks. It responds with each status in turn, and then
// repeats the last one.
type receiver struct {
	mutex    sync.Mutex
	statuses []int
	hang     bool
	response string
	events   []received
}

// received is an event as received.
type received struct {
	method, url, body string
	header            http.Header
}

// RoundTrip implements http.RoundTripper.
func (r *receiver) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	r.mutex.Lock()
	r.events = append(r.events, received{method: request.Method, url: request.URL.String(), body: string(body), header: request.Header})
	hang, status := r.hang, http.StatusAccepted
	if len(r.statuses) > 0 {
		status = r.statuses[0]
	}
	if len(r.statuses) > 1 {
		r.statuses = r.statuses[1:]
	}
	r.mutex.Unlock()
	if hang {
		<-request.Context().Done()
		return nil, request.Context().Err()
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(r.response)), Header: http.Header{"Location": {"https://elsewhere.example.com"}}}, nil
}

func (r *receiver) all() []received {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return append([]received(nil), r.events...)
}

const hook = "https://listener.example.com/api/slack"

// startPosting returns an emulator whose events go to the receiver. In a synctest bubble,
// synctest.Wait waits for the deliveries.
func startPosting(tb testing.TB, options emulator.Options, r *receiver) *server {
	tb.Helper()
	options.DeliveryTransport, options.ChangelogDestination = r, emulator.KeepDestination
	return start(tb, options)
}

// deploymentConfig is the blueprint of the worked example, shortened.
const deploymentConfig = `{"identifier":"deploymentConfig","title":"Deployment Config","icon":"Microservice","schema":{"properties":{
	"healthStatus":{"type":"string","enum":["Healthy","Degraded"]},"cpuUtil":{"type":"number"},"memoryUtil":{"type":"number"},
	"newRelicUrl":{"type":"string","format":"url"},"locked":{"type":"boolean","default":false}},"required":[]},
	"changelogDestination":{"type":"WEBHOOK","url":"` + hook + `"}}`

const configEntities = "/v1/blueprints/deploymentConfig/entities"

func TestChangelogEvents(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	synctest.Test(t, func(t *testing.T) {
		s := startPosting(t, emulator.Options{}, r)
		s.mustDo(t, http.MethodPost, "/v1/blueprints", deploymentConfig)
		s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","title":"<Prod> & more","properties":{
			"healthStatus":"Healthy","cpuUtil":25.0,"memoryUtil":1e2,"newRelicUrl":"https://newrelic.com"}}`)
		s.clock.advance(time.Minute)
		s.mustDo(t, http.MethodPatch, configEntities+"/prod", `{"properties":{"healthStatus":"Degraded","cpuUtil":91.5}}`)
		s.clock.advance(time.Minute)
		s.mustDo(t, http.MethodDelete, configEntities+"/prod?delete_dependents=false", "")
		s.mustDo(t, http.MethodPatch, "/v1/blueprints/deploymentConfig", `{"title":"New"}`)
		s.mustDo(t, http.MethodDelete, "/v1/blueprints/deploymentConfig", "")
		synctest.Wait()

		const entity = `"identifier":"prod","title":"<Prod> & more","blueprint":"deploymentConfig"`
		const created = `"createdAt":"2026-06-15T16:44:56.288Z","createdBy":"client@clients"`
		const healthy = `{` + entity + `,"properties":{"healthStatus":"Healthy","cpuUtil":25,"memoryUtil":100,"newRelicUrl":"https://newrelic.com","locked":false},"relations":{},` +
			created + `,"updatedAt":"2026-06-15T16:44:56.288Z","updatedBy":"client@clients"}`
		const degraded = `{` + entity + `,"properties":{"healthStatus":"Degraded","cpuUtil":91.5,"memoryUtil":100,"newRelicUrl":"https://newrelic.com","locked":false},"relations":{},` +
			created + `,"updatedAt":"2026-06-15T16:45:56.288Z","updatedBy":"client@clients"}`
		event := func(action, resource, at, context, before, after string) string {
			return `{"action":"` + action + `","resourceType":"` + resource + `","status":"SUCCESS","trigger":{"by":{"orgId":"org_PortEmulator","userId":"client@clients"},"at":"` +
				at + `","origin":"API"},"context":{` + context + `},"diff":{"before":` + before + `,"after":` + after + `}}`
		}
		const ofEntity = `"entity":"prod","blueprint":"deploymentConfig"`
		var entities []string
		var blueprints []string
		for _, e := range r.all() {
			if e.url != hook {
				t.Errorf("posted to %s", e.url)
			}
			if strings.Contains(e.body, `"resourceType":"entity"`) {
				entities = append(entities, e.body)
				continue
			}
			blueprints = append(blueprints, e.body)
		}
		want := []string{
			event("CREATE", "entity", "2026-06-15T16:44:56.288Z", ofEntity, "null", healthy),
			event("UPDATE", "entity", "2026-06-15T16:45:56.288Z", ofEntity, healthy, degraded),
			event("DELETE", "entity", "2026-06-15T16:46:56.288Z", ofEntity, degraded, "null"),
		}
		if got, expected := strings.Join(entities, "\n"), strings.Join(want, "\n"); got != expected {
			t.Errorf("got\n%s\nwant\n%s", got, expected)
		}
		if len(blueprints) != 3 {
			t.Fatalf("%d events of the blueprint", len(blueprints))
		}
		for i, action := range []string{"CREATE", "UPDATE", "DELETE"} {
			if !strings.HasPrefix(blueprints[i], `{"action":"`+action+`","resourceType":"blueprint","status":"SUCCESS"`) ||
				!strings.Contains(blueprints[i], `"context":{"blueprint":"deploymentConfig"},"diff":{"before":`) {
				t.Errorf("event %d of the blueprint: %s", i, blueprints[i])
			}
		}
	})
}

// TestChangelogEventHasTheKeysOfTheExample compares an event with an example from Port.
func TestChangelogEventHasTheKeysOfTheExample(t *testing.T) {
	t.Parallel()
	specification := os.Getenv("PORT_OPENAPI_SPEC")
	example, err := os.ReadFile(strings.TrimSuffix(specification, "port-openapi.json") + "changelog-event.json")
	if specification == "" || err != nil {
		t.Skip("SKIPPED: no example event next to the document that PORT_OPENAPI_SPEC names")
	}
	r := &receiver{}
	synctest.Test(t, func(t *testing.T) {
		s := startPosting(t, emulator.Options{}, r)
		s.mustDo(t, http.MethodPost, "/v1/blueprints", strings.Replace(deploymentConfig, `"locked"`,
			`"sentryUrl":{"type":"string"},"prometheusUrl":{"type":"string"},"locked"`, 1))
		s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"notification-service-prod","title":"T","properties":{"healthStatus":"Healthy",
			"cpuUtil":25,"memoryUtil":30,"newRelicUrl":"https://newrelic.com","sentryUrl":"x","prometheusUrl":"x","locked":false}}`)
		s.mustDo(t, http.MethodPatch, configEntities+"/notification-service-prod", `{"properties":{"healthStatus":"Degraded"}}`)
		synctest.Wait()
		for _, e := range r.all() {
			if strings.Contains(e.body, `"action":"UPDATE"`) {
				if got, want := keys(t, e.body), keys(t, string(example)); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
				return
			}
		}
		t.Error("got no event")
	})
}

// keys returns the keys of a document in their order.
func keys(tb testing.TB, text string) string {
	tb.Helper()
	var keys []string
	decoder := json.NewDecoder(strings.NewReader(text))
	for isKey := []bool{false}; ; {
		token, err := decoder.Token()
		if err == io.EOF {
			return strings.Join(keys, " ")
		}
		if err != nil {
			tb.Fatal(err)
		}
		last := len(isKey) - 1
		switch {
		case token == json.Delim('{'):
			isKey[last] = len(isKey) > 1
			isKey = append(isKey, true)
		case token == json.Delim('}'):
			isKey = isKey[:last]
		case isKey[last]:
			keys = append(keys, fmt.Sprint(token))
			isKey[last] = false
			continue
		default:
			isKey[last] = true
			continue
		}
	}
}

// checkSignature verifies the signature of the exact bytes.
func checkSignature(tb testing.TB, e received, timestamp string) {
	tb.Helper()
	if got := e.header.Get(changelog.TimestampHeader); got != timestamp {
		tb.Errorf("timestamp %s, want %s", got, timestamp)
	}
	if got, want := e.header.Get(changelog.SignatureHeader), changelog.Sign(clientSecret, timestamp, []byte(e.body)); got != want {
		tb.Errorf("signature %s, want %s", got, want)
	}
	if e.header.Get("Content-Type") != "application/json" {
		tb.Errorf("%v", e.header)
	}
}

func (s *server) deliveries(tb testing.TB) string {
	tb.Helper()
	a := s.mustDo(tb, http.MethodGet, "/_emulator/deliveries", "")
	return compact(tb, a.at(tb, "deliveries"))
}

func TestDeliveriesAreListed(t *testing.T) {
	t.Parallel()
	r := &receiver{statuses: []int{202, 401, 302}}
	synctest.Test(t, func(t *testing.T) {
		s := startPosting(t, emulator.Options{}, r)
		for range 3 {
			s.mustDo(t, http.MethodPost, "/v1/blueprints", deploymentConfig)
			synctest.Wait()
			s.mustDo(t, http.MethodPatch, "/v1/blueprints/deploymentConfig", `{"changelogDestination":{"type":"KAFKA"}}`)
			s.mustDo(t, http.MethodDelete, "/v1/blueprints/deploymentConfig", "")
		}
		want := make([]string, 3)
		for i, status := range []int{202, 401, 302} {
			want[i] = fmt.Sprintf(`{"attempts":1,"done":true,"error":"","kind":"CHANGELOG","status":%d,"url":%q}`, status, hook)
		}
		if got := s.deliveries(t); got != "["+strings.Join(want, ",")+"]" {
			t.Error(got)
		}
		checkSignature(t, r.all()[0], strconv.FormatInt(s.clock.Now().UnixMilli(), 10))
	})
}

func TestDeliveryRetries(t *testing.T) {
	t.Parallel()
	r := &receiver{statuses: []int{500, 429, 503, 202}}
	synctest.Test(t, func(t *testing.T) {
		s := startPosting(t, emulator.Options{DeliveryRetries: 3}, r)
		begin := time.Now()
		s.mustDo(t, http.MethodPost, "/v1/blueprints", deploymentConfig)
		synctest.Wait()
		if got := s.deliveries(t); !strings.Contains(got, `"attempts":1,"done":false`) {
			t.Error(got)
		}
		if err := s.emulator.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != 7*time.Second || len(r.all()) != 4 {
			t.Errorf("%d attempts took %s, want 4 and 1 s + 2 s + 4 s", len(r.all()), took)
		}
	})
}

func TestDeliveryTimeout(t *testing.T) {
	t.Parallel()
	r := &receiver{hang: true}
	synctest.Test(t, func(t *testing.T) {
		s := startPosting(t, emulator.Options{}, r)
		begin := time.Now()
		s.mustDo(t, http.MethodPost, "/v1/blueprints", deploymentConfig)
		if err := s.emulator.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestOtherEntitiesDoNotWaitForAHangingDelivery(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	synctest.Test(t, func(t *testing.T) {
		s := startPosting(t, emulator.Options{}, r)
		s.mustDo(t, http.MethodPost, "/v1/blueprints", deploymentConfig)
		for i := range 50 {
			s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", fmt.Sprintf(`{"identifier":"e%d","properties":{"cpuUtil":0}}`, i))
			for n := range 5 {
				s.mustDo(t, http.MethodPatch, configEntities+"/e"+strconv.Itoa(i), fmt.Sprintf(`{"properties":{"cpuUtil":%d}}`, n+1))
			}
		}
		synctest.Wait()
		last := make(map[string]int)
		events := r.all()
		for _, e := range events {
			var decoded struct {
				Context struct{ Entity string }
				Diff    struct {
					After struct{ Properties struct{ CPUUtil int } }
				}
			}
			if err := json.Unmarshal([]byte(e.body), &decoded); err != nil {
				t.Fatal(err)
			}
			if decoded.Context.Entity == "" {
				continue
			}
			value := decoded.Diff.After.Properties.CPUUtil
			if value != last[decoded.Context.Entity] {
				t.Fatalf("%s: got %d, want %d", decoded.Context.Entity, value, last[decoded.Context.Entity])
			}
			last[decoded.Context.Entity]++
		}
		if len(events) != 1+50*6 {
			t.Errorf("%d events", len(events))
		}
	})
}

func TestAuditLog(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.createEntity(t, `{"identifier":"a","properties":{"replicas":1}}`)
	s.clock.advance(time.Minute)
	s.mustDo(t, http.MethodPatch, serviceEntities+"/a", `{"properties":{"replicas":2}}`)
	actions := func(query string) string {
		list, _ := s.mustDo(t, http.MethodGet, "/v1/audit-log?"+query, "").at(t, "audits").([]any)
		var all []string
		for _, item := range list {
			o, _ := item.(map[string]any)
			all = append(all, fmt.Sprint(o["resourceType"], o["action"]))
		}
		return strings.Join(all, " ")
	}
	const minute = "2026-06-15T16:45:56.288Z"
	for query, want := range map[string]string{
		"":                         "entityUPDATE entityCREATE blueprintCREATE",
		"limit=2":                  "entityUPDATE entityCREATE",
		"resources=blueprint":      "blueprintCREATE",
		"resources=entity&limit=1": "entityUPDATE",
		"resources=entity&resources=blueprint&action=CREATE": "entityCREATE blueprintCREATE",
		"entity=a&action=UPDATE":                             "entityUPDATE",
		"entity=b":                                           "",
		"blueprint=service":                                  "entityUPDATE entityCREATE blueprintCREATE",
		"blueprint=other":                                    "",
		"from=" + minute:                                     "entityUPDATE",
		"to=" + url.QueryEscape("2026-06-15T18:44:56.288+02:00"): "entityCREATE blueprintCREATE",
		"origin=API&limit=1": "entityUPDATE",
		"origin=UI":          "",
		"status=FAILURE":     "",
		"run_id=r_1":         "",
	} {
		if got := actions(query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	one := s.mustDo(t, http.MethodGet, "/v1/audit-log?entity=a&action=UPDATE&includes=identifier&includes=diff", "")
	list, _ := one.at(t, "audits").([]any)
	event, _ := list[0].(map[string]any)
	identifier, _ := event["identifier"].(string)
	if len(event) != 2 || !strings.HasPrefix(identifier, "event_") || actions("identifier="+identifier) != "entityUPDATE" {
		t.Error(one.body)
	}
	// The events of a deleted entity are only shown on request, for one entity and one day.
	s.mustDo(t, http.MethodDelete, serviceEntities+"/a?delete_dependents=false", "")
	for query, want := range map[string]string{
		"": "blueprintCREATE",
		"include_deleted_entities=true&entity=a&blueprint=service&from=2026-06-15T00:00:00Z&to=2026-06-16T00:00:00Z": "entityDELETE entityUPDATE entityCREATE",
	} {
		if got := actions(query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	for _, query := range []string{"entity=a&blueprint=service", "entity=a&from=2026-06-15T00:00:00Z&to=2026-06-15T01:00:00Z", "entity=a&blueprint=service&from=2026-06-15T00:00:00Z&to=2026-06-16T00:00:01Z"} {
		s.do(t, http.MethodGet, "/v1/audit-log?include_deleted_entities=true&"+query, "").refused(t, http.StatusUnprocessableEntity, "invalid_request", "include_deleted_entities")
	}
	s.do(t, http.MethodGet, "/v1/audit-log?includes=everything", "").refused(t, http.StatusUnprocessableEntity, "invalid_request", "querystring/includes")
}

// TestAuditLogFault delays entries and shuffles them.
func TestAuditLogFault(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	const route = `{"method":"GET","route":"/v1/audit-log","times":1,`
	for i := range 40 {
		s.createEntity(t, fmt.Sprintf(`{"identifier":"e-%02d"}`, i))
	}
	shown := func(fault string) (entities []string) {
		s.mustDo(t, http.MethodPost, "/_emulator/faults", route+fault+"}")
		list, _ := s.mustDo(t, http.MethodGet, "/v1/audit-log?resources=entity", "").at(t, "audits").([]any)
		for _, item := range list {
			o, _ := item.(map[string]any)
			context, _ := o["context"].(map[string]any)
			entities = append(entities, fmt.Sprint(context["entity"]))
		}
		return entities
	}
	if late := len(shown(`"lag":"10s"`)); late == 0 || late == 40 {
		t.Errorf("%d of 40 entries are shown immediately", late)
	}
	s.clock.advance(10 * time.Second)
	if all := len(shown(`"lag":"10s"`)); all != 40 {
		t.Errorf("%d of 40 entries are shown after the lag", all)
	}
	shuffled := shown(`"shuffle":true`)
	if len(shuffled) != 40 || slices.IsSorted(shuffled) || slices.IsSortedFunc(shuffled, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("shown in the order %v", shuffled)
	}
}
