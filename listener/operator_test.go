package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// attended is a listener for tests of the operator's commands.
type attended struct {
	mortal
	// admin is the admin address; "" before the first start.
	admin string
	slack *httptest.Server
	// status is that of Slack's responses, and received yields the accepted messages.
	status   atomic.Int32
	received chan string
}

// newAttended prepares a listener whose messages Slack refuses.
func newAttended(t *testing.T, destinations ...string) *attended {
	t.Helper()
	dir := t.TempDir()
	prepared := &attended{received: make(chan string, 100)}
	prepared.t, prepared.dir, prepared.config = t, filepath.Join(dir, "data"), filepath.Join(dir, "listener.yaml")
	prepared.status.Store(http.StatusBadRequest)
	name := regexp.MustCompile(`entity-\d+`)
	prepared.slack = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if status := int(prepared.status.Load()); err != nil || status != http.StatusOK {
			http.Error(w, "invalid_blocks", status)
			return
		}
		_, _ = io.WriteString(w, "ok")
		prepared.received <- name.FindString(string(body)) + " " + strings.TrimPrefix(r.URL.Path, "/services/")
	}))
	t.Cleanup(prepared.slack.Close)
	prepared.configure(destinations...)
	return prepared
}

// configure writes a configuration with these destinations. Their webhooks contain a variable that
// is not set for the commands.
func (a *attended) configure(destinations ...string) {
	a.t.Helper()
	content := fmt.Appendf(nil, "port: {client_secrets: [\"${SIGNING}\"]}\nstore: {dir: %q}\ndestinations:\n", a.dir)
	for _, name := range destinations {
		content = fmt.Appendf(content, "  %s: {webhook_url: \"${HOOKS}/%s\", rate: 100/s}\n", name, name)
	}
	if err := os.WriteFile(a.config, content, 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// start runs the listener until stop is called or the test ends.
func (a *attended) start(t *testing.T) (stop func()) {
	t.Helper()
	running := startListener(t, map[string]string{"SIGNING": "k7-client-secret", "HOOKS": a.slack.URL + "/services"}, "-config", a.config)
	a.admin = strings.TrimPrefix(running.admin, "http://")
	address := strings.TrimSuffix(running.url, "/api/slack")
	a.address.Store(&address)
	return func() {
		t.Helper()
		running.stop(t)
	}
}

// does runs a command and compares its output, in which ages, addresses and directories are
// replaced.
func (a *attended) does(t *testing.T, want outcome, arguments ...string) {
	t.Helper()
	if got := a.ask(t, arguments...); got != want {
		t.Errorf("listener %s\ngot  %d\n%s%s\nwant %d\n%s%s", strings.Join(arguments, " "), got.code, got.stdout, got.stderr, want.code, want.stdout, want.stderr)
	}
}

func (a *attended) ask(t *testing.T, arguments ...string) outcome {
	t.Helper()
	got := execute(t, nil, append(arguments, "-admin", a.admin, "-config", a.config)...)
	for _, text := range []*string{&got.stdout, &got.stderr} {
		*text = strings.NewReplacer("http://"+a.admin, "ADMIN", a.dir, "DIR", a.config, "FILE").Replace(*text)
		*text = regexp.MustCompile(`\b\d+[sm]\b`).ReplaceAllString(*text, "AGE")
		*text = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[0-9:.]+Z"`).ReplaceAllString(*text, `"TIME"`)
		*text = regexp.MustCompile(`"event":"[0-9a-f]{12}"`).ReplaceAllString(*text, `"event":"EVENT"`)
	}
	return got
}

// awaits runs a command until its output contains a text.
func (a *attended) awaits(t *testing.T, want string, arguments ...string) {
	t.Helper()
	var got outcome
	defer func() {
		if t.Failed() {
			t.Logf("it said last: %+v", got)
		}
	}()
	until(t, "it says "+want, patience, func() bool {
		got = a.ask(t, arguments...)
		return strings.Contains(got.stdout, want)
	})
}

func (a *attended) expect(t *testing.T, want ...string) {
	t.Helper()
	for _, message := range want {
		select {
		case got := <-a.received:
			if got != message {
				t.Fatalf("Slack received %q, want %q", got, message)
			}
		case <-time.After(patience):
			t.Fatalf("Slack did not receive %q", message)
		}
	}
}

// TestDeadLettersAreReplayed processes refused alerts with the commands, first with the running
// listener and then without it.
func TestDeadLettersAreReplayed(t *testing.T) {
	t.Parallel()
	a := newAttended(t, "team")
	stop := a.start(t)
	a.does(t, outcome{0, "There are no dead letters.\n", ""}, "dlq", "list")
	a.does(t, outcome{0, "There are no dead letters.\n", ""}, "dlq", "replay", "-all")
	a.does(t, outcome{0, "", ""}, "dlq", "list", "-json")
	for number := range 6 {
		a.deliver(t.Context(), number)
	}
	a.awaits(t, "entity-5", "dlq", "list")
	a.does(t, outcome{0, `ID  DESTINATION  RULE    REASON   ABOUT             AGE
1   team         health  refused  service:entity-0  AGE
2   team         health  refused  service:entity-1  AGE
3   team         health  refused  service:entity-2  AGE
4   team         health  refused  service:entity-3  AGE
5   team         health  refused  service:entity-4  AGE
6   team         health  refused  service:entity-5  AGE
`, ""}, "dlq", "list")
	a.does(t, outcome{0, `ID  DESTINATION  RULE    REASON   ABOUT             AGE
1   team         health  refused  service:entity-0  AGE
There are more dead letters; use -limit 0 to show all.
`, ""}, "dlq", "list", "-limit", "1")
	const first = `{"id":1,"destination":"team","rule":"health","reason":"refused","about":"service:entity-0","action":"UPDATE","event":"EVENT","stored_at":"TIME","buried_at":"TIME"}` + "\n"
	a.does(t, outcome{1, first, "listener dlq list: there are more dead letters; use -limit 0 to show all\n"}, "dlq", "list", "-json", "-limit", "1")
	for _, command := range []string{"list", "replay", "drop"} {
		arguments := []string{"dlq", command, "-destination", "other"}
		if command != "list" {
			arguments = append(arguments, "-all")
		}
		a.does(t, outcome{1, "", "listener dlq " + command + ": there is no destination \"other\"; the destinations are team\n"}, arguments...)
	}
	a.does(t, outcome{0, `DESTINATION  STATE       PENDING  OLDEST  DEAD LETTERS  MORE
team         delivering  0        -       6             -
`, ""}, "destinations")
	a.does(t, outcome{0, `{"name":"team","state":"delivering","pending":0,"dead_letters":6}` + "\n", ""}, "destinations", "-json")

	a.status.Store(http.StatusOK)
	a.does(t, outcome{1, "Replayed dead letter 1 to team.\nReplayed dead letter 2 to team.\n", "listener dlq replay: there is no dead letter 99\n  there is no dead letter 1\n"},
		"dlq", "replay", "1", "99", "1", "2")
	a.expect(t, "entity-0 team", "entity-1 team")
	a.does(t, outcome{1, "Dropped dead letter 3 of team.\n", "listener dlq drop: there is no dead letter 2\n"}, "dlq", "drop", "2", "3")
	a.does(t, outcome{1, "", "listener dlq replay: the destination crew is not configured; name another one with -to: the configured destinations are team\n"}, "dlq", "replay", "4", "-to", "crew")
	a.status.Store(http.StatusBadRequest)
	a.does(t, outcome{0, "Replayed dead letter 4 to team.\n", ""}, "dlq", "replay", "4")
	a.awaits(t, "\n7   team         health  refused  service:entity-3  AGE\n", "dlq", "list")
	stop()
	a.status.Store(http.StatusOK)

	// The configuration renames the destination while no listener is running.
	a.configure("crew")
	const note = "No listener answers at ADMIN; this is the content of the store in DIR.\n"
	a.does(t, outcome{0, `DESTINATION  STATE           PENDING  OLDEST  DEAD LETTERS  MORE
crew         delivering      0        -       0             -
team         not configured  0        -       3             -
` + note, ""}, "destinations")
	a.does(t, outcome{0, `ID  DESTINATION  RULE    REASON   ABOUT             AGE
5   team         health  refused  service:entity-4  AGE
6   team         health  refused  service:entity-5  AGE
7   team         health  refused  service:entity-3  AGE
` + note, ""}, "dlq", "list")
	a.does(t, outcome{1, "Replayed 0 of 3 dead letters.\n" + note, `listener dlq replay: dead letter 5 was not replayed: the destination team is not configured; name another one with -to: the configured destinations are crew
  dead letter 6 was not replayed: the destination team is not configured; name another one with -to: the configured destinations are crew
  dead letter 7 was not replayed: the destination team is not configured; name another one with -to: the configured destinations are crew
`}, "dlq", "replay", "-all")
	a.does(t, outcome{1, "Dropped dead letter 6 of team.\n" + note, "listener dlq drop: there is no dead letter 1\n"}, "dlq", "drop", "6", "1")
	a.does(t, outcome{0, "Replayed 2 dead letters.\n" + note, ""}, "dlq", "replay", "-all", "-destination", "team", "-to", "crew")
	a.does(t, outcome{0, "There are no dead letters.\n" + note, ""}, "dlq", "list")
	stop = a.start(t)
	a.expect(t, "entity-4 crew", "entity-3 crew")
	stop()

	// Nothing is repeated, and the store is not damaged.
	stop = a.start(t)
	defer stop()
	a.deliver(t.Context(), 6)
	a.expect(t, "entity-6 crew")
	// Deliveries are recorded a moment later.
	a.awaits(t, "\ncrew         delivering  0        -       0             -\n", "destinations")
}

// TestAllOfMany replays and drops more dead letters than one request can, in a store without a
// running listener.
func TestAllOfMany(t *testing.T) {
	t.Parallel()
	const alerts = orderSize + 20
	a := newAttended(t, "team", "crew")
	// Nothing listens there any more.
	gone := httptest.NewServer(http.NotFoundHandler())
	a.admin = gone.Listener.Addr().String()
	gone.Close()
	fillDeadLetters(t, a.dir, alerts, "crew", "team")
	const note = "No listener answers at ADMIN; this is the content of the store in DIR.\n"
	a.does(t, outcome{0, fmt.Sprintf("Dropped %d dead letters.\n", alerts) + note, ""}, "dlq", "drop", "-all", "-destination", "crew")
	a.does(t, outcome{0, fmt.Sprintf("Replayed %d dead letters.\n", alerts) + note, ""}, "dlq", "replay", "-all")
	a.does(t, outcome{0, fmt.Sprintf(`DESTINATION  STATE       PENDING  OLDEST  DEAD LETTERS  MORE
crew         delivering  0        -       0             -
team         delivering  %d      AGE      0             -
`, alerts) + note, ""}, "destinations")
}

// fillDeadLetters creates a store with dead letters for some destinations.
func fillDeadLetters(t *testing.T, dir string, alerts int, destinations ...string) {
	t.Helper()
	filled, err := queue.Open(t.Context(), queue.Options{
		Dir: dir, Sync: time.Minute, MaxEvent: 64 << 10, MaxBytes: 64 << 20, MaxAge: time.Hour, SentFor: 2 * time.Hour, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for number := range alerts {
		if _, err := filled.Store(t.Context(), queue.Event{Identity: fmt.Sprint("event-", number), Body: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	working, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	workers.Go(func() {
		filled.Evaluate(working, func(event queue.Event) queue.Evaluation {
			var made queue.Evaluation
			for _, name := range destinations {
				made.Deliveries = append(made.Deliveries, queue.Delivery{Event: event, Destination: name, Rule: "health"})
			}
			return made
		})
	})
	until(t, "everything is evaluated", patience, func() bool {
		stats, err := filled.Stats(t.Context())
		return err == nil && stats.Unevaluated == 0
	})
	if err := filled.Retire(t.Context(), func(string) bool { return false }, func(string) {}); err != nil {
		t.Fatal(err)
	}
	stop()
	workers.Wait()
	if err := filled.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestADestinationIsUnparked inspects and unparks a destination whose webhook is gone, with a
// running listener and before it starts.
func TestADestinationIsUnparked(t *testing.T) {
	t.Parallel()
	a := newAttended(t, "team")
	stop := a.start(t)
	a.does(t, outcome{0, "The destination team is not parked.\n", ""}, "destinations", "unpark", "team")
	a.does(t, outcome{1, "", "listener destinations unpark: the destination \"other\" is not configured; the configured destinations are team\n"}, "destinations", "unpark", "other")
	a.status.Store(http.StatusNotFound)
	a.deliver(t.Context(), 1)
	a.awaits(t, "parked", "destinations")
	const cause = "Slack rejects every message for this webhook (404 invalid_blocks)"
	a.does(t, outcome{0, `DESTINATION  STATE   PENDING  OLDEST  DEAD LETTERS  MORE
team         parked  1        AGE      0             since AGE, next attempt in AGE: ` + cause + `
`, ""}, "destinations")
	a.does(t, outcome{0, `{"name":"team","state":"parked","since":"TIME","cause":"` + cause + `","until":"TIME","pending":1,"oldest":"TIME","dead_letters":0}` + "\n", ""}, "destinations", "-json")
	a.status.Store(http.StatusOK)
	a.does(t, outcome{0, "The destination team is being retried now.\n", ""}, "destinations", "unpark", "team")
	a.expect(t, "entity-1 team")

	a.status.Store(http.StatusForbidden)
	a.deliver(t.Context(), 2)
	a.awaits(t, "parked", "destinations")
	stop()
	a.status.Store(http.StatusOK)
	const note = "No listener answers at ADMIN; this is the content of the store in DIR.\n"
	a.awaits(t, "parked", "destinations")
	a.does(t, outcome{0, "The destination team will be retried when a listener runs.\n" + note, ""}, "destinations", "unpark", "team")
	stop = a.start(t)
	defer stop()
	a.expect(t, "entity-2 team")
}

// TestTheOperatorFindsNoListener connects to addresses without the right listener.
func TestTheOperatorFindsNoListener(t *testing.T) {
	t.Parallel()
	a := newAttended(t, "team")
	// A port that was free a moment ago: nothing listens there.
	gone := httptest.NewServer(http.NotFoundHandler())
	a.admin = gone.Listener.Addr().String()
	gone.Close()
	a.does(t, outcome{1, "", "listener dlq list: nothing answers at ADMIN, and there is no event store in DIR; pass the listener's admin address with -admin, or its store with -config or -data-dir\n"}, "dlq", "list")
	if _, err := os.Stat(a.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data directory was made (%v)", err)
	}
	nobody := a.admin
	stop := a.start(t)
	running := a.admin
	a.admin = nobody
	// A store that another process uses can be read, but not changed.
	a.does(t, outcome{0, `DESTINATION  STATE       PENDING  OLDEST  DEAD LETTERS  MORE
team         delivering  0        -       0             -
No listener answers at ADMIN; this is the content of the store in DIR.
`, ""}, "destinations")
	a.does(t, outcome{1, "", "listener destinations unpark: nothing answers at ADMIN, and another process uses the store in DIR; pass its admin address with -admin\n"}, "destinations", "unpark", "team")
	a.admin = running
	stop()

	// Without a configuration, the store is in the working directory, and its destinations count as
	// configured.
	if got := execute(t, nil, "destinations", "-admin", nobody, "-data-dir", a.dir); got.code != 0 || !strings.HasPrefix(got.stdout, "There are no destinations.\n") || got.stderr != "" {
		t.Errorf("got %+v", got)
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("store: {directory: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := execute(t, nil, "dlq", "list", "-admin", nobody, "-config", bad); got.code != 1 || !strings.Contains(got.stderr, "the configuration does not say where the store is:\n  "+bad+":1: \"directory\" is not a key of store") {
		t.Errorf("got %+v", got)
	}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }))
	t.Cleanup(page.Close)
	a.admin = page.Listener.Addr().String()
	a.does(t, outcome{1, "", "listener dlq list: ADMIN responded with status 200, but not like the admin address of a listener of this version: " +
		"pass the listener's -admin-listen address with -admin, or update the listener\n"}, "dlq", "list")
}

// TestTheOperatorsMistakes checks the errors for invalid arguments, without any connection.
func TestTheOperatorsMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct{ arguments, command, want string }{
		{"dlq", "dlq", "name a command: list, replay or drop"},
		{"dlq show", "dlq", `unknown command "show"; the commands are list, replay and drop`},
		{"dlq list 1", "dlq list", `unexpected argument "1"`},
		{"dlq list -limit -1", "dlq list", "-limit must be 0 or greater"},
		{"dlq list -admin ftp://x", "dlq list", "-admin: the admin address must be a host and a port, such as 127.0.0.1:8081, or an http URL"},
		{"dlq replay", "dlq replay", "name the ids of dead letters, as listener dlq list shows them, or use -all"},
		{"dlq replay x", "dlq replay", `"x" is not the id of a dead letter`},
		{"dlq replay 1 -all", "dlq replay", "use ids or -all, not both"},
		{"dlq replay 1 -destination team", "dlq replay", "-destination requires -all"},
		{"dlq drop -all", "dlq drop", "-all requires -destination here, because dropped dead letters cannot be restored"},
		{"destinations team", "destinations", `unexpected argument "team"`},
		{"destinations unpark", "destinations unpark", "name one destination, as listener destinations shows it"},
	}
	for _, test := range tests {
		t.Run(test.arguments, func(t *testing.T) {
			t.Parallel()
			want := outcome{2, "", fmt.Sprintf("listener %s: %s\nRun listener %s -h for its flags.\n", test.command, test.want, test.command)}
			if got := execute(t, nil, strings.Fields(test.arguments)...); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// TestTheHelpOfCommands compares the help with a reviewed file. To change it, set UPDATE_HELP and
// review testdata/help.txt.
func TestTheHelpOfCommands(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, command := range []string{"", "send", "render", "explain", "dlq", "dlq list", "dlq replay", "dlq drop", "destinations", "destinations unpark", "reload", "setup", "doctor"} {
		got := execute(t, nil, append(strings.Fields(command), "-h")...)
		if got.code != 0 || got.stderr != "" {
			t.Errorf("listener %s -h: %+v", command, got)
		}
		fmt.Fprintf(&all, "$ %s -h\n%s\n", strings.TrimSpace("listener "+command), got.stdout)
	}
	golden := filepath.Join("testdata", "help.txt")
	if os.Getenv("UPDATE_HELP") != "" {
		if err := os.WriteFile(golden, []byte(all.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if all.String() != string(want) {
		t.Errorf("the help reads\n%s", all.String())
	}
}

// TestTables prints tables that are hard to produce with a real listener.
func TestTables(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	var out strings.Builder
	if err := writeDestinations(&out, []admin.Destination{
		{Name: "calm", State: admin.StatePaused, Until: now.Add(30 * time.Second), Pending: 2, Oldest: now.Add(-90 * time.Second)},
		{Name: "long-gone", State: admin.StateNotConfigured, DeadLetters: 12, Pending: 1, Oldest: now.Add(-49 * time.Hour)},
		{Name: "team", State: admin.StateParked, Since: now.Add(-3 * time.Hour), Until: now.Add(10 * time.Minute), Cause: "Slack rejects every message", Pending: 7, Oldest: now.Add(-119 * time.Minute)},
	}, now); err != nil {
		t.Fatal(err)
	}
	if err := writeLetters(&out, []admin.DeadLetter{
		{ID: 9, Destination: "team", Rule: "health", Reason: "expired", About: "service:\x1b[2Jcart", BuriedAt: now.Add(-time.Minute)},
		{ID: 12345, Destination: "old", Rule: "health", Reason: "destination_removed", BuriedAt: now.Add(time.Second)},
	}, false, now); err != nil {
		t.Fatal(err)
	}
	const want = `DESTINATION  STATE           PENDING  OLDEST  DEAD LETTERS  MORE
calm         paused          2        90s     0             for 30s
long-gone    not configured  1        2d      12            -
team         parked          7        119m    0             since 3h, next attempt in 10m: Slack rejects every message
ID     DESTINATION  RULE    REASON               ABOUT             AGE
9      team         health  expired              service:?[2Jcart  60s
12345  old          health  destination removed  -                 0s
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
