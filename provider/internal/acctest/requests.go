package acctest

import (
	"encoding/json"
	"net/http"
	"testing"
)

// Requests counts the requests that the emulator got since the last call, by
// method and route.
func (e *Environment) Requests(t *testing.T) map[string]int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL+"/_emulator/requests", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var traffic struct {
		Requests []struct {
			Method, Route string
			Count         int
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&traffic); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, request := range traffic.Requests {
		counts[request.Method+" "+request.Route] += request.Count
	}
	e.Control(t, http.MethodDelete, "/_emulator/requests", "")
	return counts
}
