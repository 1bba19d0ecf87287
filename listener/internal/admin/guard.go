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

// Access determines who may use the admin address.
type Access struct {
	// Token allows everything, ReadOnlyToken only reading; "" if there is none.
	Token, ReadOnlyToken string
	// AllowedHosts are host names, with or without a port, that requests may use in addition to
	// those of the loopback interface.
	AllowedHosts []string
}

// Role is what the sender of a request may do.
type Role int

// The roles.
const (
	RoleNone Role = iota
	// RoleViewer may read everything.
	RoleViewer
	// RoleOperator may read and change everything.
	RoleOperator
)

// GuardOptions configure a Guard.
type GuardOptions struct {
	// Access returns the current access.
	Access func() Access
	// Loopback means that the admin address is on the loopback interface, where no token is needed
	// unless one is configured.
	Loopback bool
	// LoginPath is the login page, to which browsers without a token are redirected. Public are the
	// paths that need no token, including LoginPath.
	LoginPath string
	Public    []string
	Now       func() time.Time
}

// Guard controls access to the admin address. Metrics and probes are open to everybody who can
// reach the address. The page and the API require a token or, on the loopback interface without a
// configured token, are open to everybody on the machine.
//
// It also protects against attacks through a browser: requests with an unknown host name are
// refused (DNS rebinding), and so are requests from other origins; and the forms of the page
// contain a CSRF token.
type Guard struct {
	options GuardOptions
	// key signs CSRF tokens if no token is configured.
	key []byte
	// attempts limits guessing of tokens.
	attempts *rate.Limiter
}

// NewGuard returns a guard.
func NewGuard(options GuardOptions) *Guard {
	return &Guard{options: options, key: []byte(rand.Text()), attempts: rate.NewLimiter(1, 10)}
}

const (
	sessionCookie = "port_listener_session"
	// sessionTime is how long a login lasts.
	sessionTime = 12 * time.Hour
	// apiPrefix is the prefix of the paths of the API.
	apiPrefix = "/-/"
)

// openPaths returns the paths for probes and Prometheus, which need neither a token nor a known
// host name.
func openPaths() []string { return []string{"/healthz", "/readyz", "/metrics"} }

// Protect returns a handler that passes on only allowed requests.
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

// foreign returns why a request may come from another site through a browser, or "".
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
		// See https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header: "none" means that the
		// user typed the address.
		if site == "none" || site == "same-origin" && !isOpen || !isAPI && isLink(request) {
			continue
		}
		return "Requests from pages of other sites are refused."
	}
	return ""
}

// isLink reports whether the user followed a link to a page.
func isLink(request *http.Request) bool {
	return isReading(request) && request.Header.Get("Sec-Fetch-Mode") == "navigate" && request.Header.Get("Sec-Fetch-Dest") == "document"
}

func isReading(request *http.Request) bool {
	return request.Method == http.MethodGet || request.Method == http.MethodHead
}

// isSameOrigin compares an origin with a host. It ignores the scheme, which may be that of a proxy.
func isSameOrigin(origin, host string) bool {
	parsed, err := url.Parse(origin)
	return err == nil && parsed.Host != "" && strings.EqualFold(parsed.Host, host)
}

// isKnownHost reports whether a Host is a name of the loopback interface or configured.
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

// admit reports whether the sender of a request may do this, and responds to the request if not.
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

// refuse responds with JSON for the API and with text otherwise.
func (g *Guard) refuse(response http.ResponseWriter, request *http.Request, status int, problem string) {
	if strings.HasPrefix(request.URL.Path, apiPrefix) {
		_ = writeJSON(response, status, problemResponse{problem}) // The client may be gone.
		return
	}
	http.Error(response, problem, status)
}

// Role returns the role of the sender of a request. On the loopback interface everybody is an
// operator unless a token is configured. A cookie gives access to the page, and read access to the
// API.
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

// roleOf returns the role that a token grants.
func (a Access) roleOf(token string) Role {
	for role, existing := range map[Role]string{RoleOperator: a.Token, RoleViewer: a.ReadOnlyToken} {
		if existing != "" && subtle.ConstantTimeCompare([]byte(existing), []byte(token)) == 1 {
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

// LogIn sets a cookie for a token. It returns false if the token is wrong, or after too many
// attempts.
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

// LogOut deletes the cookie.
func (g *Guard) LogOut(response http.ResponseWriter, request *http.Request) {
	g.setCookie(response, request, "", -1)
}

func (g *Guard) setCookie(response http.ResponseWriter, request *http.Request, value string, age int) {
	http.SetCookie(response, &http.Cookie{ //nolint:gosec // Secure is set for HTTPS; the loopback interface has none.
		Name: sessionCookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		// Behind an HTTPS proxy, it is never sent over plain HTTP.
		Secure: request.TLS != nil || request.Header.Get("X-Forwarded-Proto") == "https",
	})
}

// sessionRole returns the role of a cookie. The cookie is signed with the token that it replaces,
// so it becomes invalid when the token changes.
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

// Forgery returns the CSRF token for forms: that of the browser's session, or that of this process
// if there are no sessions.
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

// IsForged reports whether a form lacks the right CSRF token.
func (g *Guard) IsForged(request *http.Request, token string) bool {
	return !hmac.Equal([]byte(token), []byte(g.Forgery(request)))
}

func sign(key []byte, purpose, text string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(purpose + "\x00" + text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// HasSession reports whether a request has a session cookie, so that the user can log out.
func (g *Guard) HasSession(request *http.Request) bool {
	_, err := request.Cookie(sessionCookie)
	return err == nil && g.options.Access().Token != ""
}
