package ingest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

const (
	ready = "id: 0\nevent: ready\ndata: {}\n\n"
	ping  = "event: ping\ndata: {}\n\n"
)

// sized returns a body with a number of bytes.
func sized(size int) string {
	const frame = `{"action":"UPDATE","x":""}`
	return frame[:len(frame)-2] + strings.Repeat("x", size-len(frame)) + frame[len(frame)-2:]
}

func encoded(body string) string { return base64.StdEncoding.EncodeToString([]byte(body)) }

func TestAnEventThroughSmeeIsStored(t *testing.T) {
	t.Parallel()
	body := numbered(1)
	posted := signedPost(body)
	signature, timestamp := posted[changelog.SignatureHeader].(string), posted[changelog.TimestampHeader].(string)
	const other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	seconds := strconv.FormatInt(time.Now().Unix(), 10)
	spaced := "{\n \"action\": \"UPDATE\" }"
	tests := []struct {
		name  string
		frame string
		body  string
	}{
		{"as smee.io sends it", "id: 17\n" + posted.frame(), body},
		{"of the type message", "event: message\n" + posted.frame(), body},
		{"after a comment", ": hello\n\n:\n" + posted.frame(), body},
		{"after a byte order mark", "\ufeff" + posted.frame(), body},
		{"without a space", "data:" + posted.json() + "\n\n", body},
		{"on lines that end as those of Windows", "id: 1\r\ndata: " + posted.json() + "\r\n\r\n", body},
		{"on lines that end as those of old Macs", "id: 1\rdata: " + posted.json() + "\r\r", body},
		{"among fields that nobody knows", "retry: 1000\nid: 1\nfoo: bar\n" + posted.frame(), body},
		{"over several lines", "data: " + strings.ReplaceAll(posted.json(), `,"`, ",\ndata: \"") + "\n\n", body},
		{"with capitals in the names of headers", posted.with(changelog.SignatureHeader, nil).with("X-Port-Signature", signature).with(changelog.TimestampHeader, nil).with("X-Port-Timestamp", timestamp).frame(), body},
		{"with a list of signatures", posted.with(changelog.SignatureHeader, []string{other, signature}).frame(), body},
		{"with signatures in two headers", posted.with(changelog.SignatureHeader, signature+", "+other).frame(), body},
		{"with signatures in one header", posted.with(changelog.SignatureHeader, other+" "+signature).frame(), body},
		{"signed in seconds", posted.with(changelog.TimestampHeader, seconds).with(changelog.SignatureHeader, changelog.Sign(secret, seconds, []byte(body))).frame(), body},
		{"with the exact bytes alone", posted.with("body", nil).with("bodyB", encoded(body)).frame(), body},
		{"with exact bytes that are spaced", signedPost(spaced).with("body", json.RawMessage(`{"action":"OTHER"}`)).with("bodyB", encoded(spaced)).frame(), spaced},
		{"with exact bytes of something else", posted.with("bodyB", encoded(`{}`)).frame(), body},
		{"with invalid base64", posted.with("bodyB", "%"+encoded(body)).frame(), body},
		{"with exact bytes that are not a string", posted.with("bodyB", []int{1}).frame(), body},
		{"with exact bytes that are empty", posted.with("bodyB", "").frame(), body},
		{"signed compact and sent with spaces", strings.Replace(posted.frame(), `"UPDATE",`, `"UPDATE", `, 1), body},
		{"as large as may be", signedPost(sized(maxBody)).frame(), sized(maxBody)},
		{"as large as may be, twice", signedPost(sized(maxBody)).with("bodyB", encoded(sized(maxBody))).frame(), sized(maxBody)},
		{"with a line separator", signedPost("{\"title\":\"\u2028\"}").frame(), "{\"title\":\"\u2028\"}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			served := newRelay(t)
			r := receiveFrom(t, served.url)
			client := served.accept(t)
			if accept := client.header.Values("Accept"); len(accept) != 1 || accept[0] != "text/event-stream" {
				t.Errorf("it accepts %q", accept)
			}
			if agent := client.header.Get("User-Agent"); agent != "port-listener/test" {
				t.Errorf("it calls itself %q", agent)
			}
			client.send(test.frame)
			r.store.expect(t, test.body)
			r.stop()
			if got := r.tally.String(); got != "map[stored:1]" {
				t.Errorf("counted %s", got)
			}
			r.assertLog(t, "event received", "source=smee", "development only")
		})
	}
}

