package admin_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
)

const (
	operatorToken = "operator-0123456789"
	viewerToken   = "viewer-0123456789"
)

// newGuard returns a guard for an address with a login form and a style sheet.
func newGuard(access admin.Access, loopback bool) *admin.Guard {
	return admin.NewGuard(admin.GuardOptions{
		Access: func() admin.Access { return access }, Loopback: loopback, LoginPath: "/login", Public: []string{"/login", "/assets/page.css"}, Now: noon,
	})
}

func tokens() admin.Access {
	return admin.Access{Token: operatorToken, ReadOnlyToken: viewerToken, AllowedHosts: []string{"listener.example.com", "other:9000"}}
}

// guardedRequest is a request to a guarded address.
type guardedRequest struct {
	method, path, host string
	header             map[string]string
}

func (g guardedRequest) build() *http.Request {
	request := httptest.NewRequest(g.method, "http://"+g.host+g.path, http.NoBody)
	for name, value := range g.header {
		request.Header.Set(name, value)
	}
	return request
}

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

// TestGuard requests metrics, API and page in every relevant way.
func TestGuard(t *testing.T) {
	t.Parallel()
	const api, page, act = "/-/destinations", "/events", "/-/dlq/drop"
	link := map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
	const local, remote = "127.0.0.1:8081", "10.0.0.1:8081"
	tests := []struct {
		name     string
		access   admin.Access
		loopback bool
		request  guardedRequest
		status   int
	}{
		{"on loopback the API needs no token", admin.Access{}, true, guardedRequest{"GET", api, local, nil}, 200},
		{"and acts", admin.Access{}, true, guardedRequest{"POST", act, local, nil}, 200},
		{"and the page", admin.Access{}, true, guardedRequest{"GET", page, "localhost:8081", nil}, 200},
		{"and under the address of IPv6", admin.Access{}, true, guardedRequest{"GET", page, "[::1]:8081", nil}, 200},
		{"a configured token is needed there too", tokens(), true, guardedRequest{"GET", api, local, nil}, 401},
		{"elsewhere the API is closed without a token", admin.Access{}, false, guardedRequest{"GET", api, local, nil}, 403},
		{"and acting", admin.Access{}, false, guardedRequest{"POST", act, local, nil}, 403},
		{"and the page", admin.Access{}, false, guardedRequest{"GET", page, local, nil}, 403},
		{"and its form", admin.Access{}, false, guardedRequest{"GET", "/login", local, nil}, 403},
		{"metrics are not", admin.Access{}, false, guardedRequest{"GET", "/metrics", remote, nil}, 200},
		{"nor is readiness", admin.Access{}, false, guardedRequest{"GET", "/readyz", remote, nil}, 200},
		{"nor is health", tokens(), false, guardedRequest{"GET", "/healthz", "kubelet", nil}, 200},
		{"the token opens the API", tokens(), false, guardedRequest{"GET", api, local, bearer(operatorToken)}, 200},
		{"and acts", tokens(), false, guardedRequest{"POST", act, local, bearer(operatorToken)}, 200},
		{"the other token reads", tokens(), false, guardedRequest{"GET", api, local, bearer(viewerToken)}, 200},
		{"and does not act", tokens(), false, guardedRequest{"POST", act, local, bearer(viewerToken)}, 403},
		{"nor on the page", tokens(), false, guardedRequest{"POST", "/dead-letters/drop", local, bearer(viewerToken)}, 403},
		{"a wrong token is refused", tokens(), false, guardedRequest{"GET", api, local, bearer("operator")}, 401},
		{"an empty token is refused", admin.Access{Token: operatorToken}, false, guardedRequest{"GET", api, local, bearer("")}, 401},
		{"without one a person is sent to the form", tokens(), false, guardedRequest{"GET", page, local, nil}, 303},
		{"which is open", tokens(), false, guardedRequest{"GET", "/login", local, nil}, 200},
		{"as is its style", tokens(), false, guardedRequest{"GET", "/assets/page.css", local, nil}, 200},
		{"without one nothing is posted", tokens(), false, guardedRequest{"POST", "/dead-letters/drop", local, nil}, 401},
		{"a name that is not known", admin.Access{}, true, guardedRequest{"GET", page, "evil.example:8081", nil}, 403},
		{"also with the token", tokens(), false, guardedRequest{"GET", api, remote, bearer(operatorToken)}, 403},
		{"a name that begins like a loopback one", admin.Access{}, true, guardedRequest{"GET", page, "127.0.0.1.evil.example", nil}, 403},
		{"a configured name", tokens(), false, guardedRequest{"GET", api, "LISTENER.example.com", bearer(operatorToken)}, 200},
		{"a configured name, at any port", tokens(), false, guardedRequest{"GET", api, "listener.example.com:1", bearer(operatorToken)}, 200},
		{"a name configured with its port", tokens(), false, guardedRequest{"GET", api, "other:9000", bearer(operatorToken)}, 200},
		{"and at another one", tokens(), false, guardedRequest{"GET", api, "other:9001", bearer(operatorToken)}, 403},
		{"another site posts to the page", admin.Access{}, true, guardedRequest{"POST", "/dead-letters/drop", local, map[string]string{"Origin": "http://evil.example"}}, 403},
		{"another port of this machine posts", admin.Access{}, true, guardedRequest{"POST", "/dead-letters/drop", local, map[string]string{"Origin": "http://127.0.0.1:3000"}}, 403},
		{"a sandboxed page posts", admin.Access{}, true, guardedRequest{"POST", "/dead-letters/drop", local, map[string]string{"Origin": "null"}}, 403},
		{"an empty origin posts", admin.Access{}, true, guardedRequest{"POST", "/dead-letters/drop", local, map[string]string{"Origin": ""}}, 403},
		{"the page posts", admin.Access{}, true, guardedRequest{"POST", "/dead-letters/drop", local, map[string]string{"Origin": "http://" + local, "Sec-Fetch-Site": "same-origin"}}, 200},
		{"the page posts through a proxy with HTTPS", tokens(), false, guardedRequest{"POST", "/login", "listener.example.com", map[string]string{"Origin": "https://listener.example.com"}}, 200},
		{"no page posts to the API", admin.Access{}, true, guardedRequest{"POST", act, local, map[string]string{"Origin": "http://" + local, "Sec-Fetch-Site": "same-origin"}}, 403},
		{"the page leads to the API", admin.Access{}, true, guardedRequest{"GET", api, local, map[string]string{"Sec-Fetch-Site": "same-origin"}}, 200},
		{"another site reads the API", admin.Access{}, true, guardedRequest{"GET", api, local, link}, 403},
		{"another site reads metrics", admin.Access{}, true, guardedRequest{"GET", "/metrics", local, link}, 403},
		{"this one does not either", admin.Access{}, true, guardedRequest{"GET", "/metrics", local, map[string]string{"Sec-Fetch-Site": "same-origin"}}, 403},
		{"a person types the address", admin.Access{}, true, guardedRequest{"GET", api, local, map[string]string{"Sec-Fetch-Site": "none"}}, 200},
		{"a link of another site leads to the page", admin.Access{}, true, guardedRequest{"GET", page, local, link}, 200},
		{"another site has an image of it", admin.Access{}, true, guardedRequest{"GET", page, local, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}}, 403},
		{"another site frames it", admin.Access{}, true, guardedRequest{"GET", page, local, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}}, 403},
		{"another site posts by a link", admin.Access{}, true, guardedRequest{"POST", "/dead-letters/drop", local, link}, 403},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reached := false
			recorder := httptest.NewRecorder()
			newGuard(test.access, test.loopback).Protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })).ServeHTTP(recorder, test.request.build())
			if recorder.Code != test.status || reached != (test.status == http.StatusOK) {
				t.Errorf("got %d %s, want %d; reached: %t", recorder.Code, recorder.Body, test.status, reached)
			}
			if strings.Contains(recorder.Body.String(), operatorToken) {
				t.Error("the response has the token")
			}
		})
	}
}

