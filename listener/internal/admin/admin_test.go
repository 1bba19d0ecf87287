//nolint:thelper // The entries of the tables are parts of the tests.
package admin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// noon is the time of all events.
func noon() time.Time { return time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) }

// newStore returns a store with three dead letters: two of the destination team, and an unreadable
// one of old, which is not configured.
func newStore() *memoryStore {
	letter := func(sequence uint64, destination, body string) queue.DeadLetter {
		return queue.DeadLetter{
			Delivery: queue.Delivery{Event: queue.Event{Identity: fmt.Sprint("e", sequence), Body: []byte(body)}, Destination: destination, Rule: "health"},
			Sequence: sequence, Reason: queue.ReasonRefused, StoredAt: noon().Add(-2 * time.Hour), BuriedAt: noon().Add(-time.Hour),
		}
	}
	return &memoryStore{
		stats: map[string]queue.LaneStats{
			"team": {Pending: 3, Oldest: noon().Add(-time.Minute), DeadLetters: 2}, "old": {DeadLetters: 1},
		},
		statuses: map[string]queue.Status{
			"team": {
				ParkedSince: noon().Add(-10 * time.Minute), FailingSince: noon().Add(-time.Hour), RetryAt: noon().Add(5 * time.Minute),
				Cause: "Slack rejects every message for this webhook (404)",
			},
			"calm":  {Paused: true, RetryAt: noon().Add(30 * time.Second)},
			"ready": {Paused: true, RetryAt: noon().Add(-time.Second), Cause: "Slack asked for a pause"},
			"weak":  {FailingSince: noon().Add(-3 * time.Minute), RetryAt: noon().Add(9 * time.Second), Cause: "Slack is unavailable (503)"},
		},
		letters: []queue.DeadLetter{
			letter(4, "team", `{"action":"UPDATE","context":{"blueprint":"service","entity":"cart"}}`),
			letter(7, "old", "no event"),
			letter(9, "team", `{"action":"CREATE","context":{"blueprint":"service","entity":"shop"}}`),
		},
	}
}

// ways returns the implementations of API, with the same store.
func ways() map[string]func(t *testing.T, local *admin.Local) admin.API {
	return map[string]func(t *testing.T, local *admin.Local) admin.API{
		"at the store": func(_ *testing.T, local *admin.Local) admin.API { return local },
		"over HTTP": func(t *testing.T, local *admin.Local) admin.API {
			router := mux.NewRouter()
			local.Register(router)
			serving := httptest.NewServer(newGuard(admin.Access{}, true).Protect(router))
			t.Cleanup(serving.Close)
			client, err := admin.NewClient(serving.Listener.Addr().String(), "")
			if err != nil {
				t.Fatal(err)
			}
			return client
		},
	}
}

func newLocal(store queue.Inspector) *admin.Local {
	return admin.NewLocal(admin.Options{
		Store: store, Destinations: func() []string { return []string{"calm", "ready", "team", "weak"} },
		Logger: slog.New(slog.DiscardHandler), Now: noon,
	})
}