// TestALargeEventThroughSmeeIsStored sends an event that exceeds every buffer.
func TestALargeEventThroughSmeeIsStored(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	r := receiveThrough(t, ingest.SmeeOptions{URL: served.url, MaxBody: ingest.SmeeMaxBody, Jitter: func() float64 { return 0 }})
	body := sized(ingest.SmeeMaxBody)
	client := served.accept(t)
	client.send(signedPost(body).frame())
	r.store.expect(t, body)
	client.send("data: " + strings.Repeat("x", 5<<20) + "\n\n" + signedPost(numbered(1)).frame())
	r.store.expect(t, numbered(1))
}

func TestMessagesOfASmeeServerAreNotEvents(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	r := receiveFrom(t, served.url)
	client := served.accept(t)
	for _, frame := range []string{
		ready, ping, strings.ReplaceAll(ping, "\n", "\r\n"), strings.ReplaceAll(ping, "\n", "\r"), "\n\r\n\r", "id: 5\n\n", "data\n\n", "data: ready\n\n", "data: {\"message\":\"connected\"}\n\n", "data: {\"message\":\"ready\"}\n\n",
		": keepalive\n\n", "event: gosmee-gap\ndata: {\"error\":\"missed_history\"}\n\n",
	} {
		client.send(frame)
	}
	client.send(signedPost(numbered(1)).frame())
	r.store.expect(t, numbered(1))
	r.stop()
	if got := r.tally.String(); got != "map[stored:1]" {
		t.Errorf("counted %s", got)
	}
	r.assertLog(t)
}

func TestTheSameChangeThroughSmeeIsStoredOnce(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	r := receiveFrom(t, served.url)
	client := served.accept(t)
	frame := signedPost(numbered(1)).frame()
	client.send(frame + frame)
	r.store.next(t)
	r.store.next(t)
	r.stop()
	if got := r.tally.String(); got != "map[duplicate:1 stored:1]" {
		t.Errorf("counted %s", got)
	}
}

