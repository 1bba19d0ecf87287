package port_test

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

func TestBulkCreateSendsChunks(t *testing.T) {
	t.Parallel()
	const partly = `{"ok":false,"entities":[{"index":0,"identifier":"x","created":true,"additionalData":{"a":1}}],
		"errors":[{"index":3,"identifier":"y","statusCode":409,"error":"taken","message":"There is one"},
		{"index":4,"identifier":"z","statusCode":404,"error":"not_found","message":"No relation"}]}`
	client, requests := record(t, http.StatusMultiStatus, partly)
	entities := func(yield func(*port.Entity) bool) {
		for i := range 45 {
			if !yield(&port.Entity{Identifier: strconv.Itoa(i), CreatedAt: "never sent"}) {
				return
			}
		}
	}
	var created []int
	var failed []*port.BulkError
	for result, err := range client.Entities.BulkCreate(t.Context(), "b", entities, port.CreateEntityOptions{Merge: true}) {
		var failure *port.BulkError
		switch {
		case err == nil:
			created = append(created, result.Index)
		case errors.As(err, &failure):
			failed = append(failed, failure)
		default:
			t.Fatal(err)
		}
	}
	if !slices.Equal(created, []int{0, 20, 40}) {
		t.Errorf("created %v, want the first of each chunk", created)
	}
	if len(failed) != 6 || failed[3].Index != 24 || failed[2].Identifier != "y" {
		t.Fatalf("failed %v, want two of each chunk", failed)
	}
	check(t, failed[2], port.ErrExists)
	check(t, failed[3], port.ErrNotFound)
	if text := failed[2].Error(); text != `entity "y" (number 24): 409 (taken): There is one` {
		t.Errorf("error = %q", text)
	}
	sizes := make([]int, 0, len(requests.sent))
	for _, sent := range requests.sent {
		if sent.line != "POST /v1/blueprints/b/entities/bulk?merge=true&upsert=false" {
			t.Errorf("sent %s", sent.line)
		}
		sizes = append(sizes, strings.Count(sent.body, "identifier"))
	}
	if !slices.Equal(sizes, []int{20, 20, 5}) {
		t.Errorf("sent chunks of %v, want 20, 20, 5", sizes)
	}
}

func TestBulkCreateStopsWithItsCaller(t *testing.T) {
	t.Parallel()
	client, requests := record(t, http.StatusOK, `{"ok":true,"entities":[{"index":0,"identifier":"x"}],"errors":[]}`)
	taken := 0
	entities := func(yield func(*port.Entity) bool) {
		for yield(&port.Entity{Identifier: "x"}) {
			taken++
		}
	}
	for range client.Entities.BulkCreate(t.Context(), "b", entities, port.CreateEntityOptions{}) {
		break
	}
	if len(requests.sent) != 1 || taken != 19 {
		t.Errorf("sent %d requests and took %d more entities, want one request with twenty", len(requests.sent), taken)
	}
}

func TestFailedBulkRequest(t *testing.T) {
	t.Parallel()
	client, requests := record(t, http.StatusUnprocessableEntity, `{"ok":false,"error":"has_dependents","message":"No"}`)
	identifiers := slices.Values(slices.Repeat([]string{"a"}, 250))
	_, err := drain(client.Entities.BulkDelete(t.Context(), "b", identifiers, port.DeleteEntityOptions{}))
	want(t, err, port.ErrHasDependents)
	if len(requests.sent) != 1 || strings.Count(requests.sent[0].body, `"a"`) != 100 {
		t.Errorf("sent %d requests, want one with a hundred entities", len(requests.sent))
	}
}