// TestAPI tests every implementation.
func TestAPI(t *testing.T) {
	t.Parallel()
	const configured = "the configured destinations are calm, ready, team, weak"
	cart := admin.DeadLetter{
		ID: 4, Destination: "team", Rule: "health", Reason: "refused", Event: "e4", About: "service:cart", Action: "UPDATE",
		StoredAt: noon().Add(-2 * time.Hour), BuriedAt: noon().Add(-time.Hour),
	}
	old, shop := cart, cart
	old.ID, old.Destination, old.About, old.Action, old.Event = 7, "old", "", "", "e7"
	shop.ID, shop.About, shop.Action, shop.Event = 9, "service:shop", "CREATE", "e9"
	many := make([]uint64, admin.MaxOrder+1)
	broken := func(store *memoryStore) { store.broken = true }
	tests := []struct {
		name    string
		prepare func(*memoryStore)
		ask     func(context.Context, admin.API) (any, error)
		want    any
		// refusal is the text of a *admin.Refusal, and failure the text of another error.
		refusal, failure string
		left             []uint64
		replayed         map[uint64]string
		unparked         []string
	}{
		{
			name: "destinations",
			ask:  func(ctx context.Context, api admin.API) (any, error) { return api.Destinations(ctx) },
			want: []admin.Destination{
				{Name: "calm", State: admin.StatePaused, Until: noon().Add(30 * time.Second)},
				{Name: "old", State: admin.StateNotConfigured, DeadLetters: 1},
				{Name: "ready", State: admin.StateDelivering},
				{
					Name: "team", State: admin.StateParked, Since: noon().Add(-10 * time.Minute), Cause: "Slack rejects every message for this webhook (404)",
					Until: noon().Add(5 * time.Minute), Pending: 3, Oldest: noon().Add(-time.Minute), DeadLetters: 2,
				},
				{Name: "weak", State: admin.StateFailing, Since: noon().Add(-3 * time.Minute), Until: noon().Add(9 * time.Second), Cause: "Slack is unavailable (503)"},
			},
		},
		{
			name: "destinations of a broken store", prepare: broken,
			ask:     func(ctx context.Context, api admin.API) (any, error) { return api.Destinations(ctx) },
			failure: "the event store",
		},
		{
			name: "unparking", ask: unpark("team"), want: true, unparked: []string{"team"},
		},
		{name: "unparking one that is not parked", ask: unpark("calm"), want: false},
		{name: "unparking one that is not there", ask: unpark("old"), refusal: `the destination "old" is not configured; ` + configured},
		{name: "unparking at a broken store", prepare: broken, ask: unpark("team"), failure: "the event store"},
		{name: "all dead letters", ask: letters(admin.Query{}), want: []admin.DeadLetter{cart, old, shop}},
		{name: "those of a destination", ask: letters(admin.Query{Destination: "old"}), want: []admin.DeadLetter{old}},
		{name: "those of another", ask: letters(admin.Query{Destination: "calm"}), want: []admin.DeadLetter{}},
		{name: "the first", ask: letters(admin.Query{Limit: 1}), want: []admin.DeadLetter{cart}},
		{name: "the next", ask: letters(admin.Query{Limit: 1, After: 4}), want: []admin.DeadLetter{old}},
		{name: "after the last", ask: letters(admin.Query{After: 9}), want: []admin.DeadLetter{}},
		{name: "a page too long", ask: letters(admin.Query{Limit: admin.MaxPage + 1}), refusal: "the limit must be a number between 1 and 1000"},
		{name: "a page of less than nothing", ask: letters(admin.Query{Limit: -1}), refusal: "the limit must be a number between 1 and 1000"},
		{name: "a pattern instead of a name", ask: letters(admin.Query{Destination: ">"}), refusal: `">" is not the name of a destination`},
		{name: "dead letters of a broken store", prepare: broken, ask: letters(admin.Query{}), failure: "the event store"},
		{
			name: "replaying some", ask: replay(admin.Order{IDs: []uint64{9, 5, 7}}),
			want: admin.Report{Results: []admin.Result{
				{ID: 9, Outcome: admin.OutcomeReplayed, Destination: "team"},
				{ID: 5, Outcome: admin.OutcomeNotFound, Problem: "there is no dead letter 5"},
				{
					ID: 7, Outcome: admin.OutcomeRefused, Destination: "old",
					Problem: "dead letter 7 was not replayed: the destination old is not configured; name another one with -to: " + configured,
				},
			}},
			left: []uint64{4, 7}, replayed: map[uint64]string{9: "team"},
		},
		{
			name: "replaying elsewhere", ask: replay(admin.Order{IDs: []uint64{7, 4}, To: "calm"}),
			want: admin.Report{Results: []admin.Result{
				{ID: 7, Outcome: admin.OutcomeReplayed, Destination: "calm"}, {ID: 4, Outcome: admin.OutcomeReplayed, Destination: "calm"},
			}},
			left: []uint64{9}, replayed: map[uint64]string{4: "calm", 7: "calm"},
		},
		{
			name: "replaying all of a destination", ask: replay(admin.Order{Destination: "team"}),
			want: admin.Report{Results: []admin.Result{
				{ID: 4, Outcome: admin.OutcomeReplayed, Destination: "team"}, {ID: 9, Outcome: admin.OutcomeReplayed, Destination: "team"},
			}},
			left: []uint64{7}, replayed: map[uint64]string{4: "team", 9: "team"},
		},
		{
			name: "replaying all of one that was renamed", ask: replay(admin.Order{Destination: "old", To: "ready"}),
			want: admin.Report{Results: []admin.Result{{ID: 7, Outcome: admin.OutcomeReplayed, Destination: "ready"}}},
			left: []uint64{4, 9}, replayed: map[uint64]string{7: "ready"},
		},
		{
			name: "replaying all of one that is gone", ask: replay(admin.Order{Destination: "old"}),
			refusal: "the destination old is not configured; name another one with -to: " + configured, left: []uint64{4, 7, 9},
		},
		{
			name: "replaying to one that is not there", ask: replay(admin.Order{IDs: []uint64{4}, To: "nowhere"}),
			refusal: "the destination nowhere is not configured; name another one with -to: " + configured, left: []uint64{4, 7, 9},
		},
		{
			name: "replaying all of a destination without any", ask: replay(admin.Order{Destination: "calm"}),
			want: admin.Report{Results: []admin.Result{}}, left: []uint64{4, 7, 9},
		},
		{
			name: "replaying more than an order takes", prepare: func(store *memoryStore) {
				first := store.letters[0]
				for range admin.MaxOrder - 1 {
					first.Sequence = store.letters[len(store.letters)-1].Sequence + 1
					store.letters = append(store.letters, first)
				}
			},
			ask: func(ctx context.Context, api admin.API) (any, error) {
				report, err := api.Replay(ctx, admin.Order{Destination: "team"})
				return []any{len(report.Results), report.More}, err
			},
			want: []any{admin.MaxOrder, true}, left: []uint64{7, 1008},
		},
		{
			name: "a store that breaks", prepare: func(store *memoryStore) { store.brokenFor = 7 }, ask: replay(admin.Order{IDs: []uint64{4, 7, 9}, To: "calm"}),
			want: admin.Report{Results: []admin.Result{
				{ID: 4, Outcome: admin.OutcomeReplayed, Destination: "calm"},
				{ID: 7, Outcome: admin.OutcomeFailed, Destination: "calm", Problem: "dead letter 7 may be unchanged: the event store does not answer, or is full; try again"},
				{ID: 9, Outcome: admin.OutcomeFailed, Problem: "dead letter 9 may be unchanged: the event store does not answer, or is full; try again"},
			}},
			left: []uint64{7, 9}, replayed: map[uint64]string{4: "calm"},
		},
		{
			name: "dropping some", ask: drop(admin.Order{IDs: []uint64{7, 7}}),
			want: admin.Report{Results: []admin.Result{
				{ID: 7, Outcome: admin.OutcomeDropped, Destination: "old"}, {ID: 7, Outcome: admin.OutcomeNotFound, Problem: "there is no dead letter 7"},
			}},
			left: []uint64{4, 9},
		},
		{
			name: "dropping all of a destination that is gone", ask: drop(admin.Order{Destination: "old"}),
			want: admin.Report{Results: []admin.Result{{ID: 7, Outcome: admin.OutcomeDropped, Destination: "old"}}}, left: []uint64{4, 9},
		},
		{name: "dropping elsewhere", ask: drop(admin.Order{IDs: []uint64{4}, To: "calm"}), refusal: "dropping dead letters does not accept another destination", left: []uint64{4, 7, 9}},
		{name: "neither ids nor a destination", ask: drop(admin.Order{}), refusal: "name the ids of dead letters, or a destination to select all of its dead letters", left: []uint64{4, 7, 9}},
		{name: "ids and a destination", ask: drop(admin.Order{IDs: []uint64{4}, Destination: "team"}), refusal: "name the ids of dead letters, or a destination to select all of its dead letters", left: []uint64{4, 7, 9}},
		{name: "too many ids", ask: drop(admin.Order{IDs: many}), refusal: "1001 ids were given; the limit is 1000 at a time", left: []uint64{4, 7, 9}},
	}
	for _, test := range tests {
		for way, sit := range ways() {
			t.Run(test.name+"/"+way, func(t *testing.T) {
				t.Parallel()
				store := newStore()
				if test.prepare != nil {
					test.prepare(store)
				}
				got, err := test.ask(t.Context(), sit(t, newLocal(store)))
				refusal, refused := errors.AsType[*admin.Refusal](err)
				switch {
				case test.refusal != "":
					if !refused || refusal.Reason != test.refusal {
						t.Errorf("got %v, want the refusal %q", err, test.refusal)
					}
				case test.failure != "":
					if err == nil || refused || !strings.Contains(err.Error(), test.failure) {
						t.Errorf("got %v, want a failure about %q", err, test.failure)
					}
				case err != nil:
					t.Error(err)
				case !reflect.DeepEqual(got, test.want):
					t.Errorf("got  %+v\nwant %+v", got, test.want)
				}
				if test.left != nil {
					compareLeft(t, store, test.left)
				}
				if test.replayed != nil && !reflect.DeepEqual(store.replayed, test.replayed) {
					t.Errorf("replayed: %v, want %v", store.replayed, test.replayed)
				}
				if !store.broken && !slices.Equal(store.unparked, test.unparked) {
					t.Errorf("unparked: %v, want %v", store.unparked, test.unparked)
				}
			})
		}
	}
}