func TestAnEventThroughSmeeIsRefused(t *testing.T) {
	t.Parallel()
	body := numbered(1)
	posted := signedPost(body)
	const malformed = "the data of the server-sent event is not a JSON object"
	tests := []struct {
		name  string
		frame string
		count string
		cause string
	}{
		{"no signature", posted.with(changelog.SignatureHeader, nil).frame(), "signature missing:1 stored:1 unauthorized:1", "missing"},
		{"no timestamp but that of Smee", posted.with(changelog.TimestampHeader, nil).frame(), "signature missing:1 stored:1 unauthorized:1", "missing"},
		{"a signature that is a number", posted.with(changelog.SignatureHeader, 7).frame(), "signature missing:1 stored:1 unauthorized:1", "missing"},
		{"a signature that is an object", posted.with(changelog.SignatureHeader, fields{"a": 1}).frame(), "signature missing:1 stored:1 unauthorized:1", "missing"},
		{"a malformed signature", posted.with(changelog.SignatureHeader, "sha256=abc").frame(), "signature malformed:1 stored:1 unauthorized:1", "malformed"},
		{"a signature of another body", posted.with("body", fields{"hunter2": 1}).frame(), "signature wrong:1 stored:1 unauthorized:1", "wrong"},
		{"exact bytes of another body", posted.with("body", nil).with("bodyB", encoded(`{"hunter2":1}`)).frame(), "signature wrong:1 stored:1 unauthorized:1", "wrong"},
		{"an old timestamp", postAt(body, time.Now().Add(-6*time.Minute)).frame(), "signature stale:1 stored:1 unauthorized:1", "stale"},
		{"an old timestamp, with exact bytes", postAt(body, time.Now().Add(-6*time.Minute)).with("bodyB", encoded(body)).frame(), "signature stale:1 stored:1 unauthorized:1", "stale"},
		{"an old timestamp, and a body that was changed on the way", postAt(body, time.Now().Add(-6*time.Minute)).with("bodyB", encoded(body)).with("body", fields{"hunter2": 1}).frame(), "signature stale:1 stored:1 unauthorized:1", "stale"},
		{"a timestamp of the future", postAt(body, time.Now().Add(6*time.Minute)).frame(), "signature stale:1 stored:1 unauthorized:1", "stale"},
		{"no body", posted.with("body", nil).frame(), "invalid:1 stored:1", "the server-sent event has no body: neither bodyB (base64) nor body"},
		{"only bytes that are not base64", posted.with("body", nil).with("bodyB", "%").frame(), "invalid:1 stored:1", "the server-sent event has no body: neither bodyB (base64) nor body"},
		{"nothing at all", "data: {}\n\n", "invalid:1 stored:1", "the server-sent event has no body: neither bodyB (base64) nor body"},
		{"a body that is null", signedPost(`null`).frame(), "invalid:1 stored:1", "the body is not a JSON object"},
		{"a body that is a list", signedPost(`[]`).frame(), "invalid:1 stored:1", "the body is not a JSON object"},
		{"a body that is invalid UTF-8", signedPost("{\"hunter2\":\"\xff\"}").with("body", nil).with("bodyB", encoded("{\"hunter2\":\"\xff\"}")).frame(), "invalid:1 stored:1", "invalid UTF-8"},
		{"broken JSON", strings.Replace(posted.frame(), "}\n", "\n", 1), "invalid:1 stored:1", malformed},
		{"something behind the JSON", strings.Replace(posted.frame(), "}\n", "}hunter2\n", 1), "invalid:1 stored:1", malformed},
		{"a text", "data: hunter2\n\n", "invalid:1 stored:1", malformed},
		{"a list", "data: [1]\n\n", "invalid:1 stored:1", malformed},
		{"null", "data: null\n\n", "invalid:1 stored:1", malformed},
		{"deep nesting", "data: {\"body\":" + strings.Repeat("[", 20_000) + "\n\n", "invalid:1 stored:1", malformed},
		{"a body with a byte too many", signedPost(sized(maxBody + 1)).frame(), "stored:1 too_large:1", "the body has more than 65536 bytes"},
		{"exact bytes with one too many", signedPost(sized(maxBody+1)).with("body", nil).with("bodyB", encoded(sized(maxBody+1))).frame(), "stored:1 too_large:1", "the body has more than 65536 bytes"},
		{"a frame that is too large", "id: 1\ndata: " + strings.Repeat("x", 1<<20) + "\ndata: x\n\n", "stored:1 too_large:1", "a server-sent event has more than"},
		{"a line without an end that is too large", strings.Repeat("x", 1<<20) + "\n\n", "stored:1 too_large:1", "a server-sent event has more than"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			served := newRelay(t)
			r := receiveFrom(t, served.url)
			client := served.accept(t)
			client.send(test.frame)
			// The stream continues after it.
			client.send(signedPost(numbered(2)).frame())
			r.store.expect(t, numbered(2))
			r.stop()
			if got := r.tally.String(); got != "map["+test.count+"]" {
				t.Errorf("counted %s", got)
			}
			if got := r.link.String(); got != "map[connected:1 disconnected:1]" {
				t.Errorf("the connection fared as %s", got)
			}
			r.assertLog(t, "event rejected", test.cause)
			if log := strings.Replace(r.log.String(), "entity=hunter2-2", "", 1); strings.Contains(log, "hunter2") {
				t.Errorf("the log holds some of a body:\n%s", log)
			}
		})
	}
}

func TestSmeeReconnects(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	r := receiveFrom(t, served.url)
	for number := range 3 {
		client := served.accept(t)
		client.send(ready)
		client.send(signedPost(numbered(number)).frame())
		r.store.expect(t, numbered(number))
		// A truncated event is not an event.
		client.send(strings.TrimSuffix(signedPost(numbered(99)).frame(), "\n"))
		client.end()
	}
	served.accept(t).send(signedPost(numbered(3)).frame())
	r.store.expect(t, numbered(3))
	r.stop()
	if got := r.tally.String(); got != "map[stored:4]" {
		t.Errorf("counted %s", got)
	}
	if got := r.link.String(); got != "map[connected:4 disconnected:4 reconnecting:3]" {
		t.Errorf("the connection fared as %s", got)
	}
	r.assertLog(t, "the Smee channel is disconnected; retrying", "the server closed the connection")
}

