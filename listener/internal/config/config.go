// Package config reads the configuration of the listener from the environment and a file, and
// checks all of it before anything is started. The command loads it for the application.
package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/directory"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// Config is a valid configuration.
type Config struct {
	// ClientSecrets verify the signatures of events; one of them must match.
	ClientSecrets []Secret
	Port          Port
	CatchUp       CatchUp
	Webhook       Webhook
	Admin         Admin
	Smee          Smee
	Store         Store
	// Destinations are sorted by name. There is at least one.
	Destinations []Destination
	// Rules are in the order of the file. There is at least one.
	Rules []Rule

	// variables are the environment variables that the file refers to. Their values may be secret.
	variables []variable
}

// Admin configures the admin address.
type Admin struct {
	// Listen is the address, a host and a port.
	Listen string
	// Token allows everything, and ReadOnlyToken only reading. The zero Secret means that there is
	// none.
	Token, ReadOnlyToken Secret
	// AllowedHosts are host names, with or without a port, that requests may use in addition to
	// those of the loopback interface.
	AllowedHosts []string
}

// Webhook configures the webhook.
type Webhook struct {
	// Listen is the address that Port posts events to, a host and a port.
	Listen string
	// Path is the path that events are posted to.
	Path string
	// MaxBody is the maximum size of a body in bytes.
	MaxBody int64
	// Tolerance is the maximum difference between the time of a signature and our clock.
	Tolerance time.Duration
	// CertFile and KeyFile are for HTTPS; both are "" for plain HTTP.
	CertFile, KeyFile string
}

// Smee configures receiving through Smee, for development.
type Smee struct {
	// URL is the URL of the channel, a secret because anyone who knows it can read the events; the
	// zero Secret means none.
	URL Secret
}

// Port configures access to Port's API.
type Port struct {
	// ClientID is "" if the API is not used.
	ClientID string
	// Poll is how often the audit log is polled; 0 means CatchUp.Interval.
	Poll    time.Duration
	BaseURL string
	// AppURL is the base URL of links to Port; "" means that of the region.
	AppURL string
}

// App returns the base URL of links to Port, or "" if it is unknown: without a client id, the
// configured region may be wrong.
func (p Port) App() string {
	if p.AppURL != "" || p.ClientID == "" {
		return p.AppURL
	}
	return directory.AppURL(p.BaseURL)
}

// CatchUp configures catching up on missed changes with the audit log.
type CatchUp struct {
	// Interval is how often the audit log is read.
	Interval time.Duration
	// MaxAge is the maximum age of a change to be delivered.
	MaxAge time.Duration
}

// Store configures the event store.
type Store struct {
	// Dir is the data directory of the embedded store.
	Dir string
	// Sync is how often the embedded store syncs acknowledged events to disk; with 0, before each
	// acknowledgement.
	Sync time.Duration
	// MaxBytes is the maximum size of the store.
	MaxBytes int64
	// MaxAge is how long evaluated events are kept.
	MaxAge time.Duration
	// PostgresURL is the URL of a database that is used instead of the embedded store, which may
	// contain a password; the zero Secret means none.
	PostgresURL Secret
}

// Destination is where alerts go.
type Destination struct {
	// Name identifies it in logs: lower-case letters, digits, dashes and underscores.
	Name       string
	WebhookURL Secret
	// Interval is the minimum time between two messages.
	Interval time.Duration
	// DigestAfter is the maximum time to deliver a backlog one by one.
	DigestAfter time.Duration
	// MaxAge is the age at which a failing alert is given up.
	MaxAge time.Duration
	// EventID adds the id of the event to the end of the context line.
	EventID bool
}

// Equal reports whether two destinations have the same configuration.
func (d Destination) Equal(other Destination) bool {
	if d.WebhookURL.Reveal() != other.WebhookURL.Reveal() {
		return false
	}
	d.WebhookURL, other.WebhookURL = Secret{}, Secret{}
	return d == other
}

// Destination returns the destination with a name.
func (c *Config) Destination(name string) (Destination, bool) {
	i := slices.IndexFunc(c.Destinations, func(other Destination) bool { return other.Name == name })
	if i < 0 {
		return Destination{}, false
	}
	return c.Destinations[i], true
}