func compareLeft(t *testing.T, store *memoryStore, want []uint64) {
	t.Helper()
	var left []uint64
	for _, letter := range store.letters {
		left = append(left, letter.Sequence)
	}
	if !slices.Equal(left, want) {
		t.Errorf("left: %v, want %v", left, want)
	}
}

func unpark(name string) func(context.Context, admin.API) (any, error) {
	return func(ctx context.Context, api admin.API) (any, error) { return api.Unpark(ctx, name) }
}

func letters(query admin.Query) func(context.Context, admin.API) (any, error) {
	return func(ctx context.Context, api admin.API) (any, error) { return api.DeadLetters(ctx, query) }
}

func replay(order admin.Order) func(context.Context, admin.API) (any, error) {
	return func(ctx context.Context, api admin.API) (any, error) { return api.Replay(ctx, order) }
}

func drop(order admin.Order) func(context.Context, admin.API) (any, error) {
	return func(ctx context.Context, api admin.API) (any, error) { return api.Drop(ctx, order) }
}

// TestTheResponsesAreAContract compares the responses as text, because scripts read them.
func TestTheResponsesAreAContract(t *testing.T) {
	t.Parallel()
	tests := []struct {
		method, path, body string
		broken             bool
		status             int
		want               string
	}{
		{"GET", "/-/destinations", "", false, 200, `{"destinations":[` +
			`{"name":"calm","state":"paused","until":"2026-05-04T12:00:30Z","pending":0,"dead_letters":0},` +
			`{"name":"old","state":"not_configured","pending":0,"dead_letters":1},` +
			`{"name":"ready","state":"delivering","pending":0,"dead_letters":0},` +
			`{"name":"team","state":"parked","since":"2026-05-04T11:50:00Z","cause":"Slack rejects every message for this webhook (404)",` +
			`"until":"2026-05-04T12:05:00Z","pending":3,"oldest":"2026-05-04T11:59:00Z","dead_letters":2},` +
			`{"name":"weak","state":"failing","since":"2026-05-04T11:57:00Z","cause":"Slack is unavailable (503)",` +
			`"until":"2026-05-04T12:00:09Z","pending":0,"dead_letters":0}]}`},
		{"GET", "/-/dlq?destination=team&after=4&limit=5", "", false, 200, `{"dead_letters":[{"id":9,"destination":"team","rule":"health","reason":"refused",` +
			`"about":"service:shop","action":"CREATE","event":"e9","stored_at":"2026-05-04T10:00:00Z","buried_at":"2026-05-04T11:00:00Z"}]}`},
		{"GET", "/-/events?outcome=delivered&limit=5", "", false, 200, `{"events":[{"id":"4abcdef-0123","identity":"4abcdef-0123456789","number":4,` +
			`"stored_at":"2026-05-04T12:00:00Z","evaluated_at":"2026-05-04T12:00:00Z","outcome":"delivered","source":"webhook","blueprint":"service","entity":"cart-4",` +
			`"rules":[{"rule":"health"}],"deliveries":[{"rule":"health","destination":"team","state":"delivered",` +
			`"attempts":[{"at":"0001-01-01T00:00:00Z","outcome":"","count":0,"last":"0001-01-01T00:00:00Z"}]}]}]}`},
		{"GET", "/-/events?outcome=lost", "", false, 400, `{"error":"the outcome must be one of [dead_letter retrying waiting delivered dropped unmatched unevaluated]"}`},
		{"GET", "/-/events?before=-1", "", false, 400, `{"error":"before must be the number of an event"}`},
		{"GET", "/-/events/9abcdef", "", false, 400, `{"error":"there is no event \"9abcdef\", or it is no longer stored"}`},
		{"GET", "/-/events", "", true, 503, `{"error":"the event store does not answer, or is full"}`},
		{"GET", "/-/dlq?after=9", "", false, 200, `{"dead_letters":[]}`},
		{"GET", "/-/dlq?after=x", "", false, 400, `{"error":"after must be the id of a dead letter"}`},
		{"GET", "/-/dlq?limit=0", "", false, 400, `{"error":"the limit must be a number between 1 and 1000"}`},
		{"GET", "/-/dlq", "", true, 503, `{"error":"the event store does not answer, or is full"}`},
		{"POST", "/-/dlq/replay", `{"ids":[4]}`, false, 200, `{"results":[{"id":4,"outcome":"replayed","destination":"team"}],"more":false}`},
		{"POST", "/-/dlq/drop", `{"destination":"old"}`, false, 200, `{"results":[{"id":7,"outcome":"dropped","destination":"old"}],"more":false}`},
		{"POST", "/-/dlq/drop", `{"id":4}`, false, 400, `{"error":"the body must be a JSON object such as {\"ids\": [1, 2]} or {\"destination\": \"default\"}, with \"to\" for another destination"}`},
		{"POST", "/-/dlq/drop", `{"ids":[4]} {"ids":[9]}`, false, 400, `{"error":"the body must be a JSON object such as {\"ids\": [1, 2]} or {\"destination\": \"default\"}, with \"to\" for another destination"}`},
		{"POST", "/-/dlq/drop", `{"ids":[4]}]`, false, 400, `{"error":"the body must be a JSON object such as {\"ids\": [1, 2]} or {\"destination\": \"default\"}, with \"to\" for another destination"}`},
		{"POST", "/-/dlq/drop", ``, false, 400, `{"error":"the body must be a JSON object such as {\"ids\": [1, 2]} or {\"destination\": \"default\"}, with \"to\" for another destination"}`},
		{"POST", "/-/dlq/drop", "{\"ids\":[4]}\n", false, 200, `{"results":[{"id":4,"outcome":"dropped","destination":"team"}],"more":false}`},
		{"POST", "/-/dlq/replay", `{"ids":[` + strings.Repeat("1,", 40_000) + `1]}`, false, 400, `{"error":"the body must be a JSON object such as {\"ids\": [1, 2]} or {\"destination\": \"default\"}, with \"to\" for another destination"}`},
		{"POST", "/-/unpark?destination=team", "", false, 202, "The destination team is being retried now."},
		{"POST", "/-/unpark?destination=calm", "", false, 200, "The destination calm is not parked."},
		{"POST", "/-/unpark", "", false, 404, "Name a destination: /-/unpark?destination=…, one of calm, ready, team, weak."},
		{"POST", "/-/unpark?destination=team", "", true, 503, "The event store does not answer."},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			t.Parallel()
			store := newHistory()
			store.broken = test.broken
			router := mux.NewRouter()
			newLocal(store).Register(router)
			recorder := httptest.NewRecorder()
			router.ServeHTTP(recorder, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
			if got := strings.TrimSpace(recorder.Body.String()); recorder.Code != test.status || got != test.want {
				t.Errorf("got  %d %s\nwant %d %s", recorder.Code, got, test.status, test.want)
			}
		})
	}
}

