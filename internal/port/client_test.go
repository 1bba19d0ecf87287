package port_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

func TestBaseURL(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"":                               "https://api.getport.io/v1/organization",
		"https://api.us.getport.io":      "https://api.us.getport.io/v1/organization",
		"https://api.us.getport.io/":     "https://api.us.getport.io/v1/organization",
		"https://api.us.getport.io/v1":   "https://api.us.getport.io/v1/organization",
		"https://api.us.getport.io/v1//": "https://api.us.getport.io/v1/organization",
		"http://127.0.0.1:8400//v1/":     "http://127.0.0.1:8400/v1/organization",
		"http://[::1]:8400":              "http://[::1]:8400/v1/organization",
		"https://proxy.test/port/v1":     "https://proxy.test/port/v1/organization",
		"https://proxy.test/a%2Fb":       "https://proxy.test/a%2Fb/v1/organization",
		"HTTPS://api.getport.io":         "https://api.getport.io/v1/organization",
	}
	for base, expected := range cases {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			var got string
			client, err := port.New(base, port.WithToken("token"), port.WithTransport(roundTripper(
				func(r *http.Request) (*http.Response, error) {
					got = r.URL.String()
					return respond(200, nil, `{"ok":true,"name":"N"}`)(nil, r)
				})))
			want(t, err, nil)
			_, err = client.Organization.Get(t.Context())
			want(t, err, nil)
			if got != expected {
				t.Errorf("sent to %s, want %s", got, expected)
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	token := port.WithToken("token")
	cases := map[string]struct {
		base          string
		options       []port.Option
		errorContains string
	}{
		"no scheme":                      {"api.getport.io", []port.Option{token}, "http:// or https://"},
		"another scheme":                 {"ftp://api.getport.io", []port.Option{token}, "http:// or https://"},
		"no host":                        {"https:///v1", []port.Option{token}, "no host"},
		"only a port":                    {"https://:80", []port.Option{token}, "no host"},
		"a user":                         {"https://user@api.getport.io", []port.Option{token}, "user"},
		"a query":                        {"https://api.getport.io?a=b", []port.Option{token}, "query"},
		"an empty query":                 {"https://api.getport.io?", []port.Option{token}, "query"},
		"a fragment":                     {"https://api.getport.io#a", []port.Option{token}, "fragment"},
		"an unparsable base URL":         {"https://api.getport.io:port", []port.Option{token}, "cannot be parsed"},
		"no credentials":                 {"", nil, "neither credentials nor a token"},
		"no client id":                   {"", []port.Option{port.WithCredentials("", "secret")}, "client id and secret"},
		"no client secret":               {"", []port.Option{port.WithCredentials("id", "")}, "client id and secret"},
		"an empty token":                 {"", []port.Option{port.WithToken("")}, "token"},
		"a token with a line break":      {"", []port.Option{port.WithToken("to\nken")}, "token"},
		"a user agent with a line break": {"", []port.Option{token, port.WithUserAgent("a\r\nb")}, "user agent"},
		"an empty user agent":            {"", []port.Option{token, port.WithUserAgent("")}, "user agent"},
		"negative retries":               {"", []port.Option{token, port.WithMaxRetries(-1)}, "max retries is -1"},
		"no timeout":                     {"", []port.Option{token, port.WithRequestTimeout(0)}, "request timeout is 0s"},
		"no transport":                   {"", []port.Option{token, port.WithTransport(nil)}, "transport"},
		"no root CAs":                    {"", []port.Option{token, port.WithRootCAs(nil)}, "root CAs"},
		"root CAs and a transport": {
			"", []port.Option{token, port.WithRootCAs(x509.NewCertPool()), port.WithTransport(http.DefaultTransport)}, "root CAs",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := port.New(c.base, c.options...)
			if err == nil || !strings.Contains(err.Error(), c.errorContains) {
				t.Errorf("error = %v, want it to contain %q", err, c.errorContains)
			}
		})
	}
}

