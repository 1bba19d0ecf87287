package port_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

func TestSearchBlueprintReadsPages(t *testing.T) {
	t.Parallel()
	pages := []string{
		`{"ok":true,"entities":[{"identifier":"a"},{"identifier":"b"}],"next":"2"}`,
		`{"ok":true,"entities":[],"next":"3"}`,
		`{"ok":true,"entities":[{"identifier":"c"}]}`,
	}
	query := json.RawMessage(`{"combinator":"or","rules":[{"value":1.10}]}`)

	t.Run("all", func(t *testing.T) {
		t.Parallel()
		client, requests := record(t, http.StatusOK, pages...)
		options := port.SearchBlueprintOptions{PageSize: 2, Include: []string{"p"}, Exclude: []string{"q"}}
		all, err := drain(client.Entities.SearchBlueprint(t.Context(), "b", query, options))
		want(t, err, nil)
		if len(all) != 3 || all[2].Identifier != "c" {
			t.Errorf("found %v, want a, b, c", all)
		}
		if got := len(requests.sent); got != 3 {
			t.Fatalf("sent %d requests, want 3", got)
		}
		expected := `{"query":{"combinator":"or","rules":[{"value":1.10}]},"limit":2,"from":"3","include":["p"],"exclude":["q"]}`
		if last := requests.sent[2]; last.line != "POST /v1/blueprints/b/entities/search" || last.body != expected {
			t.Errorf("sent %s %s, want %s", last.line, last.body, expected)
		}
	})
	t.Run("only the requested entities", func(t *testing.T) {
		t.Parallel()
		client, requests := record(t, http.StatusOK, pages...)
		for entity, err := range client.Entities.SearchBlueprint(t.Context(), "b", nil, port.SearchBlueprintOptions{}) {
			want(t, err, nil)
			if entity.Identifier == "b" {
				break
			}
		}
		if len(requests.sent) != 1 || requests.sent[0].body != "{}" {
			t.Errorf("sent %v, want one request with an empty body", requests.sent)
		}
	})
	t.Run("an endless cursor", func(t *testing.T) {
		t.Parallel()
		client, _ := record(t, http.StatusOK, pages[0])
		all, err := drain(client.Entities.SearchBlueprint(t.Context(), "b", nil, port.SearchBlueprintOptions{}))
		want(t, err, port.ErrMalformedResponse)
		if len(all) != 2 {
			t.Errorf("found %d entities before the error, want 2", len(all))
		}
	})
}