// logIn returns the cookie for a token.
func logIn(t *testing.T, guard *admin.Guard, token string) *http.Cookie {
	t.Helper()
	recorder := httptest.NewRecorder()
	if !guard.LogIn(recorder, httptest.NewRequest(http.MethodPost, "/login", http.NoBody), token) {
		return nil
	}
	return recorder.Result().Cookies()[0]
}

// TestSessions logs in with each token, and changes and forges the cookie.
func TestSessions(t *testing.T) {
	t.Parallel()
	access, now := tokens(), noon()
	guard := admin.NewGuard(admin.GuardOptions{Access: func() admin.Access { return access }, LoginPath: "/login", Now: func() time.Time { return now }})
	role := func(cookie *http.Cookie, method, path string) admin.Role {
		request := guardedRequest{method, path, "localhost", nil}.build()
		request.AddCookie(cookie)
		return guard.Role(request)
	}
	operator, viewer := logIn(t, guard, " "+operatorToken+"\n"), logIn(t, guard, viewerToken)
	if !operator.HttpOnly || operator.SameSite != http.SameSiteStrictMode || operator.Path != "/" || strings.Contains(operator.Value, operatorToken) {
		t.Errorf("the cookie is %+v", operator)
	}
	if role(operator, "GET", "/") != admin.RoleOperator || role(viewer, "GET", "/") != admin.RoleViewer || role(operator, "GET", "/-/events") != admin.RoleOperator {
		t.Error("a cookie does not open the page")
	}
	if role(operator, "POST", "/-/dlq/drop") != admin.RoleNone {
		t.Error("a cookie acts through the API")
	}
	ends, signature, _ := strings.Cut(viewer.Value, ".")
	for _, forged := range []string{"", ".", "x." + signature, "9" + ends + "." + signature, ends + ".", ends + "." + signature + "x"} {
		if got := role(&http.Cookie{Name: operator.Name, Value: forged}, "GET", "/"); got != admin.RoleNone {
			t.Errorf("%q is of role %d", forged, got)
		}
	}
	now = now.Add(13 * time.Hour)
	if role(operator, "GET", "/") != admin.RoleNone {
		t.Error("a cookie outlives its time")
	}
	now = noon()
	access.Token = "another-0123456789"
	if role(operator, "GET", "/") != admin.RoleNone || role(viewer, "GET", "/") != admin.RoleViewer {
		t.Error("a cookie does not end with its token")
	}
}