func TestRequestHeaders(t *testing.T) {
	t.Parallel()
	requests := &recorder{status: http.StatusOK, responses: []string{oneEntity}}
	client, err := port.New("", port.WithCredentials("id", "unused-secret"), port.WithToken("the-token"),
		port.WithUserAgent("terraform-provider-port/1.2.3 (+test)"), port.WithTransport(requests))
	want(t, err, nil)
	_, err = client.Entities.Get(t.Context(), "b", "e", port.GetEntityOptions{})
	want(t, err, nil)
	_, err = client.Entities.Patch(t.Context(), "b", "e", &port.EntityPatch{}, port.UpdateEntityOptions{})
	want(t, err, nil)
	for i, contentType := range []string{"", "application/json"} {
		for name, expected := range map[string]string{
			"Authorization": "Bearer the-token",
			"User-Agent":    "terraform-provider-port/1.2.3 (+test)",
			"Accept":        "application/json",
			"Content-Type":  contentType,
		} {
			if got := requests.sent[i].header.Get(name); got != expected {
				t.Errorf("request %d: %s = %q, want %q", i, name, got, expected)
			}
		}
	}
}

func TestInvalidPathIdentifiers(t *testing.T) {
	t.Parallel()
	for _, identifier := range []string{"", ".", ".."} {
		t.Run(fmt.Sprintf("%q", identifier), func(t *testing.T) {
			t.Parallel()
			client, requests := record(t, http.StatusOK, plainOK)
			ctx := t.Context()
			_, getErr := client.Entities.Get(ctx, "service", identifier, port.GetEntityOptions{})
			_, updateErr := client.Blueprints.Update(ctx, identifier, &port.Blueprint{})
			_, createErr := client.Entities.Create(ctx, identifier, &port.Entity{}, port.CreateEntityOptions{})
			_, renameErr := client.Blueprints.RenameProperty(ctx, "service", identifier, "new")
			deleteErr := client.Blueprints.Delete(ctx, identifier, port.DeleteBlueprintOptions{})
			for _, err := range []error{getErr, updateErr, createErr, renameErr, deleteErr} {
				check(t, err, port.ErrInvalidIdentifier)
			}
			if len(requests.sent) > 0 {
				t.Errorf("sent %v, want nothing", requests.sent)
			}
		})
	}
}

func TestUnencodableBody(t *testing.T) {
	t.Parallel()
	client, requests := record(t, http.StatusOK, plainOK)
	patch := port.BlueprintPatch{"title": func() {}}
	_, err := client.Blueprints.Patch(t.Context(), "b", patch)
	if err == nil || !strings.Contains(err.Error(), "PATCH /v1/blueprints/b: encoding the request") {
		t.Errorf("error = %v, want it to name the request", err)
	}
	if len(requests.sent) > 0 {
		t.Errorf("sent %v, want nothing", requests.sent)
	}
}

