// Package config reads the configuration of the listener, from the environment and from a file, and
// checks it whole before anything is started. The command loads it, the application runs by it.
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

// Config is a configuration that has been checked.
type Config struct {
	// ClientSecrets verify the signature of events; one of them must fit.
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

	// variables are those that the file refers to. What they hold may be secret.
	variables []variable
}

// Admin says where the operator is answered.
type Admin struct {
	// Listen is the address, a host and a port.
	Listen string
	// Token lets its bearer see and do everything, and ReadOnlyToken see everything. The zero
	// Secret means that there is none.
	Token, ReadOnlyToken Secret
	// AllowedHosts are names, with a port or without, under which the address may be asked, besides
	// those of the loopback interface.
	AllowedHosts []string
}

// Webhook says how events are received.
type Webhook struct {
	// Listen is the address that Port posts events to, a host and a port.
	Listen string
	// Path is where events are posted.
	Path string
	// MaxBody is the size of the largest body, in bytes.
	MaxBody int64
	// Tolerance is how far the time of a signature may be from ours.
	Tolerance time.Duration
	// CertFile and KeyFile make it HTTPS; both are "" for plain HTTP.
	CertFile, KeyFile string
}

// Smee says from where events are received besides, on a machine of a developer.
type Smee struct {
	// URL is that of a channel, which everybody who knows it can read; it is the zero Secret when
	// there is none.
	URL Secret
}

// Port says how Port's API is reached.
type Port struct {
	// ClientID is "" when the API is not to be asked.
	ClientID string
	// Poll is how often the audit log is read; 0 for CatchUp.Interval.
	Poll    time.Duration
	BaseURL string
	// AppURL is the base address of Port's pages; "" is that of the region.
	AppURL string
}

// App returns the base address of Port's pages. It is "" when it is not known: without a client id
// nothing says that the region is right.
func (p Port) App() string {
	if p.AppURL != "" || p.ClientID == "" {
		return p.AppURL
	}
	return directory.AppURL(p.BaseURL)
}

// CatchUp says how changes are found in the audit log that did not arrive.
type CatchUp struct {
	// Interval is how often the audit log is searched for them.
	Interval time.Duration
	// MaxAge is how old a change may be to be delivered.
	MaxAge time.Duration
}

// Store says where events are kept until they are delivered.
type Store struct {
	// Dir is the data directory of the embedded store.
	Dir string
	// Sync is how often the embedded store writes to the disk what it has acknowledged; 0 is before
	// each acknowledgement.
	Sync time.Duration
	// MaxBytes is how much the store may take.
	MaxBytes int64
	// MaxAge is how long events are kept once they are evaluated.
	MaxAge time.Duration
	// PostgresURL is that of a database that is used instead of the embedded store, and may hold a
	// password; it is the zero Secret when there is none.
	PostgresURL Secret
}

// Destination is where alerts go.
type Destination struct {
	// Name is what logs call it: lower-case letters, digits, dashes and underscores.
	Name       string
	WebhookURL Secret
	// Interval is the least time between two messages.
	Interval time.Duration
	// DigestAfter is how long a backlog may take to be delivered one by one.
	DigestAfter time.Duration
	// MaxAge is from when on an alert that fails is given up.
	MaxAge time.Duration
	// EventID has messages end their context with the id of the event.
	EventID bool
}

// Equal reports whether two destinations are described in the same way.
func (d Destination) Equal(other Destination) bool {
	if d.WebhookURL.Reveal() != other.WebhookURL.Reveal() {
		return false
	}
	d.WebhookURL, other.WebhookURL = Secret{}, Secret{}
	return d == other
}

// Destination returns the destination of a name.
func (c *Config) Destination(name string) (Destination, bool) {
	i := slices.IndexFunc(c.Destinations, func(other Destination) bool { return other.Name == name })
	if i < 0 {
		return Destination{}, false
	}
	return c.Destinations[i], true
}

// HasDestination reports whether there is a destination of a name.
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

// Summary says in a few words what a configuration holds.
func (c *Config) Summary() string {
	return fmt.Sprintf("Client secrets: %d. Destinations: %s. Rules: %s.",
		len(c.ClientSecrets), strings.Join(c.DestinationNames(), ", "), strings.Join(c.RuleNames(), ", "))
}

