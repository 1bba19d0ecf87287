package port_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// bulkPort is Port with one response to a bulk create. It has the entities that exist after it.
type bulkPort struct {
	status   int
	kind     string
	response string
	mutex    sync.Mutex
	created  map[string]bool
	singles  []string
}

// RoundTrip implements [http.RoundTripper].
func (p *bulkPort) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	status, kind, response := p.serve(r)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(response)), Request: r,
	}, nil
}

func (p *bulkPort) serve(r *http.Request) (status int, kind, response string) {
	const asJSON = "application/json"
	entity := func(identifier string) string {
		return fmt.Sprintf(`{"blueprint":"b","identifier":%q,"createdAt":%q}`, identifier, time.Now().Add(time.Second).UTC().Format(time.RFC3339Nano))
	}
	switch route := r.Method + " " + r.URL.Path; route {
	case "POST /v1/blueprints/b/entities/bulk":
		return p.status, p.kind, p.response
	case "POST /v1/entities/search":
		var all []string
		for identifier := range p.created {
			all = append(all, entity(identifier))
		}
		return http.StatusOK, asJSON, `{"ok":true,"entities":[` + strings.Join(all, ",") + `]}`
	case "POST /v1/blueprints/b/entities":
		var sent struct{ Identifier string }
		_ = json.NewDecoder(r.Body).Decode(&sent)
		p.singles = append(p.singles, sent.Identifier)
		if p.created[sent.Identifier] {
			return http.StatusConflict, asJSON, `{"ok":false,"error":"identifier_taken","message":"Taken"}`
		}
		return http.StatusUnprocessableEntity, asJSON, `{"ok":false,"error":"invalid","message":"Refused alone"}`
	default:
		identifier := route[strings.LastIndex(route, "/")+1:]
		if p.created[identifier] {
			return http.StatusOK, asJSON, `{"ok":true,"entity":` + entity(identifier) + `}`
		}
		return http.StatusNotFound, asJSON, `{"ok":false,"error":"not_found","message":"No entity"}`
	}
}

// TestCreateTogether_responses: whatever Port responds to a bulk create of a, b and c, each entity
// has its own result. If the response does not say it, a read does.
func TestCreateTogether_responses(t *testing.T) {
	t.Parallel()
	const (
		asJSON = "application/json"
		all    = `{"index":0,"identifier":"a","created":true},{"index":1,"identifier":"b","created":true},{"index":2,"identifier":"c","created":true}`
	)
	for name, test := range map[string]struct {
		status   int
		kind     string
		response string
		created  []string
		// errs are parts of the errors, by identifier.
		errs map[string]string
		// singles are the entities that are sent again alone.
		singles []string
	}{
		"complete":  {200, asJSON, `{"ok":true,"entities":[` + all + `],"errors":[]}`, []string{"a", "b", "c"}, nil, nil},
		"reordered": {207, asJSON, `{"ok":false,"entities":[{"index":2,"identifier":"c"},{"index":0,"identifier":"a"}],"errors":[{"index":1,"identifier":"b","statusCode":409,"error":"identifier_taken","message":"Taken"}]}`, []string{"a", "b", "c"}, map[string]string{"b": "409 Conflict (identifier_taken): Taken"}, nil},
		"fewer":     {207, asJSON, `{"ok":true,"entities":[{"index":1,"identifier":"b"}]}`, []string{"a", "b"}, map[string]string{"c": "no result"}, nil},
		"empty":     {200, asJSON, `{"ok":true,"entities":[],"errors":[]}`, []string{"a", "b"}, map[string]string{"c": "no result"}, nil},
		"repeated":  {200, asJSON, `{"ok":true,"entities":[` + all + `,` + all + `]}`, []string{"a", "b", "c"}, nil, nil},
		"unknown":   {200, asJSON, `{"ok":true,"entities":[` + all + `,{"index":3,"identifier":"d"},{"index":-1,"identifier":"e"}]}`, []string{"a", "b", "c"}, nil, nil},
		"indexes of others": {
			207, asJSON, `{"ok":false,"entities":[{"index":1,"identifier":"a"},{"index":2,"identifier":"b"}],"errors":[{"index":0,"identifier":"c","statusCode":422,"error":"invalid","message":"Refused"}]}`,
			[]string{"a", "b"},
			map[string]string{"c": "Refused alone"},
			[]string{"c"},
		},
		"refused": {207, asJSON, `{"ok":false,"entities":[{"index":0,"identifier":"a"},{"index":1,"identifier":"b"}],"errors":[{"index":2,"identifier":"c","statusCode":422,"error":"invalid","message":"Refused"}]}`, []string{"a", "b"}, map[string]string{"c": "Refused alone"}, []string{"c"}},
		"failed": {
			207, asJSON, `{"ok":false,"entities":[{"index":0,"identifier":"a"}],"errors":[{"index":1,"identifier":"b","statusCode":500,"error":"internal","message":"Broken"},{"index":2,"identifier":"c","statusCode":500,"error":"internal","message":"Broken"}]}`,
			[]string{"a", "b"},
			map[string]string{"c": "500 Internal Server Error (internal): Broken"},
			nil,
		},
		"failed altogether": {500, asJSON, `{"ok":false,"error":"internal","message":"Broken"}`, []string{"a", "b"}, map[string]string{"c": "(internal): Broken"}, nil},
		"HTML":              {200, "text/html", `<html>Hello</html>`, []string{"a", "b"}, map[string]string{"c": "an HTML page"}, nil},
		"truncated":         {200, asJSON, `{"ok":true,"entities":[`, []string{"a", "b"}, map[string]string{"c": "truncated"}, nil},
		"another form":      {200, asJSON, `{"ok":true,"entities":{"a":true}}`, []string{"a", "b"}, map[string]string{"c": "cannot decode"}, nil},
		"no body":           {200, asJSON, ``, []string{"a", "b"}, map[string]string{"c": "is empty"}, nil},
		"forbidden":         {403, asJSON, `{"ok":false,"error":"forbidden","message":"No"}`, nil, map[string]string{"a": "403", "b": "403", "c": "403"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			served := &bulkPort{status: test.status, kind: test.kind, response: test.response, created: map[string]bool{}}
			for _, identifier := range test.created {
				served.created[identifier] = true
			}
			client, err := port.New(fakeAddress, port.WithToken("a-token-for-tests"), port.WithTransport(served), port.WithMaxRetries(0))
			if err != nil {
				t.Fatal(err)
			}
			entities := []*port.Entity{{Identifier: "a"}, {Identifier: "b"}, {Identifier: "c"}}
			for i, result := range client.Entities.CreateTogether(t.Context(), "b", entities, port.CreateEntityOptions{}) {
				identifier := entities[i].Identifier
				switch part := test.errs[identifier]; {
				case part == "" && (result.Err != nil || result.Entity.Identifier != identifier):
					t.Errorf("%s: %+v, %v", identifier, result.Entity, result.Err)
				case part != "" && (result.Err == nil || !strings.Contains(result.Err.Error(), part) || errors.Is(result.Err, port.ErrOutcomeUnknown)):
					t.Errorf("%s: %+v, %v, want an error that contains %q", identifier, result.Entity, result.Err, part)
				}
			}
			if !slices.Equal(served.singles, test.singles) {
				t.Errorf("sent %v again alone, want %v", served.singles, test.singles)
			}
		})
	}
}
