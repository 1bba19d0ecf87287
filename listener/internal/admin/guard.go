package admin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Access says who may use the admin address.
type Access struct {
	// Token lets its bearer see and do everything, ReadOnlyToken see everything; "" is none.
	Token, ReadOnlyToken string
	// AllowedHosts are names, with a port or without, under which the address may be asked, besides
	// those of the loopback interface.
	AllowedHosts []string
}

// Role says what somebody may do.
type Role int

// The roles.
const (
	RoleNone Role = iota
	// RoleViewer may see everything.
	RoleViewer
	// RoleOperator may see and do everything.
	RoleOperator
)

// GuardOptions describe a Guard.
type GuardOptions struct {
	// Access returns what applies now.
	Access func() Access
	// Loopback says that the address is one of the loopback interface, where nobody needs a token
	// as long as none is configured.
	Loopback bool
	// LoginPath is where the page takes a token; what a person asks for without one is redirected
	// there. Public are the paths that need no token, that one among them.
	LoginPath string
	Public    []string
	Now       func() time.Time
}

// Guard lets only those to the admin address who may use it: metrics and probes are for everybody
// who reaches the address, page and API for whoever has a token, or on the loopback interface for
// everybody of the machine.
//
// A browser is mistrusted beyond that. A site whose name leads to the address is refused by its
// name; what another site has the browser send is refused by its origin; and the page does nothing
// without a token against forgery, which only the page itself has.
type Guard struct {
	options GuardOptions
	// key makes the tokens against forgery where there is no other secret.
	key []byte
	// attempts bounds how often tokens are guessed.
	attempts *rate.Limiter
}

// NewGuard returns a guard.
func NewGuard(options GuardOptions) *Guard {
	return &Guard{options: options, key: []byte(rand.Text()), attempts: rate.NewLimiter(1, 10)}
}

const (
	sessionCookie = "port_listener_session"
	// sessionTime is how long a browser need not be given the token again.
	sessionTime = 12 * time.Hour
	// apiPrefix is what the paths of the API begin with.
	apiPrefix = "/-/"
)

// openPaths are asked by supervisors, which have no token and call the address as they like.
func openPaths() []string { return []string{"/healthz", "/readyz", "/metrics"} }

// Protect returns a handler that passes on what is allowed.
func (g *Guard) Protect(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if problem := g.foreign(request); problem != "" {
			g.refuse(response, request, http.StatusForbidden, problem)
			return
		}
		if slices.Contains(openPaths(), request.URL.Path) || g.admit(response, request) {
			handler.ServeHTTP(response, request)
		}
	})
}

// foreign says why a request is refused whoever sends it: a site that is not this one has a browser
// send it.
func (g *Guard) foreign(request *http.Request) string {
	isOpen := slices.Contains(openPaths(), request.URL.Path)
	if !isOpen && !g.isKnownHost(request.Host) {
		return "This host name is not allowed. Use localhost, or add the name to admin.allowed_hosts."
	}
	isAPI := isOpen || strings.HasPrefix(request.URL.Path, apiPrefix)
	if origins := request.Header.Values("Origin"); len(origins) > 0 && (isAPI || len(origins) > 1 || !isSameOrigin(origins[0], request.Host)) {
		return "Requests from pages of other sites are refused."
	}
	for _, site := range request.Header.Values("Sec-Fetch-Site") {
		// See https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header: "none" is what a person
		// has typed.
		if site == "none" || site == "same-origin" && !isOpen || !isAPI && isLink(request) {
			continue
		}
		return "Requests from pages of other sites are refused."
	}
	return ""
}

// isLink reports whether a person has followed a link to a page.
func isLink(request *http.Request) bool {
	return isReading(request) && request.Header.Get("Sec-Fetch-Mode") == "navigate" && request.Header.Get("Sec-Fetch-Dest") == "document"
}

func isReading(request *http.Request) bool {
	return request.Method == http.MethodGet || request.Method == http.MethodHead
}

// isSameOrigin compares an origin with a host. The scheme may be that of a proxy.
func isSameOrigin(origin, host string) bool {
	parsed, err := url.Parse(origin)
	return err == nil && parsed.Host != "" && strings.EqualFold(parsed.Host, host)
}

// isKnownHost reports whether a Host is of the loopback interface, or configured.
func (g *Guard) isKnownHost(host string) bool {
	name := host
	if bare, _, err := net.SplitHostPort(host); err == nil {
		name = bare
	}
	name = strings.Trim(name, "[]")
	if address := net.ParseIP(name); strings.EqualFold(name, "localhost") || address != nil && address.IsLoopback() {
		return true
	}
	return slices.ContainsFunc(g.options.Access().AllowedHosts, func(allowed string) bool {
		return strings.EqualFold(allowed, host) || strings.EqualFold(strings.Trim(allowed, "[]"), name)
	})
}

