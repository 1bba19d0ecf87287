package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestReceiver posts messages and an invalid body.
func TestReceiver(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][3]any{
		`{"text": "short", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*Before*"}}]}`: {http.StatusOK, "ok", "\nBefore\n"},
		`{"text": "alone"}`: {http.StatusOK, "ok", "\nalone\n"},
		`no message`:        {http.StatusBadRequest, "invalid_payload\n", ""},
	} {
		var printed bytes.Buffer
		response := httptest.NewRecorder()
		receiver{&printed}.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/services/example", strings.NewReader(body)))
		if got := [3]any{response.Code, response.Body.String(), printed.String()}; got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
