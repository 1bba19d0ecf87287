//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// database is a PostgreSQL server for one test, which can be restarted.
type database struct {
	binaries, dir string
	account       *syscall.Credential
	port          int
}

// startDatabase creates and starts a server. PostgreSQL does not run as root, so as root it uses
// the account of Debian's package.
func startDatabase(t *testing.T) *database {
	t.Helper()
	paths, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(paths) == 0 {
		t.Skip("PostgreSQL is not installed: apt-get install postgresql")
	}
	db := &database{binaries: filepath.Dir(paths[len(paths)-1])}
	// The account of the server could not access a directory of the test itself.
	if db.dir, err = os.MkdirTemp("", "listener-postgres"); err != nil { //nolint:usetesting // See above.
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(db.dir) })
	if os.Geteuid() == 0 {
		account, err := user.Lookup("postgres")
		if err != nil {
			t.Skip("PostgreSQL does not run as root, and there is no user postgres")
		}
		uid, _ := strconv.Atoi(account.Uid)
		gid, _ := strconv.Atoi(account.Gid)
		db.account = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(db.dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	db.port = free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	db.run(t, "initdb", "-D", filepath.Join(db.dir, "data"), "-A", "trust", "-U", "postgres")
	db.control(t, "start")
	t.Cleanup(func() { db.control(t, "stop") })
	return db
}

func (d *database) control(t *testing.T, action string) {
	t.Helper()
	options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s", d.port, d.dir)
	d.run(t, "pg_ctl", "-D", filepath.Join(d.dir, "data"), "-l", filepath.Join(d.dir, "log"), "-o", options, "-m", "immediate", "-w", action)
}

func (d *database) run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(d.binaries, name), arguments...)
	command.Dir = d.dir
	command.SysProcAttr = &syscall.SysProcAttr{Credential: d.account}
	if output, err := command.Output(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, output)
	}
}

func (d *database) url() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", d.port)
}

// until waits for a condition.
func until(t *testing.T, what string, limit time.Duration, condition func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("timed out waiting for: %s", what)
		case <-tick.C:
		}
	}
}

// strictSlack accepts one message per interval, and counts those that arrive too early.
type strictSlack struct {
	*httptest.Server
	interval time.Duration

	mu       sync.Mutex
	last     time.Time
	shortest time.Duration
	early    int
	repeats  int
	reported map[string]bool
}

func newStrictSlack(t *testing.T, interval time.Duration) *strictSlack {
	t.Helper()
	strict := &strictSlack{interval: interval, shortest: time.Hour, reported: map[string]bool{}}
	strict.Server = httptest.NewServer(strict)
	t.Cleanup(strict.Close)
	return strict
}

// ServeHTTP refuses a message that arrives too early.
func (s *strictSlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var message struct{ Text string }
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		// Its sender was killed.
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	since := now.Sub(s.last)
	s.shortest = min(s.shortest, since)
	if since < s.interval {
		s.early++
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	s.last = now
	repeated := false
	for _, named := range regexp.MustCompile(`(?:Change in |\*)(entity-\d+)`).FindAllStringSubmatch(message.Text, -1) {
		name := named[1]
		repeated = repeated || s.reported[name]
		s.reported[name] = true
	}
	if repeated {
		s.repeats++
	}
	_, _ = io.WriteString(w, "ok")
}

func (s *strictSlack) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.reported)
}

// TestListenersShareADatabase runs three listeners that share only the URL of a database. One
// listener is killed and the database is restarted while events arrive: nothing must be lost, and
// the rate of one message a second must be respected.
func TestListenersShareADatabase(t *testing.T) {
	t.Parallel()
	if !soak() {
		t.Skip("it takes a minute or two; run make soak")
	}
	shared := startDatabase(t)
	slack := newStrictSlack(t, time.Second)
	dir := t.TempDir()
	config := filepath.Join(dir, "listener.yaml")
	content := fmt.Sprintf("port: {client_secrets: [k7-client-secret]}\nstore: {postgres: {url: %q}}\ndestinations: {default: {webhook_url: %q, digest_after: 10s}}\n",
		shared.url(), slack.URL+"/services/x")
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	var listeners []*mortal
	for range 3 {
		instance := &mortal{t: t, config: config, dir: dir}
		instance.start()
		t.Cleanup(instance.kill)
		listeners = append(listeners, instance)
	}
	const events = 300
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	for number := range events {
		<-pace.C
		switch number {
		case events / 3:
			// The listener that was started first serves the destination.
			listeners[0].kill()
		case 2 * events / 3:
			shared.control(t, "restart")
		}
		alive := listeners
		if number >= events/3 {
			alive = listeners[1:]
		}
		alive[number%len(alive)].deliver(t.Context(), number)
	}
	until(t, "everything is reported", 3*time.Minute, func() bool { return slack.count() == events })
	slack.mu.Lock()
	defer slack.mu.Unlock()
	t.Logf("%d events reported; %d messages repeated something; the shortest distance between two was %s", events, slack.repeats, slack.shortest)
	if slack.early > 0 {
		t.Errorf("%d messages came too early", slack.early)
	}
	if slack.repeats > 2 {
		t.Errorf("%d messages repeated something after two deaths", slack.repeats)
	}
}
