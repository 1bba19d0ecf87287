package acctest

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// Requests counts the requests that the emulator has received since the last call, by method and
// route.
func (e *Environment) Requests(t *testing.T) map[string]int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL+"/_emulator/requests", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var traffic struct {
		Requests []struct {
			Method, Route string
			Count         int
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&traffic); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, request := range traffic.Requests {
		counts[request.Method+" "+request.Route] += request.Count
	}
	e.Control(t, http.MethodDelete, "/_emulator/requests", "")
	return counts
}

// Writes is [Environment.Requests] without reads and token requests.
func (e *Environment) Writes(t *testing.T) map[string]int {
	t.Helper()
	counts := e.Requests(t)
	maps.DeleteFunc(counts, func(request string, _ int) bool {
		return strings.HasPrefix(request, http.MethodGet+" ") || strings.HasSuffix(request, "/v1/auth/access_token")
	})
	return counts
}
