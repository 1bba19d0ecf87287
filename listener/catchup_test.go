package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// changingPort is an emulator with entities of one blueprint, whose health changes.
type changingPort struct {
	*httptest.Server
	token string
}

func newChangingPort(t *testing.T) *changingPort {
	t.Helper()
	created, err := emulator.New(emulator.Options{ClientID: "client", ClientSecret: "k7-client-secret"})
	if err != nil {
		t.Fatal(err)
	}
	p := &changingPort{Server: httptest.NewServer(created)}
	t.Cleanup(p.Close)
	token, _ := p.call(t, http.MethodPost, "/v1/auth/access_token", `{"clientId":"client","clientSecret":"k7-client-secret"}`)["accessToken"].(string)
	p.token = token
	p.call(t, http.MethodPost, "/v1/blueprints", `{"identifier":"service","title":"Service","schema":{"properties":{"healthStatus":{"type":"string"}}}}`)
	p.call(t, http.MethodPost, "/v1/blueprints/service/entities?upsert=false", `{"identifier":"cart","properties":{"healthStatus":"Healthy"}}`)
	return p
}

func (p *changingPort) call(t *testing.T, method, path, body string) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var result map[string]any
	if err := json.NewDecoder(response.Body).Decode(&result); err != nil || response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %d %v %v", method, path, response.StatusCode, result, err)
	}
	return result
}

// change sets the health of an entity once for each number less than to.
func (p *changingPort) change(t *testing.T, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		p.call(t, http.MethodPatch, "/v1/blueprints/service/entities/cart", fmt.Sprintf(`{"properties":{"healthStatus":"state-%d."}}`, i))
	}
}

// statesSlack counts how often each state was reported as the new one.
type statesSlack struct {
	*httptest.Server

	mu    sync.Mutex
	shown map[string]int
}

func newStatesSlack(t *testing.T) *statesSlack {
	t.Helper()
	s := &statesSlack{shown: make(map[string]int)}
	states := regexp.MustCompile(`→ (state-\d+)\.`)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message struct{ Text string }
		if json.NewDecoder(r.Body).Decode(&message) == nil {
			s.mu.Lock()
			for _, match := range states.FindAllStringSubmatch(message.Text, -1) {
				s.shown[match[1]]++
			}
			s.mu.Unlock()
		}
		_, _ = w.Write([]byte("ok"))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *statesSlack) counts() (states, repeated int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.shown {
		if times > 1 {
			repeated++
		}
	}
	return len(s.shown), repeated
}

// TestChangesWhileKilledAreCaughtUp kills the listener, makes changes, and starts it again: half of
// the changes were posted to it before the kill, and the others are made while it is down.
func TestChangesWhileKilledAreCaughtUp(t *testing.T) {
	t.Parallel()
	const changes = 200
	port, slack, dir := newChangingPort(t), newStatesSlack(t), t.TempDir()
	victim := &mortal{t: t, dir: filepath.Join(dir, "data"), config: filepath.Join(dir, "listener.yaml")}
	config := fmt.Sprintf("port: {client_secrets: [k7-client-secret], client_id: client, base_url: %q, poll: 1s}\ndestinations: {default: {webhook_url: %q, rate: 100/s, digest_after: 24h}}\n",
		port.URL, slack.URL+"/services/x")
	if err := os.WriteFile(victim.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	victim.start()
	defer func() { victim.kill() }()
	port.call(t, http.MethodPost, "/v1/actions", `{"identifier":"tell","trigger":{"type":"automation","event":{"type":"ENTITY_UPDATED","blueprintIdentifier":"service"}},
		"invocationMethod":{"type":"WEBHOOK","url":"`+*victim.address.Load()+`/api/slack","synchronized":true,"body":{"{{ spreadValue() }}":"{{ .event }}","run":{"id":"{{ .run.id }}"}}}}`)
	wait := func(what string, condition func() bool) {
		t.Helper()
		limit, tick := time.After(time.Minute), time.NewTicker(50*time.Millisecond)
		defer tick.Stop()
		for !condition() {
			select {
			case <-limit:
				states, repeated := slack.counts()
				t.Fatalf("timed out waiting for: %s; %d states, %d repeated", what, states, repeated)
			case <-tick.C:
			}
		}
	}
	began := filepath.Join(victim.dir, "events.db")
	wait("it follows the log", func() bool {
		positions, err := os.ReadFile(began + "-wal")
		return err == nil && bytes.Contains(positions, []byte("resources=entity"))
	})
	// A kill between Slack's response and the commit may repeat a message.
	areNoted := func() bool {
		store, err := sql.Open("sqlite", "file:"+began+"?mode=ro")
		if err != nil {
			return false
		}
		defer func() { _ = store.Close() }()
		waiting := 1
		err = store.QueryRowContext(t.Context(), `SELECT count(*) FROM deliveries`).Scan(&waiting)
		return err == nil && waiting == 0
	}
	port.change(t, 0, changes/2)
	wait("half is delivered", func() bool { states, _ := slack.counts(); return states == changes/2 })
	wait("half is noted as sent", areNoted)
	victim.kill()
	port.change(t, changes/2, changes)
	victim.start()
	wait("all are delivered", func() bool { states, _ := slack.counts(); return states == changes })
	wait("all are noted as sent", areNoted)
	// The position survives more kills, and nothing is delivered twice.
	for range 3 {
		victim.kill()
		victim.start()
	}
	port.change(t, changes, changes+1)
	wait("the last is delivered", func() bool { states, _ := slack.counts(); return states == changes+1 })
	if _, repeated := slack.counts(); repeated > 0 {
		t.Errorf("%d changes are delivered more than once after %d kills", repeated, victim.kills)
	}
	if strings.Contains(victim.log.String(), "k7-client-secret") {
		t.Error("the log holds the secret")
	}
}
