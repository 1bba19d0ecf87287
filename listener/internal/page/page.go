// Package page is the web page at the admin address. It shows what arrived, which rules matched,
// how the destinations responded, and the dead letters. It uses the API of package admin, and also
// works without JavaScript, which only refreshes the page and shows local times.
package page

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets/*
var assetFiles embed.FS

// The paths of the page.
const (
	overviewPath      = "/"
	eventsPath        = "/events"
	lettersPath       = "/dead-letters"
	configurationPath = "/configuration"
	assetsPath        = "/assets/"
	// LoginPath is the login form.
	LoginPath  = "/login"
	logoutPath = "/logout"
	// Forms of the page post to these.
	replayPath = lettersPath + "/replay"
	dropPath   = lettersPath + "/drop"
	unparkPath = "/destinations/unpark"
	reloadPath = configurationPath + "/reload"
)

// PostedTo returns the paths that only accept POST.
func PostedTo() []string { return []string{logoutPath, replayPath, dropPath, unparkPath, reloadPath} }

// Public returns the paths that need no token.
func Public() []string {
	public := []string{LoginPath, logoutPath}
	for name := range assetTypes() {
		public = append(public, assetsPath+name)
	}
	return public
}

// assetTypes maps the names of the assets to their content types.
func assetTypes() map[string]string {
	return map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}
}

// Options configure a Page.
type Options struct {
	API     *admin.Local
	Guard   *admin.Guard
	Version string
	Logger  *slog.Logger
	Now     func() time.Time
}

// Page serves the page.
type Page struct {
	options   Options
	templates map[string]*template.Template
}

// New returns a page.
func New(options Options) *Page {
	created := &Page{options: options, templates: make(map[string]*template.Template)}
	for _, name := range []string{"overview", "events", "event", "letters", "drop", "configuration", "login", "problem"} {
		parsed := template.New("layout.html").Funcs(functions(options.Now))
		created.templates[name] = template.Must(parsed.ParseFS(templateFiles, "templates/layout.html", "templates/parts.html", "templates/"+name+".html"))
	}
	return created
}

// Register adds the page to a router, which must be served through the guard.
func (p *Page) Register(router *mux.Router) {
	pages := map[string]func(*http.Request) (view, error){
		overviewPath: p.overview, eventsPath: p.events, eventsPath + "/{id}": p.event, lettersPath: p.letters, configurationPath: p.configuration,
		LoginPath: p.loginForm,
	}
	for path, show := range pages {
		router.HandleFunc(path, p.get(show)).Methods(http.MethodGet, http.MethodHead)
	}
	actions := map[string]func(*http.Request) (view, error){replayPath: p.replay, dropPath: p.drop, unparkPath: p.unpark, reloadPath: p.reload}
	for path, act := range actions {
		router.HandleFunc(path, p.post(act)).Methods(http.MethodPost)
	}
	router.HandleFunc(LoginPath, p.logIn).Methods(http.MethodPost)
	router.HandleFunc(logoutPath, p.logOut).Methods(http.MethodPost)
	router.HandleFunc(assetsPath+"{name}", p.asset).Methods(http.MethodGet, http.MethodHead)
}

// view is a template with its content, or a redirect.
type view struct {
	template string
	title    string
	content  any
	status   int
	location string
}

// frame is the data that every template gets.
type frame struct {
	Title, Path, Version string
	// Here is the URL of the page, to which forms return.
	Here string
	// CanAct means that the user is an operator; HasSession that the user can log out.
	CanAct, HasSession bool
	Forgery            string
	Notice             string
	Now                time.Time
	Content            any
}

// get returns the handler that shows a view.
func (p *Page) get(show func(*http.Request) (view, error)) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		result, err := show(request)
		p.respond(response, request, result, err)
	}
}

// formLimit is ample for the ids of MaxOrder dead letters.
const formLimit = 64 << 10

// post returns the handler of a form.
func (p *Page) post(act func(*http.Request) (view, error)) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		request.Body = http.MaxBytesReader(response, request.Body, formLimit)
		if err := request.ParseForm(); err != nil {
			p.respond(response, request, view{}, &admin.Refusal{Reason: "the form is invalid or too large"})
			return
		}
		if p.options.Guard.IsForged(request, request.PostForm.Get("forgery")) {
			p.respond(response, request, problem(http.StatusForbidden, "Nothing was changed, because the page is out of date. Go back, reload it and try again."), nil)
			return
		}
		result, err := act(request)
		p.respond(response, request, result, err)
	}
}

func problem(status int, sentence string) view {
	return view{template: "problem", title: "Request failed", content: sentence, status: status}
}

// respond writes a view, or the error.
func (p *Page) respond(response http.ResponseWriter, request *http.Request, result view, err error) {
	if refusal, refused := errors.AsType[*admin.Refusal](err); refused {
		result = problem(http.StatusBadRequest, sentence(refusal.Reason))
	} else if err != nil {
		p.options.Logger.ErrorContext(request.Context(), "responding to the operator failed", "path", request.URL.Path, "cause", err)
		result = problem(http.StatusServiceUnavailable, "The event store does not answer, or is full. The log has the cause.")
	}
	protect(response.Header())
	if result.location != "" {
		http.Redirect(response, request, result.location, http.StatusSeeOther)
		return
	}
	data := frame{
		Title: result.title, Path: request.URL.Path, Here: request.URL.RequestURI(), Version: p.options.Version, Now: p.options.Now(), Content: result.content,
		CanAct: p.options.Guard.Role(request) == admin.RoleOperator, HasSession: p.options.Guard.HasSession(request),
		Forgery: p.options.Guard.Forgery(request), Notice: notice(request.URL.Query()),
	}
	// Buffer the page, so that a failure does not leave half of it.
	var rendered bytes.Buffer
	if err := p.templates[result.template].Execute(&rendered, data); err != nil {
		p.options.Logger.ErrorContext(request.Context(), "rendering a page failed", "path", request.URL.Path, "cause", err)
		http.Error(response, "The page cannot be rendered. The log has the cause.", http.StatusInternalServerError)
		return
	}
	response.Header().Set("Content-Type", "text/html; charset=utf-8")
	response.WriteHeader(max(http.StatusOK, result.status))
	_, _ = rendered.WriteTo(response) // The client may be gone.
}

// protect sets security headers that forbid everything the page does not need.
func protect(header http.Header) {
	for key, value := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "same-origin",
		"Cache-Control":                "no-store",
	} {
		header.Set(key, value)
	}
}

func (p *Page) asset(response http.ResponseWriter, request *http.Request) {
	name := mux.Vars(request)["name"]
	kind, ok := assetTypes()[name]
	content, err := assetFiles.ReadFile("assets/" + name)
	if !ok || err != nil {
		http.NotFound(response, request)
		return
	}
	protect(response.Header())
	response.Header().Set("Content-Type", kind)
	// Assets are small, and change with the version of the listener.
	response.Header().Set("Cache-Control", "no-cache")
	_, _ = response.Write(content) //nolint:gosec // It is a file of the program.
}

func (p *Page) loginForm(request *http.Request) (view, error) {
	return view{template: "login", title: "Log in", content: loginView{Next: localPath(request.URL.Query().Get("next"))}}, nil
}

// loginView is the login form.
type loginView struct {
	Next    string
	Problem string
}

func (p *Page) logIn(response http.ResponseWriter, request *http.Request) {
	request.Body = http.MaxBytesReader(response, request.Body, formLimit)
	next := localPath(request.PostFormValue("next"))
	if p.options.Guard.LogIn(response, request, request.PostFormValue("token")) {
		p.respond(response, request, view{location: next}, nil)
		return
	}
	result := view{template: "login", title: "Log in", status: http.StatusUnauthorized, content: loginView{Next: next, Problem: "Wrong token, or too many attempts. Try again in a few seconds."}}
	p.respond(response, request, result, nil)
}

func (p *Page) logOut(response http.ResponseWriter, request *http.Request) {
	p.options.Guard.LogOut(response, request)
	p.respond(response, request, view{location: LoginPath}, nil)
}

// localPath returns the given path if it is one of this page, otherwise the path of the overview.
func localPath(given string) string {
	parsed, err := url.Parse(given)
	if err != nil || parsed.Scheme != "" || parsed.Host != "" || !strings.HasPrefix(parsed.Path, "/") || strings.HasPrefix(parsed.Path, "//") || strings.ContainsAny(given, "\\\r\n\t") {
		return overviewPath
	}
	return given
}

// notice returns the message about a completed action from the parameters of a redirect. These are
// only a known word and numbers, so that no link can inject text into the page.
func notice(query url.Values) string {
	done, _ := strconv.Atoi(query.Get("done"))
	failed, _ := strconv.Atoi(query.Get("failed"))
	verb, ok := map[string]string{"replayed": "Replayed", "dropped": "Dropped"}[query.Get("was")]
	switch {
	case query.Get("was") == "unparked":
		return "The destination is being retried now."
	case query.Get("was") == "not_parked":
		return "The destination was not parked."
	case query.Get("was") == "reloaded":
		return "The configuration was reloaded."
	case !ok:
		return ""
	case failed > 0:
		return verb + " " + countLetters(done) + "; " + strconv.Itoa(failed) + " failed: they no longer exist, or their destination is not configured."
	}
	return verb + " " + countLetters(done) + "."
}

func countLetters(number int) string {
	if number == 1 {
		return "1 dead letter"
	}
	return strconv.Itoa(number) + " dead letters"
}

// sentence turns a reason into a sentence.
func sentence(reason string) string {
	if reason == "" {
		return ""
	}
	return strings.ToUpper(reason[:1]) + reason[1:] + "."
}
