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

// sizes are the numbers of entities for which the cost of an operation is shown;
// it must not grow with them.
func sizes() []int { return []int{10, 1_000, 10_000} }

// benchmark runs an operation through the handler, on a catalog of each size. The
// operation gets the number of the run and returns the request.
func benchmark(b *testing.B, request func(i, size int) *http.Request) {
	b.Helper()
	for _, size := range sizes() {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			s := startWithout(b)
			s.createService(b)
			for i := range size {
				s.mustDo(b, http.MethodPost, "/v1/blueprints/service/entities?upsert=false", serviceEntity(i))
			}
			token := "Bearer " + s.token
			for i := 0; b.Loop(); i++ {
				r := request(i, size)
				r.Header.Set("Authorization", token)
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				s.emulator.ServeHTTP(w, r)
				if w.Code >= http.StatusBadRequest {
					b.Fatalf("status %d: %s", w.Code, w.Body)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

func BenchmarkGet(b *testing.B) {
	benchmark(b, func(i, size int) *http.Request {
		return httptest.NewRequest(http.MethodGet, fmt.Sprintf("/v1/blueprints/service/entities/service-%d", i%size), http.NoBody)
	})
}

func BenchmarkPut(b *testing.B) {
	benchmark(b, func(i, size int) *http.Request {
		return httptest.NewRequest(http.MethodPut, fmt.Sprintf("/v1/blueprints/service/entities/service-%d", i%size),
			strings.NewReader(serviceEntity(i%size)))
	})
}

func BenchmarkSearchByIdentifier(b *testing.B) {
	benchmark(b, func(i, size int) *http.Request {
		return httptest.NewRequest(http.MethodPost, "/v1/entities/search", strings.NewReader(fmt.Sprintf(
			`{"combinator":"and","rules":[{"property":"$blueprint","operator":"=","value":"service"},
			{"property":"$identifier","operator":"=","value":"service-%d"}]}`, i%size)))
	})
}

// serviceEntity is the body of an entity with a typical number of properties.
func serviceEntity(i int) string {
	return fmt.Sprintf(`{"identifier":"service-%d","title":"Service %d","properties":{"language":"Go","replicas":%d,
		"url":"https://example.com/%d","tier":"gold","tags":["a","b"],"checked":%q},"relations":{}}`,
		i, i, i%7, i, time.Unix(int64(i), 0).UTC().Format(time.RFC3339))
}