// admit reports whether the sender of a request may do what it asks for, and answers it if not.
func (g *Guard) admit(response http.ResponseWriter, request *http.Request) bool {
	access := g.options.Access()
	if access.Token == "" && !g.options.Loopback {
		g.refuse(response, request, http.StatusForbidden, "Set admin.token_file, or listen on the loopback interface: "+
			"this address is reachable from other machines, so page and API need a token. Metrics and probes do not.")
		return false
	}
	switch role := g.Role(request); {
	case role == RoleOperator, slices.Contains(g.options.Public, request.URL.Path):
		return true
	case role == RoleViewer && isReading(request):
		return true
	case role == RoleViewer:
		g.refuse(response, request, http.StatusForbidden, "This token is read-only.")
	case isReading(request) && !strings.HasPrefix(request.URL.Path, apiPrefix):
		http.Redirect(response, request, g.options.LoginPath+"?next="+url.QueryEscape(request.URL.RequestURI()), http.StatusSeeOther)
	default:
		response.Header().Set("WWW-Authenticate", `Bearer realm="port-listener"`)
		g.refuse(response, request, http.StatusUnauthorized, "A token is required: the one in admin.token_file.")
	}
	return false
}

// refuse answers in the form that the sender reads.
func (g *Guard) refuse(response http.ResponseWriter, request *http.Request, status int, problem string) {
	if strings.HasPrefix(request.URL.Path, apiPrefix) {
		_ = writeJSON(response, status, problemAnswer{problem}) // Whoever has gone needs no answer.
		return
	}
	http.Error(response, problem, status)
}

// Role says what the sender of a request may do. On the loopback interface everybody is an operator
// as long as no token is configured. A cookie opens the page, and lets the API be looked at.
func (g *Guard) Role(request *http.Request) Role {
	access := g.options.Access()
	if access.Token == "" {
		return RoleOperator
	}
	if bearer, ok := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer "); ok {
		return access.roleOf(bearer)
	}
	cookie, err := request.Cookie(sessionCookie)
	if err != nil || strings.HasPrefix(request.URL.Path, apiPrefix) && !isReading(request) {
		return RoleNone
	}
	return g.sessionRole(access, cookie.Value)
}

// roleOf returns the role of whoever has a token.
func (a Access) roleOf(token string) Role {
	for role, known := range map[Role]string{RoleOperator: a.Token, RoleViewer: a.ReadOnlyToken} {
		if known != "" && subtle.ConstantTimeCompare([]byte(known), []byte(token)) == 1 {
			return role
		}
	}
	return RoleNone
}

func (a Access) tokenOf(role Role) string {
	if role == RoleOperator {
		return a.Token
	}
	return a.ReadOnlyToken
}

// LogIn gives a browser a cookie for a token. It reports false for one that is wrong, or when too
// many were tried.
func (g *Guard) LogIn(response http.ResponseWriter, request *http.Request, token string) bool {
	access := g.options.Access()
	role := access.roleOf(strings.TrimSpace(token))
	if !g.attempts.AllowN(g.options.Now(), 1) || role == RoleNone {
		return false
	}
	ends := strconv.FormatInt(g.options.Now().Add(sessionTime).Unix(), 10)
	g.setCookie(response, request, ends+"."+sign([]byte(access.tokenOf(role)), "session", ends), int(sessionTime.Seconds()))
	return true
}

// LogOut takes the cookie away.
func (g *Guard) LogOut(response http.ResponseWriter, request *http.Request) {
	g.setCookie(response, request, "", -1)
}

func (g *Guard) setCookie(response http.ResponseWriter, request *http.Request, value string, age int) {
	http.SetCookie(response, &http.Cookie{ //nolint:gosec // Secure is set where there is HTTPS; on the loopback interface there is none.
		Name: sessionCookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		// Behind a proxy with HTTPS it never travels without.
		Secure: request.TLS != nil || request.Header.Get("X-Forwarded-Proto") == "https",
	})
}

// sessionRole reads a cookie. It is signed with the token that it stands for, so it ends with it.
func (g *Guard) sessionRole(access Access, cookie string) Role {
	ends, signature, _ := strings.Cut(cookie, ".")
	seconds, err := strconv.ParseInt(ends, 10, 64)
	if err != nil || !g.options.Now().Before(time.Unix(seconds, 0)) {
		return RoleNone
	}
	for _, role := range []Role{RoleOperator, RoleViewer} {
		if token := access.tokenOf(role); token != "" && hmac.Equal([]byte(signature), []byte(sign([]byte(token), "session", ends))) {
			return role
		}
	}
	return RoleNone
}

// Forgery returns the token that the forms of a page hold: that of this browser's session, or of
// this process where there are no sessions.
func (g *Guard) Forgery(request *http.Request) string {
	key := g.key
	if token := g.options.Access().Token; token != "" {
		key = []byte(token)
	}
	session := ""
	if cookie, err := request.Cookie(sessionCookie); err == nil {
		session = cookie.Value
	}
	return sign(key, "forgery", session)
}

// IsForged reports whether a form does not hold the token of its page.
func (g *Guard) IsForged(request *http.Request, token string) bool {
	return !hmac.Equal([]byte(token), []byte(g.Forgery(request)))
}

func sign(key []byte, purpose, text string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(purpose + "\x00" + text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// HasSession reports whether a browser has a cookie that it can give back.
func (g *Guard) HasSession(request *http.Request) bool {
	_, err := request.Cookie(sessionCookie)
	return err == nil && g.options.Access().Token != ""
}