func TestErrorsMatchSentinels(t *testing.T) {
	t.Parallel()
	sentinels := map[string]error{
		"unauthorized": port.ErrUnauthorized, "forbidden": port.ErrForbidden, "not found": port.ErrNotFound,
		"conflict": port.ErrConflict, "too large": port.ErrTooLarge, "invalid": port.ErrInvalid,
		"exists": port.ErrExists, "has dependents": port.ErrHasDependents, "rate limited": port.ErrRateLimited,
		"malformed": port.ErrMalformedResponse, "outcome unknown": port.ErrOutcomeUnknown,
	}
	cases := map[string]struct {
		status int
		body   string
		is     []string
	}{
		"401":                  {401, `{"ok":false,"error":"unauthorized"}`, []string{"unauthorized"}},
		"403":                  {403, `{"ok":false,"error":"forbidden"}`, []string{"forbidden"}},
		"404":                  {404, `{"ok":false,"error":"not_found"}`, []string{"not found"}},
		"409":                  {409, `{"ok":false,"error":"x"}`, []string{"conflict"}},
		"409 taken":            {409, `{"ok":false,"error":"identifier_taken"}`, []string{"conflict", "exists"}},
		"422 taken":            {422, `{"ok":false,"error":"identifier_taken"}`, []string{"invalid", "exists"}},
		"409 with dependents":  {409, `{"ok":false,"error":"has_dependents"}`, []string{"conflict", "has dependents"}},
		"422 with dependents":  {422, `{"ok":false,"error":"has_dependents"}`, []string{"invalid", "has dependents"}},
		"413":                  {413, `{"ok":false,"error":"too_large"}`, []string{"too large"}},
		"413 without envelope": {413, `Too large`, []string{"too large", "malformed"}},
		"422":                  {422, `{"ok":false,"error":"invalid_request"}`, []string{"invalid"}},
		"400":                  {400, `{"ok":false,"error":"bad_request"}`, []string{"invalid"}},
		"500":                  {500, `{"ok":false,"error":"internal"}`, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := record(t, c.status, c.body)
			err := client.Blueprints.Delete(t.Context(), "b", port.DeleteBlueprintOptions{})
			for sentinel, target := range sentinels {
				expected := false
				for _, is := range c.is {
					expected = expected || is == sentinel
				}
				if got := errors.Is(err, target); got != expected {
					t.Errorf("error %v is %s: %t, want %t", err, sentinel, got, expected)
				}
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	fake := newFakePort()
	fake.faults = []*fault{{method: "PATCH", act: respond(422, map[string]string{"X-Trace-Id": "abc123"},
		`{"ok":false,"error":"invalid_request","message":"title\nis\u001b missing","details":{"path":"title"},"new":1}`)}}
	_, err := fake.client(t).Blueprints.Patch(t.Context(), "a/b", port.BlueprintPatch{})
	var failure *port.Error
	if !errors.As(err, &failure) {
		t.Fatalf("error = %#v, want a *port.Error", err)
	}
	expected := "PATCH /v1/blueprints/a%2Fb: 422 Unprocessable Entity (invalid_request): title is  missing [trace id abc123]"
	if err.Error() != expected {
		t.Errorf("error reads\n%s, want\n%s", err, expected)
	}
	if string(failure.Details) != `{"path":"title"}` || failure.TraceID != "abc123" || failure.Route != "/v1/blueprints/a%2Fb" {
		t.Errorf("error = %#v", failure)
	}
}

func TestLongMessagesAreTruncated(t *testing.T) {
	t.Parallel()
	client, _ := record(t, http.StatusConflict, `{"ok":false,"error":"e","message":"`+strings.Repeat("ü", 10_000)+`"}`)
	err := client.Blueprints.Delete(t.Context(), "b", port.DeleteBlueprintOptions{})
	if length := len(err.Error()); length > 4500 || !strings.Contains(err.Error(), "ü…") {
		t.Errorf("the error has %d bytes, want at most 4500 and a truncation mark", length)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	const staticToken, issuedToken = "a-static-token-4711", "an-issued-token-4712"
	modes := map[string]struct {
		options []port.Option
		secrets []string
	}{
		"credentials": {nil, []string{testClientSecret, issuedToken}},
		"token":       {[]port.Option{port.WithToken(staticToken)}, []string{testClientSecret, staticToken}},
	}
	issue := respond(200, nil, `{"ok":true,"accessToken":"`+issuedToken+`","expiresIn":100}`)
	for mode, m := range modes {
		echo := strings.Join(m.secrets, " ")
		refusal := fmt.Sprintf(`{"ok":false,"error":%q,"message":%q,"details":[%q]}`, echo, echo, echo)
		breakdown := func(*fakePort, *http.Request) (*http.Response, error) { return nil, errors.New("cannot send " + echo) }
		days := map[string][]*fault{
			"the token is refused":            {{method: "GET", act: respond(401, nil, refusal)}},
			"the request is refused":          {{method: "GET", act: respond(422, nil, refusal)}},
			"the transport shows the request": {{method: "GET", act: breakdown}},
		}
		for day, faults := range days {
			t.Run(mode+"/"+day, func(t *testing.T) {
				t.Parallel()
				fake := newFakePort()
				fake.faults = append(slices.Clone(faults), &fault{method: "POST", path: "/access_token", act: issue})
				client := fake.client(t, append(m.options, port.WithMaxRetries(0))...)
				err := get(t.Context(), client)
				if err == nil {
					t.Fatal("no error")
				}
				expectNoSecret(t, fmt.Sprintf("%v %+v %#v", client, client, *client), m.secrets)
				for ; err != nil; err = errors.Unwrap(err) {
					expectNoSecret(t, fmt.Sprintf("%v %s %+v %#v", err, err, err, err), m.secrets)
				}
			})
		}
	}
}

func expectNoSecret(t *testing.T, text string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a text shows %s: %.500s", secret, text)
		}
	}
}
