package emulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sizes are the numbers of entities to benchmark with; the cost of an operation must not grow with
// them.
func sizes() []int { return []int{10, 1_000, 10_000} }

// filled starts an emulator with a number of entities and returns a function that sends it a
// request.
func filled(tb testing.TB, size int) (send func(*http.Request)) {
	tb.Helper()
	s := startWithout(tb)
	s.createService(tb)
	for i := range size {
		s.mustDo(tb, http.MethodPost, "/v1/blueprints/service/entities?upsert=false", serviceEntity(i))
	}
	token := "Bearer " + s.token
	return func(r *http.Request) {
		r.Header.Set("Authorization", token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.emulator.ServeHTTP(w, r)
		if w.Code >= http.StatusBadRequest {
			tb.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
}

// benchmark runs an operation through the handler, on a catalog of each size. request gets the
// number of an entity.
func benchmark(b *testing.B, request func(entity int) *http.Request) {
	b.Helper()
	for _, size := range sizes() {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			send := filled(b, size)
			for i := 0; b.Loop(); i++ {
				send(request(i % size))
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

func getEntity(entity int) *http.Request {
	return httptest.NewRequest(http.MethodGet, fmt.Sprintf("/v1/blueprints/service/entities/service-%d", entity), http.NoBody)
}

func putEntity(entity int) *http.Request {
	return httptest.NewRequest(http.MethodPut, fmt.Sprintf("/v1/blueprints/service/entities/service-%d", entity),
		strings.NewReader(serviceEntity(entity)))
}

func searchEntity(entity int) *http.Request {
	return httptest.NewRequest(http.MethodPost, "/v1/entities/search", strings.NewReader(fmt.Sprintf(
		`{"combinator":"and","rules":[{"property":"$blueprint","operator":"=","value":"service"},
			{"property":"$identifier","operator":"=","value":"service-%d"}]}`, entity)))
}

func BenchmarkGet(b *testing.B) { benchmark(b, getEntity) }

func BenchmarkPut(b *testing.B) { benchmark(b, putEntity) }

func BenchmarkSearchByIdentifier(b *testing.B) { benchmark(b, searchEntity) }

// TestCostsDoNotGrowWithTheCatalog counts allocations, which unlike times do not depend on the load
// of the machine.
func TestCostsDoNotGrowWithTheCatalog(t *testing.T) { //nolint:paralleltest // Allocations are those of the whole process.
	const few, many, tolerance = 10, 4_000, 1.1
	operations := map[string]func(int) *http.Request{"get": getEntity, "put": putEntity, "search": searchEntity}
	sendFew, sendMany := filled(t, few), filled(t, many)
	for name, request := range operations {
		small := testing.AllocsPerRun(100, func() { sendFew(request(few / 2)) })
		large := testing.AllocsPerRun(100, func() { sendMany(request(many / 2)) })
		if large > small*tolerance {
			t.Errorf("%s: %.0f allocations with %d entities, %.0f with %d", name, small, few, large, many)
		}
	}
}

// serviceEntity is the body of an entity with a typical number of properties.
func serviceEntity(i int) string {
	return fmt.Sprintf(`{"identifier":"service-%d","title":"Service %d","properties":{"language":"Go","replicas":%d,
		"url":"https://example.com/%d","tier":"gold","tags":["a","b"],"checked":%q},"relations":{}}`,
		i, i, i%7, i, time.Unix(int64(i), 0).UTC().Format(time.RFC3339))
}
