package port_test

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"sync"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// recorder is a transport that records requests and returns prepared responses.
type recorder struct {
	mutex     sync.Mutex
	status    int
	responses []string
	sent      []sentRequest
}

type sentRequest struct {
	line   string
	body   string
	header http.Header
}

// RoundTrip implements [http.RoundTripper]. It returns each response once, and the last one
// repeatedly.
func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	sent := sentRequest{line: request.Method + " " + request.URL.RequestURI(), header: request.Header}
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		sent.body = string(body)
	}
	r.sent = append(r.sent, sent)
	body := r.responses[0]
	if len(r.responses) > 1 {
		r.responses = r.responses[1:]
	}
	return respond(r.status, nil, body)(nil, request)
}

// record returns a client whose requests get the given responses in turn, and the recorder.
func record(tb testing.TB, status int, responses ...string) (*port.Client, *recorder) {
	tb.Helper()
	transport := &recorder{status: status, responses: responses}
	client, err := port.New(fakeAddress, port.WithToken("a-token-for-tests"), port.WithTransport(transport))
	if err != nil {
		tb.Fatal(err)
	}
	return client, transport
}

// drain reads a sequence to its end.
func drain[T any](elements func(yield func(T, error) bool)) (all []T, err error) {
	for element, failure := range elements {
		if failure != nil {
			return all, failure
		}
		all = append(all, element)
	}
	return all, nil
}

const (
	oneBlueprint = `{"ok":true,"blueprint":{"identifier":"b/1","title":"B","schema":{"properties":{}}}}`
	oneEntity    = `{"ok":true,"entity":{"identifier":"e:1","title":"E"}}`
	plainOK      = `{"ok":true}`
)

// testOperation is one method of the client: the request that it sends and the result that it
// returns.
type testOperation struct {
	response string
	call     func(ctx context.Context, client *port.Client) (any, error)
	// sent is the last request; a create reads first.
	sent string
	body string
	want any
}

func TestOperations(t *testing.T) {
	t.Parallel()
	for group, operations := range map[string]map[string]testOperation{
		"blueprints": blueprintOperations(), "entities": entityOperations(), "others": otherOperations(),
	} {
		for name, o := range operations {
			t.Run(group+"/"+name, func(t *testing.T) {
				t.Parallel()
				client, requests := record(t, http.StatusOK, o.response)
				got, err := o.call(t.Context(), client)
				want(t, err, nil)
				if !reflect.DeepEqual(got, o.want) {
					t.Errorf("returned %#v, want %#v", got, o.want)
				}
				last := requests.sent[len(requests.sent)-1]
				if last.line != o.sent {
					t.Errorf("sent %s, want %s", last.line, o.sent)
				}
				if last.body != o.body {
					t.Errorf("sent the body %s, want %s", last.body, o.body)
				}
			})
		}
	}
}