// TestGuessing tries many tokens.
func TestGuessing(t *testing.T) {
	t.Parallel()
	guard := newGuard(tokens(), false)
	for range 10 {
		if logIn(t, guard, "a guess") != nil {
			t.Fatal("a guess opens the page")
		}
	}
	if logIn(t, guard, operatorToken) != nil {
		t.Error("after many guesses the next one counts at once")
	}
}

// TestForgery compares the CSRF tokens of several browsers.
func TestForgery(t *testing.T) {
	t.Parallel()
	guard := newGuard(tokens(), false)
	mine := guardedRequest{"GET", "/", "localhost", nil}.build()
	mine.AddCookie(logIn(t, guard, operatorToken))
	theirs := guardedRequest{"GET", "/", "localhost", nil}.build()
	theirs.AddCookie(logIn(t, guard, viewerToken))
	if guard.IsForged(mine, guard.Forgery(mine)) {
		t.Error("the token of the page is not accepted")
	}
	for _, token := range []string{"", "x", guard.Forgery(theirs), newGuard(admin.Access{}, true).Forgery(mine)} {
		if !guard.IsForged(mine, token) {
			t.Errorf("%q is accepted", token)
		}
	}
	// Another process with the same token, such as a replica, accepts it.
	if newGuard(tokens(), false).IsForged(mine, guard.Forgery(mine)) {
		t.Error("the token of another replica is not accepted")
	}
}

// TestTheClientHasAToken sends requests to a listener that requires a token.
func TestTheClientHasAToken(t *testing.T) {
	t.Parallel()
	router := mux.NewRouter()
	newLocal(newStore()).Register(router)
	serving := httptest.NewServer(newGuard(tokens(), false).Protect(router))
	t.Cleanup(serving.Close)
	for _, test := range []struct {
		token              string
		reading, unparking string
	}{
		{"", "it requires the token in admin.token_file", "it requires the token in admin.token_file"},
		{"wrong", "it requires the token in admin.token_file", "it requires the token in admin.token_file"},
		{viewerToken, "", "This token is read-only."},
		{operatorToken, "", ""},
	} {
		client, err := admin.NewClient(serving.URL, test.token)
		if err != nil {
			t.Fatal(err)
		}
		_, reading := client.Destinations(t.Context())
		_, unparking := client.Unpark(t.Context(), "team")
		for _, got := range []struct {
			err  error
			want string
		}{{reading, test.reading}, {unparking, test.unparking}} {
			if (got.err == nil) != (got.want == "") || got.err != nil && !strings.Contains(got.err.Error(), got.want) {
				t.Errorf("with %q: %v, want %q", test.token, got.err, got.want)
			}
			if got.want == "it requires the token in admin.token_file" && !errors.Is(got.err, admin.ErrToken) {
				t.Errorf("%v is not ErrToken", got.err)
			}
		}
	}
}
