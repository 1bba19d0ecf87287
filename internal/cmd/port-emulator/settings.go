package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// The default credentials. They are public on purpose: they protect nothing.
const (
	defaultClientID     = "emulator-client-id"
	defaultClientSecret = "emulator-client-secret" //nolint:gosec // It is public and in the help text.
)

// usage precedes the list of flags.
const usage = `port-emulator serves Port's API (blueprints, entities, search, migrations, actions,
automations and their runs, audit log) from memory. Point a client at it with these credentials:

    port-emulator &
    export PORT_BASE_URL=http://127.0.0.1:8400
    export PORT_CLIENT_ID=` + defaultClientID + `
    export PORT_CLIENT_SECRET=` + defaultClientSecret + `
    terraform apply

It prints one line when it is ready, and ends on SIGINT or SIGTERM after it has
delivered pending events.

Control, without authentication:

    GET    /_emulator/requests    how often each route was called
    DELETE /_emulator/requests    reset the counters
    POST   /_emulator/faults      inject a fault into a route: {"method", "route",
                                  "status", "headers", "body", "delay", "hold",
                                  "drop", "times"}; route is a path template such
                                  as /v1/blueprints/{identifier}, hold blocks the
                                  request until the faults are deleted, drop is
                                  before, after or truncate, times 0 is until
                                  deleted
    DELETE /_emulator/faults      remove all faults and release the held
                                  requests
    GET    /_emulator/deliveries  what was sent to webhooks, and the invocations of
                                  actions that are only recorded (Kafka, GitHub,
                                  GitLab, Azure DevOps, integrations, agents)
    POST   /_emulator/reset       return to the seed, or to an empty catalog

Flags:
`

// settings are the settings from the command line and the environment.
type settings struct {
	listen     string
	seed, dump string
	version    bool
	options    emulator.Options
}

// readSettings parses the command line. flag.ErrHelp means that help was requested and has been
// written to output.
func readSettings(arguments []string, environment func(string) string, output io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("port-emulator", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // The caller reports errors.
	s.define(flags)
	err := flags.Parse(arguments)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(output)
		_, _ = io.WriteString(output, usage)
		flags.PrintDefaults()
	}
	if err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	s.options.ClientID = cmp.Or(s.options.ClientID, environment("PORT_CLIENT_ID"), defaultClientID)
	s.options.ClientSecret = cmp.Or(s.options.ClientSecret, environment("PORT_CLIENT_SECRET"), defaultClientSecret)
	return s, nil
}

// define declares the flags. The secret has no default, so that -h does not show one from the
// environment.
func (s *settings) define(flags *flag.FlagSet) {
	o := &s.options
	flags.BoolVar(&s.version, "version", false, "print the version and exit")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8400", "listen on `address`; port 0 picks a free one")
	flags.StringVar(&s.seed, "seed", "", "load blueprints, entities and actions from JSON `file`, in the form that -dump writes")
	flags.StringVar(&s.dump, "dump", "", "write the catalog to `file` at exit")

	flags.StringVar(&o.ClientID, "client-id", "",
		"accept this client `id` (default $PORT_CLIENT_ID, else "+defaultClientID+")")
	flags.StringVar(&o.ClientSecret, "client-secret", "",
		"accept this client `secret`, and sign events with it (default $PORT_CLIENT_SECRET, else "+defaultClientSecret+")")
	flags.DurationVar(&o.TokenTTL, "token-ttl", emulator.DefaultTokenTTL, "how long an access token is valid")

	flags.DurationVar(&o.Latency, "latency", 0, "wait this long before each response")
	flags.DurationVar(&o.DeleteLag, "delete-lag", 0,
		"how long deletions take to complete: the time before a blueprint can be deleted after its entities, and the duration of migrations")
	flags.IntVar(&o.RateLimit, "rate-limit", 0, "allow this many `requests` per x-ratelimit-period; 0 means unlimited")
	flags.DurationVar(&o.RateLimitPeriod, "rate-limit-period", emulator.DefaultRateLimitPeriod, "the length of x-ratelimit-period")
	flags.Var(choice(&o.RateLimitReset, emulator.ResetEpoch, emulator.ResetSeconds), "rate-limit-reset",
		"the `form` of x-ratelimit-reset: epoch, or seconds to wait")
	flags.IntVar(&o.ConflictStatus, "conflict-status", 409, "the `status` for a taken identifier and for has_dependents: 409 or 422")
	flags.BoolVar(&o.JSNumbers, "js-numbers", false, "round numbers as JavaScript does")

	flags.Var(choice(&o.ChangelogDestination, emulator.KeepDestination, emulator.DropDestination, emulator.RefuseDestination),
		"changelog-destination",
		"the `mode` for changelogDestination of blueprints, which Port has removed: true keeps it, false drops it, refuse returns 422")
	flags.Var(choice(&o.TimestampUnit, emulator.Milliseconds, emulator.Seconds), "event-timestamp",
		"the `unit` of the events' timestamp header: ms or s")
	flags.IntVar(&o.DeliveryRetries, "event-retries", 0, "retry a failed event up to this many `times`")
}

// choiceValue is a flag with a fixed set of values; the first is the default.
type choiceValue[T ~string] struct {
	target  *T
	allowed []T
}

func choice[T ~string](target *T, allowed ...T) choiceValue[T] {
	*target = allowed[0]
	return choiceValue[T]{target: target, allowed: allowed}
}

// String implements flag.Value. The flag package also calls it on a zero value.
func (c choiceValue[T]) String() string {
	if c.target == nil {
		return ""
	}
	return string(*c.target)
}

// Set implements flag.Value.
func (c choiceValue[T]) Set(text string) error {
	for _, value := range c.allowed {
		if string(value) == text {
			*c.target = value
			return nil
		}
	}
	return fmt.Errorf("must be one of %v", c.allowed)
}