// TestTheClientMistrusts connects to something that is not a listener, or to an older one.
func TestTheClientMistrusts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"an older listener", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "Not found.", http.StatusNotFound)
		}, "with status 404, but not like"},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>hello</html>") }, "with status 200, but not like"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, "with status 302, but not like"},
		{"other JSON", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = io.WriteString(w, `{"status":"up"}`)
		}, "with status 200, but not like"},
		{"broken JSON", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"destinations":[`)
		}, "with status 200, but not like"},
		{"a JSON error of another kind", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusPaymentRequired)
			_, _ = io.WriteString(w, `{"error":"who are you?"}`)
		}, "with status 402, but not like"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			serving := httptest.NewServer(test.handler)
			t.Cleanup(serving.Close)
			client, err := admin.NewClient(serving.URL, "")
			if err != nil {
				t.Fatal(err)
			}
			for what, ask := range map[string]func(context.Context, admin.API) (any, error){
				"destinations": func(ctx context.Context, api admin.API) (any, error) { return api.Destinations(ctx) },
				"unpark":       unpark("team"), "letters": letters(admin.Query{}), "replay": replay(admin.Order{IDs: []uint64{1}}), "drop": drop(admin.Order{IDs: []uint64{1}}),
			} {
				_, err := ask(t.Context(), client)
				if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), serving.URL) || strings.Contains(err.Error(), "hello") || errors.Is(err, admin.ErrNoListener) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

func TestTheClientFindsNobody(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := taken.Addr().String()
	_ = taken.Close()
	client, err := admin.NewClient(address, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Destinations(t.Context()); !errors.Is(err, admin.ErrNoListener) || !strings.Contains(err.Error(), "http://"+address) {
		t.Errorf("got %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"localhost:8081": "http://localhost:8081", "http://127.0.0.1:8081": "http://127.0.0.1:8081", "https://listener.example/base/": "https://listener.example/base/",
		"[::1]:8081": "http://[::1]:8081",
		"":           "", "ftp://x": "", "http://": "", "http://user:hunter2@x": "", "http://x:8081/?a=b": "", "http://[::1": "",
	} {
		client, err := admin.NewClient(address, "")
		switch {
		case want == "" && (err == nil || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%q is accepted, or quoted: %v", address, err)
		case want != "" && (err != nil || client.Address() != want):
			t.Errorf("%q: %v, want %s", address, err, want)
		}
	}
}