func TestSmeeAsksForWhatItMissed(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	r := receiveFrom(t, served.url)
	visit := func(last string, frames ...string) {
		t.Helper()
		client := served.accept(t)
		if got := client.header.Get("Last-Event-ID"); got != last {
			t.Fatalf("it asks for what follows %q in place of %q", got, last)
		}
		for _, frame := range frames {
			client.send(frame)
		}
		client.end()
	}
	visit("", "event: ready\ndata: {}\n\n", "id: 1722-0\n"+signedPost(numbered(1)).frame())
	visit("1722-0", signedPost(numbered(2)).frame())
	tooLarge := "id: 1722-6\ndata: " + strings.Repeat("x", 1<<20) + "\n\n"
	visit("1722-0", "id: 1722-5\ndata: broken\n\n", tooLarge)
	visit("1722-5", tooLarge, "id: 1722-7\n"+signedPost(numbered(3)).frame())
	visit("1722-7", "id: a\x01b\n"+ping, "id: "+strings.Repeat("7", 300)+"\n"+ping)
	// If the server refuses the id, the next request is without it.
	client := served.accept(t)
	served.respondWith(func(response http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Last-Event-ID") != "1722-7" {
			t.Error("the id was forgotten too early")
		}
		http.Error(response, "invalid Last-Event-ID", http.StatusBadRequest)
	})
	client.end()
	visit("", "id: 4\n"+ping)
	visit("4", "id\n"+ping)
	visit("4", "id: 5\n"+ping+"id\n"+ping)
	visit("")
	r.stop()
	if got := r.tally.String(); got != "map[invalid:1 stored:3 too_large:2]" {
		t.Errorf("counted %s", got)
	}
}

func TestSmeeKeepsTryingWhateverTheResponse(t *testing.T) {
	t.Parallel()
	redirectTo := func(location string) http.HandlerFunc {
		return func(response http.ResponseWriter, _ *http.Request) {
			response.Header().Set("Location", location)
			response.WriteHeader(http.StatusTemporaryRedirect)
		}
	}
	status := func(status int) http.HandlerFunc {
		return func(response http.ResponseWriter, _ *http.Request) { response.WriteHeader(status) }
	}
	loop := redirectTo("/again")
	tests := []struct {
		name      string
		responses []http.HandlerFunc
		cause     string
	}{
		{"not found", []http.HandlerFunc{status(404)}, "the channel responded with 404 Not Found; check smee.url if this persists"},
		{"a failure", []http.HandlerFunc{status(500)}, "the channel responded with 500 Internal Server Error"},
		{"no content", []http.HandlerFunc{status(204)}, "the channel responded with 204 No Content"},
		{"a page", []http.HandlerFunc{func(response http.ResponseWriter, _ *http.Request) {
			response.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(response, signedPost(numbered(1)).frame())
		}}, `the channel responded with \"text/html\" instead of text/event-stream; check that smee.url is the URL of a channel (on a gosmee server, its path begins with /events/)`},
		{"no content type", []http.HandlerFunc{func(response http.ResponseWriter, _ *http.Request) {
			response.Header()["Content-Type"] = nil
			_, _ = io.WriteString(response, signedPost(numbered(1)).frame())
		}}, "instead of text/event-stream"},
		{"another host", []http.HandlerFunc{redirectTo("http://127.0.0.2:1/" + channelName)}, `the channel redirects to another host, \"127.0.0.2:1\"`},
		{"a circle", []http.HandlerFunc{loop, loop, loop, loop, loop, loop}, "the channel redirects more than 5 times"},
		{"nothing", []http.HandlerFunc{func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}, "cause="},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			served := newRelay(t)
			served.respondWith(test.responses...)
			r := receiveFrom(t, served.url)
			client := served.accept(t)
			client.send(signedPost(numbered(2)).frame())
			r.store.expect(t, numbered(2))
			r.stop()
			if got := r.link.String(); got != "map[connected:1 disconnected:1 reconnecting:1]" {
				t.Errorf("the connection fared as %s", got)
			}
			r.assertLog(t, test.cause)
		})
	}
}

func TestSmeeFollowsItsServer(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	served.respondWith(func(response http.ResponseWriter, request *http.Request) {
		http.Redirect(response, request, request.URL.Path+"/", http.StatusPermanentRedirect)
	})
	r := receiveFrom(t, served.url)
	client := served.accept(t)
	if client.header.Get("Referer") != "" || client.header.Get("Accept") != "text/event-stream" {
		t.Errorf("it follows with %v", client.header)
	}
	client.send(signedPost(numbered(1)).frame())
	r.store.expect(t, numbered(1))
}

// TestSmeeRefusesADowngrade redirects from HTTPS to plain HTTP on the same host.
func TestSmeeRefusesADowngrade(t *testing.T) {
	t.Parallel()
	plain := newRelay(t)
	redirected := make(chan struct{}, 100)
	encrypted := httptest.NewTLSServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		http.Redirect(response, request, plain.url, http.StatusFound)
		redirected <- struct{}{}
	}))
	t.Cleanup(encrypted.Close)
	r := receiveThrough(t, ingest.SmeeOptions{
		URL: encrypted.URL + "/" + channelName, Jitter: func() float64 { return 0 }, Transport: encrypted.Client().Transport,
	})
	for range 2 {
		select {
		case <-redirected:
		case <-time.After(patience):
			t.Fatal("the redirect was followed")
		}
	}
	r.stop()
	r.assertLog(t, "the channel redirects from https to http, which is not followed; check smee.url")
	if got := r.link.String(); strings.Contains(got, "connected") {
		t.Errorf("the connection fared as %s", got)
	}
}

