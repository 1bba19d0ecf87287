package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// sickQueue is a store that only reports its health.
type sickQueue struct {
	queue.Queue
	err    error
	damage queue.Damage
}

func (q *sickQueue) Check(context.Context) error { return q.err }
func (q *sickQueue) Damage() queue.Damage        { return q.damage }

func TestHealth(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		serving bool
		store   sickQueue
		status  int
		text    string
	}{
		"ready":                {true, sickQueue{}, http.StatusOK, "ok\n"},
		"not started":          {false, sickQueue{}, http.StatusServiceUnavailable, "starting or stopping"},
		"the store fails":      {true, sickQueue{err: errors.New("disk sda1 is full")}, http.StatusServiceUnavailable, "The event store"},
		"the store is damaged": {true, sickQueue{damage: queue.Damage{Lost: 3}}, http.StatusOK, "3 stored events or alerts"},
		"a copy is left":       {true, sickQueue{damage: queue.Damage{Aside: "x"}}, http.StatusOK, `"damaged"`},
	} {
		router := newRouter()
		(&health{queue: &test.store, logger: slog.New(slog.DiscardHandler), serving: func() bool { return test.serving }}).register(router)
		ready, alive := httptest.NewRecorder(), httptest.NewRecorder()
		router.ServeHTTP(ready, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		router.ServeHTTP(alive, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		if ready.Code != test.status || !strings.Contains(ready.Body.String(), test.text) || strings.Contains(ready.Body.String(), "sda1") {
			t.Errorf("%s: ready is %d %s", name, ready.Code, ready.Body)
		}
		if alive.Code != http.StatusOK {
			t.Errorf("%s: healthy is %d", name, alive.Code)
		}
	}
}
