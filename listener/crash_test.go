package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/testlog"
)

// soak selects the long form of tests that have one.
func soak() bool { return os.Getenv("LISTENER_SOAK") != "" }

// moodySlack is an incoming webhook that often fails, and records the messages that it has shown.
type moodySlack struct {
	*httptest.Server
	names *regexp.Regexp

	mu sync.Mutex
	// shown counts the messages about each entity.
	shown map[string]int
	// repeats counts the messages that repeat something.
	repeats   int
	requests  int
	ambiguous int
	responses map[int]int
}

func newMoodySlack(t *testing.T) *moodySlack {
	t.Helper()
	moody := &moodySlack{names: regexp.MustCompile(`(?:Change in |\*)(entity-\d+)`), shown: map[string]int{}, responses: map[int]int{}}
	moody.Server = httptest.NewServer(moody)
	t.Cleanup(moody.CloseClientConnections)
	t.Cleanup(moody.Close)
	return moody
}

// ServeHTTP shows most messages, some of them although it responds with a failure.
func (s *moodySlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var message struct{ Text string }
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		// The listener was killed while it was sending.
		return
	}
	switch status := s.take(message.Text); status {
	case http.StatusOK:
		_, _ = io.WriteString(w, "ok")
	case http.StatusGatewayTimeout:
		<-r.Context().Done()
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "0.05")
		w.WriteHeader(status)
	default:
		w.WriteHeader(status)
	}
}

// take chooses the response to a message, and records it if it is shown.
func (s *moodySlack) take(text string) (status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	status = http.StatusOK
	switch {
	case s.requests%29 == 0:
		status = http.StatusTooManyRequests
	case s.requests%31 == 0:
		status = http.StatusInternalServerError
	case s.requests%97 == 2:
		// No response at all. The first kill happens before the listener gives up.
		status = http.StatusGatewayTimeout
	}
	s.responses[status]++
	if status == http.StatusTooManyRequests {
		return status
	}
	if status != http.StatusOK {
		s.ambiguous++
		if s.ambiguous%2 == 0 {
			return status
		}
	}
	repeated := false
	for _, named := range s.names.FindAllStringSubmatch(text, -1) {
		name := named[1]
		s.shown[name]++
		repeated = repeated || s.shown[name] > 1
	}
	if repeated {
		s.repeats++
	}
	return status
}

func (s *moodySlack) reported() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.shown)
}

// mortal is a listener that is killed and started again.
type mortal struct {
	t      testing.TB
	config string
	dir    string

	address atomic.Pointer[string]
	process *exec.Cmd
	log     testlog.Buffer
	kills   int
}

func (m *mortal) start() {
	m.t.Helper()
	executable, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	m.process = exec.CommandContext(context.WithoutCancel(m.t.Context()), executable,
		"-config", m.config, "-data-dir", m.dir, "-listen", "127.0.0.1:0", "-admin-listen", "127.0.0.1:0")
	m.process.Env = []string{actAsListener + "=1"}
	m.process.Stderr = &m.log
	stdout, err := m.process.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := m.process.Start(); err != nil {
		m.t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = m.process.Wait()
		m.t.Fatalf("the listener did not start: %v\n%s", err, m.log.String())
	}
	address := strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	m.address.Store(&address)
}

func (m *mortal) kill() {
	m.t.Helper()
	if err := m.process.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		m.t.Fatal(err)
	}
	_ = m.process.Wait()
	m.kills++
}

// deliver posts an event until it is acknowledged.
func (m *mortal) deliver(ctx context.Context, number int) {
	body := fmt.Appendf(nil, `{"action":"UPDATE","resourceType":"entity","status":"SUCCESS","trigger":{"at":%q,"origin":"API"},"context":{"entity":"entity-%[2]d","blueprint":"service"},
		"diff":{"before":{"properties":{"healthStatus":"Healthy"}},"after":{"identifier":"entity-%[2]d","properties":{"healthStatus":"Crashed"}}}}`,
		time.Now().UTC().Format(time.RFC3339Nano), number)
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for !m.post(ctx, body) {
		select {
		case <-retry.C:
		case <-ctx.Done():
			return
		}
	}
}

func (m *mortal) post(ctx context.Context, body []byte) (acknowledged bool) {
	timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, *m.address.Load()+"/api/slack", bytes.NewReader(body))
	if err != nil {
		m.t.Error(err)
		return true
	}
	request.Header.Set(changelog.TimestampHeader, timestamp)
	request.Header.Set(changelog.SignatureHeader, changelog.Sign("k7-client-secret", timestamp, body))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode == http.StatusAccepted
}

// TestAcknowledgedEventsSurviveKills posts events while the listener is killed repeatedly and Slack
// often fails. Every acknowledged event must be reported, with no more repetitions than kills and
// ambiguous responses explain.
func TestAcknowledgedEventsSurviveKills(t *testing.T) {
	t.Parallel()
	events, kills := 60, 4
	if soak() {
		events, kills = 500, 25
	}
	for name, destination := range map[string]string{
		"one by one": "rate: 100/s, digest_after: 24h",
		"in digests": "rate: 20/s, digest_after: 200ms",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slack := newMoodySlack(t)
			dir := t.TempDir()
			victim := &mortal{t: t, dir: filepath.Join(dir, "data"), config: filepath.Join(dir, "listener.yaml")}
			config := fmt.Sprintf("port: {client_secrets: [k7-client-secret]}\ndestinations: {default: {webhook_url: %q, %s}}\n", slack.URL+"/services/x", destination)
			if err := os.WriteFile(victim.config, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			victim.start()
			defer func() { victim.kill() }()
			var posting sync.WaitGroup
			numbers := make(chan int)
			for range 4 {
				posting.Go(func() {
					for number := range numbers {
						victim.deliver(t.Context(), number)
					}
				})
			}
			killAmong(victim, numbers, events, kills)
			posting.Wait()
			awaitAll(t, victim, slack, events)

			slack.mu.Lock()
			defer slack.mu.Unlock()
			t.Logf("%d events, %d kills, responses %v, %d of them ambiguous, %d messages repeated something", events, victim.kills, slack.responses, slack.ambiguous, slack.repeats)
			if slack.repeats > victim.kills+slack.ambiguous {
				t.Errorf("%d messages repeat something after %d kills and %d ambiguous responses", slack.repeats, victim.kills, slack.ambiguous)
			}
		})
	}
}

// killAmong distributes the numbers of the events, and kills the listener at random moments between
// them.
func killAmong(victim *mortal, numbers chan<- int, events, kills int) {
	for number := range events {
		numbers <- number
		if number%(events/kills) != events/kills-1 {
			continue
		}
		timer := time.NewTimer(rand.N(150 * time.Millisecond))
		<-timer.C
		victim.kill()
		victim.start()
	}
	close(numbers)
}

func awaitAll(t *testing.T, victim *mortal, slack *moodySlack, events int) {
	t.Helper()
	limit := time.After(3 * time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for slack.reported() < events {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%d of %d acknowledged events were reported\n%s", slack.reported(), events, lastLines(victim.log.String(), 30))
		}
	}
}

func lastLines(text string, count int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