func TestAnEventThroughSmeeWaitsForTheStore(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	r := receiveFrom(t, served.url)
	r.store.fail(fmt.Errorf("%w: the disk is full", queue.ErrUnavailable))
	client := served.accept(t)
	client.send(signedPost(numbered(1)).frame() + signedPost(numbered(2)).frame())
	for range 3 {
		if attempt := r.store.next(t); attempt.err == nil || string(attempt.event.Body) != document(t, numbered(1)) {
			t.Fatalf("stored %s (%v)", attempt.event.Body, attempt.err)
		}
	}
	r.store.fail(nil)
	for r.store.next(t).err != nil {
		t.Log("an attempt was under way")
	}
	r.store.expect(t, numbered(2))
	r.stop()
	stored := r.store.stored()
	if len(stored) != 2 || string(stored[0].Body) != document(t, numbered(1)) {
		t.Errorf("%d events are stored", len(stored))
	}
	if got := r.tally.String(); !strings.Contains(got, "stored:2 unavailable:") {
		t.Errorf("counted %s", got)
	}
	r.assertLog(t, "storing an event failed; retrying", "the disk is full", "level=ERROR")
}

func TestAnEventThroughSmeeThatWillNeverFit(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	r := receiveFrom(t, served.url)
	r.store.fail(fmt.Errorf("storing: %w", queue.ErrTooLarge))
	client := served.accept(t)
	client.send(signedPost(numbered(1)).frame())
	r.store.next(t)
	client.send(signedPost(numbered(2)).frame())
	r.store.next(t)
	r.stop()
	if got := r.tally.String(); got != "map[too_large:2]" {
		t.Errorf("counted %s", got)
	}
}

func TestSmeeStopsWhileItIsConnected(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	r := receiveFrom(t, served.url)
	client := served.accept(t)
	client.send(ready + signedPost(numbered(1)).frame())
	r.store.expect(t, numbered(1))
	r.stop()
	select {
	case <-client.gone:
	case <-time.After(patience):
		t.Error("the connection was left open")
	}
	if got := r.link.String(); got != "map[connected:1 disconnected:1]" {
		t.Errorf("the connection fared as %s", got)
	}
	if log := r.log.String(); strings.Contains(log, "not connected") {
		t.Errorf("the log tells of a failure:\n%s", log)
	}
}

func TestSmeeStopsWhileItCannotStore(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	r := receiveThrough(t, ingest.SmeeOptions{URL: served.url, Jitter: func() float64 { return 0.99 }})
	r.store.fail(errors.New("the disk is full"))
	served.accept(t).send(signedPost(numbered(1)).frame())
	r.store.next(t)
	r.stop()
	r.assertLog(t, "event lost: the listener stopped before storing it")
}

// gate is a store that blocks until it is opened.
type gate struct {
	*recordingStore
	reached, open chan struct{}
}

func (g *gate) Store(ctx context.Context, event queue.Event) (bool, error) {
	close(g.reached)
	<-g.open
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return g.recordingStore.Store(ctx, event)
}

func TestAReceivedEventIsStoredBeforeSmeeStops(t *testing.T) {
	t.Parallel()
	served := newRelay(t)
	store := &gate{recordingStore: newRecordingStore(), reached: make(chan struct{}), open: make(chan struct{})}
	r := receiveThrough(t, ingest.SmeeOptions{URL: served.url, Jitter: func() float64 { return 0 }, Store: store})
	client := served.accept(t)
	client.send(signedPost(numbered(1)).frame())
	<-store.reached
	r.cancel()
	close(store.open)
	r.stop()
	store.expect(t, numbered(1))
}

func TestASmeeSourceNeedsAChannel(t *testing.T) {
	t.Parallel()
	for _, channel := range []string{"", "hunter2", "http://smee.io/hunter2", "https:///hunter2", "https://smee.io/new", "https://smee.io/hunter2\x7f"} {
		if _, err := ingest.NewSmee(ingest.SmeeOptions{URL: channel}); err == nil || bytes.Contains([]byte(err.Error()), []byte("hunter2")) {
			t.Errorf("%q is refused with %v", channel, err)
		}
	}
}
