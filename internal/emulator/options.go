package emulator

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
)

// TimestampUnit is the unit of the timestamp header of events.
type TimestampUnit string

// Both units occur in practice.
const (
	Milliseconds TimestampUnit = "ms"
	Seconds      TimestampUnit = "s"
)

// ResetForm is the form of the header x-ratelimit-reset.
type ResetForm string

const (
	// ResetEpoch is the documented form: seconds since the epoch.
	ResetEpoch ResetForm = "epoch"
	// ResetSeconds is the form that some clients expect: seconds to wait.
	ResetSeconds ResetForm = "seconds"
)

// DestinationMode is how writes treat the changelog destination of a blueprint. Port removed
// destinations from production on 2026-07-13.
type DestinationMode string

// [?changelog-destination] It is unknown whether Port now drops or refuses a destination.
const (
	// KeepDestination stores it and posts changes to it, as Port did.
	KeepDestination DestinationMode = "true"
	// DropDestination silently drops it.
	DropDestination DestinationMode = "false"
	// RefuseDestination returns 422.
	RefuseDestination DestinationMode = "refuse"
)

// destinationModes maps the option to the mode of the catalog.
var destinationModes = map[DestinationMode]catalog.DestinationMode{
	KeepDestination:   catalog.KeepDestination,
	DropDestination:   catalog.DropDestination,
	RefuseDestination: catalog.RefuseDestination,
}

// Defaults of the options.
const (
	DefaultTokenTTL        = 3 * time.Hour
	DefaultRateLimitPeriod = time.Minute
	DefaultOrganization    = "org_PortEmulator"
)

// Options configures an emulator. The zero value of a field means its default; only the credentials
// are required.
type Options struct {
	// ClientID and ClientSecret are the only valid credentials. The secret also signs events.
	ClientID, ClientSecret string
	// OrganizationID is the id of the organization.
	OrganizationID string
	// Latency is added to each response of the API.
	Latency time.Duration
	// RateLimit is the number of requests per RateLimitPeriod; 0 means unlimited. Requests for a
	// token do not count.
	RateLimit       int
	RateLimitPeriod time.Duration
	RateLimitReset  ResetForm
	// TokenTTL is how long a token is valid.
	TokenTTL time.Duration
	// DeleteLag is how long a deletion takes to complete: how long a blueprint cannot be deleted
	// after its entities, and how long a migration is RUNNING.
	DeleteLag time.Duration
	// ChangelogDestination is how writes treat that key of blueprints. Unless it is kept, there are
	// no changelog events.
	ChangelogDestination DestinationMode
	// JSNumbers rounds numbers on input as JavaScript does.
	JSNumbers bool
	// TimestampUnit is the unit of the timestamp header of events.
	TimestampUnit TimestampUnit
	// DeliveryRetries is how often an event is retried after a failed connection, 429 or 5xx, with
	// pauses of 1 s, 2 s, 4 s and so on.
	DeliveryRetries int
	// DeliveryTransport, if set, sends the events.
	DeliveryTransport http.RoundTripper
	// ConflictStatus is the status for a taken identifier and for has_dependents: 409 or 422, since
	// it is unknown which Port uses.
	ConflictStatus int
	// Log, if set, is called for problems that no API response shows, such as a chain of
	// automations that was stopped.
	Log *slog.Logger
	// Now is the clock.
	Now func() time.Time
}

// withDefaults returns the options with defaults filled in, or an error if they are invalid.
func (o Options) withDefaults() (Options, error) {
	setDefault(&o.OrganizationID, DefaultOrganization)
	setDefault(&o.RateLimitPeriod, DefaultRateLimitPeriod)
	setDefault(&o.RateLimitReset, ResetEpoch)
	setDefault(&o.TokenTTL, DefaultTokenTTL)
	setDefault(&o.ChangelogDestination, KeepDestination)
	setDefault(&o.TimestampUnit, Milliseconds)
	setDefault(&o.ConflictStatus, http.StatusConflict)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, o.check()
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// check returns all mistakes joined into one error.
func (o Options) check() error {
	var mistakes []error
	refuse := func(wrong bool, format string, arguments ...any) {
		if wrong {
			mistakes = append(mistakes, fmt.Errorf(format, arguments...))
		}
	}
	refuse(o.ClientID == "", "the client id must not be empty")
	refuse(o.ClientSecret == "", "the client secret must not be empty")
	refuse(o.Latency < 0, "the latency must not be negative")
	refuse(o.RateLimit < 0, "the rate limit must not be negative")
	refuse(o.RateLimitPeriod < time.Second, "the period of the rate limit must be at least a second")
	refuse(o.TokenTTL < 0, "the lifetime of tokens must not be negative")
	refuse(o.DeleteLag < 0, "the deletion lag must not be negative")
	refuse(o.DeliveryRetries < 0, "the number of delivery retries must not be negative")
	_, known := destinationModes[o.ChangelogDestination]
	refuse(!known, "the changelog destination must be %s, %s or %s, not %q",
		KeepDestination, DropDestination, RefuseDestination, o.ChangelogDestination)
	refuse(o.TimestampUnit != Milliseconds && o.TimestampUnit != Seconds,
		"the timestamp unit must be %s or %s, not %q", Milliseconds, Seconds, o.TimestampUnit)
	refuse(o.RateLimitReset != ResetEpoch && o.RateLimitReset != ResetSeconds,
		"the form of the rate limit reset must be %s or %s, not %q", ResetEpoch, ResetSeconds, o.RateLimitReset)
	refuse(o.ConflictStatus != http.StatusConflict && o.ConflictStatus != http.StatusUnprocessableEntity,
		"the conflict status must be 409 or 422, not %d", o.ConflictStatus)
	return errors.Join(mistakes...)
}