// HasDestination reports whether there is a destination with a name.
func (c *Config) HasDestination(name string) bool {
	_, ok := c.Destination(name)
	return ok
}

// LongestAge is the greatest maximum age of an alert.
func (c *Config) LongestAge() time.Duration {
	var longest time.Duration
	for _, destination := range c.Destinations {
		longest = max(longest, destination.MaxAge)
	}
	return longest
}

// Summary summarises the configuration in one line.
func (c *Config) Summary() string {
	return fmt.Sprintf("Client secrets: %d. Destinations: %s. Rules: %s.",
		len(c.ClientSecrets), strings.Join(c.DestinationNames(), ", "), strings.Join(c.RuleNames(), ", "))
}

// Fixed returns the keys that differ in another configuration and cannot change while the listener
// is running: those of the store and the addresses, and values that the store was opened with.
func (c *Config) Fixed(other *Config) []string {
	var changed []string
	for key, differs := range map[string]bool{
		"webhook.listen":       c.Webhook.Listen != other.Webhook.Listen,
		"admin.listen":         c.Admin.Listen != other.Admin.Listen,
		"webhook.path":         c.Webhook.Path != other.Webhook.Path,
		"webhook.max_body":     c.Webhook.MaxBody != other.Webhook.MaxBody,
		"webhook.tls":          (c.Webhook.CertFile == "") != (other.Webhook.CertFile == ""),
		"store":                !c.Store.equal(other.Store),
		"catch_up.max_age":     other.CatchUp.MaxAge > c.CatchUp.MaxAge,
		"destinations.max_age": other.LongestAge() > c.LongestAge(),
	} {
		if differs {
			changed = append(changed, key)
		}
	}
	slices.Sort(changed)
	return changed
}

func (s Store) equal(other Store) bool {
	if s.PostgresURL.Reveal() != other.PostgresURL.Reveal() {
		return false
	}
	s.PostgresURL, other.PostgresURL = Secret{}, Secret{}
	return s == other
}

// Source is where a configuration comes from.
type Source struct {
	// File is the path of a YAML file, or "" for the environment alone.
	File string
	// DataDir overrides every other data directory, unless it is "".
	DataDir string
	// Listen and AdminListen override every other address, unless they are "".
	Listen, AdminListen string
	// Poll overrides port.poll, unless it is "".
	Poll string
	// LookupEnv is os.LookupEnv.
	LookupEnv func(name string) (string, bool)
	// Try tests templates; nil means message.Template.Try.
	Try Try
}

// Try tests a template, like message.Template.Try, which may take unlimited time and memory unless
// it runs in another process.
type Try func(template *message.Template, selected rule.Rule) error

// InvalidError lists all mistakes in a configuration, one per line, each with its position and what
// to do. It contains no secrets and no values of variables.
type InvalidError struct {
	Problems []string
}

// Error returns the mistakes, one per line.
func (e *InvalidError) Error() string {
	return strings.Join(e.Problems, "\n")
}

// Defaults that other packages use.
const (
	// DefaultPath is the path that events are posted to.
	DefaultPath = "/api/slack"
	// DefaultListen is the default public address, and DefaultAdminListen the default admin
	// address.
	DefaultListen      = ":8080"
	DefaultAdminListen = "127.0.0.1:8081"
)

const (
	defaultMaxBody = 4 << 20
	defaultDir     = "listener-data"
	// Slack accepts about one message per second and channel, and may hide messages beyond that.
	defaultInterval    = time.Second
	defaultDigestAfter = time.Minute
	defaultMaxAge      = 24 * time.Hour
	defaultCatchUp     = 5 * time.Minute
	// defaultDestination is the name of the destination from the environment.
	defaultDestination = "default"

	secretVariable   = "PORT_CLIENT_SECRET" //nolint:gosec // This is the name of the variable.
	clientIDVariable = "PORT_CLIENT_ID"
	baseURLVariable  = "PORT_BASE_URL"
	webhookVariable  = "SLACK_WEBHOOK_URL"
	// stateVariable is the variable in which systemd passes StateDirectory=.
	stateVariable = "STATE_DIRECTORY"
)