// Fixed returns the keys that another configuration has otherwise, and that cannot change while the
// listener runs: those of the store and of the addresses, and what the store was opened with.
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
	// DataDir wins over every other data directory, unless it is "".
	DataDir string
	// Listen and AdminListen win over every other address, unless they are "".
	Listen, AdminListen string
	// Poll wins over port.poll, unless it is "".
	Poll string
	// LookupEnv is os.LookupEnv.
	LookupEnv func(name string) (string, bool)
	// Try is nil for message.Template.Try.
	Try Try
}

// Try tries a template before it is used, as message.Template.Try does. In another process it can
// take any time and any memory.
type Try func(template *message.Template, selected rule.Rule) error

// InvalidError lists everything that is wrong with a configuration, each problem with its place and
// what to do, one in each line. It holds no secret, and nothing that a variable holds.
type InvalidError struct {
	Problems []string
}

// Error returns the problems, one a line.
func (e *InvalidError) Error() string {
	return strings.Join(e.Problems, "\n")
}

// What applies unless the command line or the configuration says otherwise.
const (
	// DefaultPath is where events are posted.
	DefaultPath = "/api/slack"
	// DefaultListen is the address for that, and DefaultAdminListen that of the operator.
	DefaultListen      = ":8080"
	DefaultAdminListen = "127.0.0.1:8081"
)

const (
	defaultMaxBody = 4 << 20
	defaultDir     = "listener-data"
	// Slack takes about one message a second per channel, and may hide what exceeds it.
	defaultInterval    = time.Second
	defaultDigestAfter = time.Minute
	defaultMaxAge      = 24 * time.Hour
	defaultCatchUp     = 5 * time.Minute
	// defaultDestination is the name of the one that the environment gives.
	defaultDestination = "default"

	secretVariable   = "PORT_CLIENT_SECRET" //nolint:gosec // This is the name of the variable.
	clientIDVariable = "PORT_CLIENT_ID"
	baseURLVariable  = "PORT_BASE_URL"
	webhookVariable  = "SLACK_WEBHOOK_URL"
	// stateVariable is how systemd tells a service its StateDirectory=.
	stateVariable = "STATE_DIRECTORY"
)

// Load reads and checks a configuration. What the file does not say comes from the environment, and
// what neither says from the defaults. The error is an *InvalidError.
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

// LoadRules reads the rules and templates of a configuration, and of the destinations their names:
// what it takes to render a message. Nothing else needs to be right, no secret needs to be there,
// and no file of secrets is read. The error is an *InvalidError.
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

// applyNamed takes the rules, and of the destinations their names.
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

// LoadSetup reads what it takes to set Port up: how its API is asked, the rules, and where events
// are posted. No webhook of Slack needs to be there. The error is an *InvalidError.
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

// needClientID reports that there is no client id for a command that asks Port.
func (l *loader) needClientID() {
	if l.config.Port.ClientID == "" {
		l.report(outside(clientIDVariable+" is not set"), "set it, or port.client_id, to the client id that belongs to the client secret")
	}
}

// loader gathers a configuration, and the problems with it.
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

// addSecret keeps a client secret that came from a place.
func (l *loader) addSecret(where place, text string) {
	if err := changelog.CheckSecret(text); err != nil {
		l.report(where, err.Error()+"; use the client secret of the organization's credentials in Port")
		return
	}
	l.config.ClientSecrets = append(l.config.ClientSecrets, NewSecret(strings.TrimSpace(text)))
}

// addDestination keeps a destination whose URL came from a place.
func (l *loader) addDestination(where place, described Destination, webhook string) {
	webhook = strings.TrimSpace(webhook)
	if err := slack.CheckURL(webhook); err != nil {
		l.report(where, err.Error()+"; use the URL of a Slack incoming webhook, which begins with https://hooks.slack.com/services/")
		return
	}
	described.WebhookURL = NewSecret(webhook)
	l.config.Destinations = append(l.config.Destinations, described)
}

// newDestination returns a destination with every default.
func newDestination(name string) Destination {
	return Destination{Name: name, Interval: defaultInterval, DigestAfter: defaultDigestAfter, MaxAge: defaultMaxAge}
}
