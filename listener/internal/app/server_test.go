package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

func hello(response http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(response, "hello") }

func TestServersServeUntilClosed(t *testing.T) {
	t.Parallel()
	s := newServers(slog.New(slog.DiscardHandler))
	described := server{name: "public", address: "127.0.0.1:0", handler: http.HandlerFunc(hello), connections: 8}
	bound, closeServer, err := s.open(t.Context(), described)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get("http://" + bound.String())
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if string(text) != "hello" {
		t.Errorf("the response is %q", text)
	}
	described.address = bound.String()
	if _, _, err := s.open(t.Context(), described); err == nil || !strings.Contains(err.Error(), "opening the public address") {
		t.Errorf("the address that is in use: %v", err)
	}
	described.address = "127.0.0.1"
	if _, _, err := s.open(t.Context(), described); err == nil || !strings.Contains(err.Error(), "the public address: ") {
		t.Errorf("an address without a port: %v", err)
	}
	if err := closeServer(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.wait(t.Context()); err != nil {
		t.Error(err)
	}
	if len(s.failed) != 0 {
		t.Errorf("closing is a failure: %v", <-s.failed)
	}
}

func TestServersReportTheFirstFailure(t *testing.T) {
	t.Parallel()
	s := newServers(slog.New(slog.DiscardHandler))
	first := errors.New("first")
	s.fail(first)
	s.fail(net.ErrClosed)
	if err := <-s.failed; !errors.Is(err, first) || len(s.failed) != 0 {
		t.Errorf("the failure is %v", err)
	}
}

func TestLockIsWaitedForNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	l := newLock()
	unlock, err := l.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.acquire(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the lock is held: %v", err)
	}
	unlock()
	if _, err := l.acquire(t.Context()); err != nil {
		t.Errorf("it is free: %v", err)
	}
}