// Load reads and checks a configuration. Values that the file does not set come from the
// environment, otherwise from the defaults. The error is an *InvalidError.
func Load(source Source) (*Config, error) {
	loader := newLoader(source)
	var document document
	if loader.readFile(&document) {
		loader.apply(&document)
	}
	if err := loader.invalid(); err != nil {
		return nil, err
	}
	return &loader.config, nil
}

// LoadRules reads what is needed to render messages: the rules, the templates, and the names of the
// destinations. Everything else may be invalid, and no secrets are needed or read. The error is an
// *InvalidError.
func LoadRules(source Source) (*Config, error) {
	loader := newLoader(source)
	var document rulesDocument
	loader.readFile(&document)
	loader.applyNamed(&document.Destinations, &document.Rules, &document.Templates)
	if err := loader.invalid(); err != nil {
		return nil, err
	}
	return &Config{Rules: loader.config.Rules, Destinations: loader.config.Destinations}, nil
}

// applyNamed applies the rules and the names of the destinations.
func (l *loader) applyNamed(destinations *names[ignored], rules *ruleList, templates *names[templateSection]) {
	declared := destinations.sorted()
	if len(declared) == 0 {
		declared = []string{defaultDestination}
	}
	l.applyRules(rules, templates, declared)
	for _, name := range declared {
		l.config.Destinations = append(l.config.Destinations, newDestination(name))
	}
}

// LoadSetup reads what is needed to set up Port: access to its API, the rules, and the path of the
// webhook. No Slack webhook is needed. The error is an *InvalidError.
func LoadSetup(source Source) (*Config, error) {
	loader := newLoader(source)
	var document setupDocument
	if loader.readFile(&document) {
		loader.applySecrets(&document.item, &document.Port)
		loader.applyPort(&document.Port)
		loader.applyChecked(&document.Webhook.Path, &loader.config.Webhook.Path, checkPath)
		loader.applyNamed(&document.Destinations, &document.Rules, &document.Templates)
		loader.needClientID()
	}
	if err := loader.invalid(); err != nil {
		return nil, err
	}
	return &loader.config, nil
}

// needClientID reports a missing client id, for commands that use Port's API.
func (l *loader) needClientID() {
	if l.config.Port.ClientID == "" {
		l.report(outside(clientIDVariable+" is not set"), "set it, or port.client_id, to the client id that belongs to the client secret")
	}
}

// loader collects a configuration and its mistakes.
type loader struct {
	source   Source
	config   Config
	problems []problem
}

func newLoader(source Source) *loader {
	return &loader{source: source, config: Config{
		Port:    Port{BaseURL: port.DefaultBaseURL},
		Webhook: Webhook{Listen: DefaultListen, Path: DefaultPath, MaxBody: defaultMaxBody, Tolerance: changelog.DefaultTolerance},
		CatchUp: CatchUp{Interval: defaultCatchUp, MaxAge: defaultMaxAge},
		Admin:   Admin{Listen: DefaultAdminListen},
		Store:   Store{MaxBytes: queue.DefaultMaxBytes, MaxAge: queue.DefaultMaxAge},
	}}
}

// addSecret adds a client secret.
func (l *loader) addSecret(where position, text string) {
	if err := changelog.CheckSecret(text); err != nil {
		l.report(where, err.Error()+"; use the client secret of the organization's credentials in Port")
		return
	}
	l.config.ClientSecrets = append(l.config.ClientSecrets, NewSecret(strings.TrimSpace(text)))
}

// addDestination adds a destination.
func (l *loader) addDestination(where position, described Destination, webhook string) {
	webhook = strings.TrimSpace(webhook)
	if err := slack.CheckURL(webhook); err != nil {
		l.report(where, err.Error()+"; use the URL of a Slack incoming webhook, which begins with https://hooks.slack.com/services/")
		return
	}
	described.WebhookURL = NewSecret(webhook)
	l.config.Destinations = append(l.config.Destinations, described)
}

// newDestination returns a destination with the defaults.
func newDestination(name string) Destination {
	return Destination{Name: name, Interval: defaultInterval, DigestAfter: defaultDigestAfter, MaxAge: defaultMaxAge}
}
