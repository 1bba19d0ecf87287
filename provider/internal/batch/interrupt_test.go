package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// responses is Port with one response per route, given after a delay of virtual time.
type responses map[string]struct {
	after  time.Duration
	status int
	body   string
}

// RoundTrip implements [http.RoundTripper].
func (a responses) RoundTrip(r *http.Request) (*http.Response, error) {
	response, exists := a[r.Method+" "+r.URL.Path]
	if !exists {
		response.status, response.body = http.StatusNotFound, `{"ok":false,"error":"not_found","message":"No `+r.Method+" "+r.URL.Path+`"}`
	}
	select {
	case <-time.After(response.after): // Virtual time.
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{
		StatusCode: response.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(response.body)), Request: r,
	}, nil
}

// store returns a store whose next calls are one round, which starts when that many have come.
func (a responses) store(t *testing.T, size int) *Store {
	t.Helper()
	client, err := port.New("http://port.test", port.WithToken("a-token-for-tests"), port.WithTransport(a))
	if err != nil {
		t.Fatal(err)
	}
	s := New(client, client.Blueprints.Get)
	s.gate.expected, s.gate.lastSize = size, size
	return s
}

// TestDelete_canceledInMidBatch: a caller whose context ends does not wait for a bulk delete that
// takes long, as the others do.
func TestDelete_canceledInMidBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := responses{"POST /v1/blueprints/thing/bulk/entities/delete": {status: http.StatusOK, body: `{"ok":true,"deletedEntities":["e0","e1","e2"]}`, after: 20 * time.Second}}.store(t, 3)
		var group sync.WaitGroup
		for i := range 3 {
			group.Go(func() {
				ctx, limit := t.Context(), time.Minute
				if i == 0 {
					limit = time.Second
				}
				ctx, cancel := context.WithTimeout(ctx, limit)
				defer cancel()
				began := time.Now()
				err := s.Delete(ctx, "thing", fmt.Sprint("e", i), port.DeleteEntityOptions{})
				if i > 0 && err != nil {
					t.Error(err)
				}
				if i == 0 && (!errors.Is(err, port.ErrOutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 6*time.Second) {
					t.Errorf("after %s the delete ends with %v", time.Since(began), err)
				}
			})
		}
		group.Wait()
	})
}

// TestCreate_canceledBeforeItIsRead: if the entity of an interrupted caller was created, the caller
// gets it, although the requests of other callers in the round take long.
func TestCreate_canceledBeforeItIsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := responses{
			"POST /v1/blueprints/thing/entities/bulk": {status: http.StatusOK, body: `{"ok":true,"entities":[{"index":0,"created":true},{"index":1,"created":true}]}`},
			"POST /v1/blueprints/slow/entities/bulk":  {status: http.StatusOK, body: `{"ok":true,"entities":[]}`, after: 20 * time.Second},
		}.store(t, 4)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() {
				own, blueprint := ctx, "thing"
				if i >= 2 {
					own, blueprint = t.Context(), "slow"
				}
				began := time.Now()
				created, err := s.Create(own, blueprint, named(fmt.Sprint("e", i)), port.CreateEntityOptions{})
				if i < 2 && (err != nil || created.Identifier != fmt.Sprint("e", i) || time.Since(began) > 6*time.Second) {
					t.Errorf("e%d: after %s %+v, %v", i, time.Since(began), created, err)
				}
			})
		}
		group.Wait()
	})
}

// TestGet_tooLargeTogether: if the entities of a round are too large for one response, each caller
// reads its own.
func TestGet_tooLargeTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := responses{"POST /v1/entities/search": {status: http.StatusOK, body: strings.Repeat(" ", 65<<20)}}
		for i := range 3 {
			response := a[""]
			response.status, response.body = http.StatusOK, fmt.Sprintf(`{"ok":true,"entity":{"identifier":"e%d"}}`, i)
			a[fmt.Sprint("GET /v1/blueprints/thing/entities/e", i)] = response
		}
		s := a.store(t, 3)
		var group sync.WaitGroup
		for i := range 3 {
			group.Go(func() {
				if _, err := s.Get(t.Context(), "thing", fmt.Sprint("e", i)); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	})
}
