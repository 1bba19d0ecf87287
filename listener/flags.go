package main

import (
	"flag"
	"fmt"
	"io"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
)

// flags are the command-line flags of the listener.
type flags struct {
	config      string
	listen      string
	adminListen string
	dataDir     string
	poll        string
	checkConfig bool
	debug       bool
	version     bool
}

// parseFlags parses the arguments without printing anything. For -h it returns flag.ErrHelp.
func parseFlags(arguments []string) (flags, error) {
	var parsed flags
	set := newFlagSet(&parsed)
	set.SetOutput(io.Discard)
	if err := set.Parse(arguments); err != nil {
		return flags{}, err
	}
	if set.NArg() > 0 {
		return flags{}, fmt.Errorf("unknown command %q", set.Arg(0))
	}
	return parsed, nil
}

func newFlagSet(into *flags) *flag.FlagSet {
	set := flag.NewFlagSet("listener", flag.ContinueOnError)
	set.StringVar(&into.config, "config", "", "configuration `file`; without one, the environment is used\n(examples/listener/listener.yaml explains every key)")
	set.StringVar(&into.listen, "listen", "", "`address` that Port posts events to\n(default: that of the configuration, else "+config.DefaultListen+")")
	set.StringVar(&into.adminListen, "admin-listen", "", "admin `address`: page, API, metrics\n(default: that of the configuration, else "+config.DefaultAdminListen+")")
	set.StringVar(&into.dataDir, "data-dir", "", "`directory` that stores events until they are delivered\n(default: $STATE_DIRECTORY, else ./listener-data)")
	set.StringVar(&into.poll, "poll", "", "poll Port's audit log for changes at this `interval`, such as 15s; requires PORT_CLIENT_ID\n(default: that of the configuration, else the audit log is read only to catch up)")
	set.BoolVar(&into.checkConfig, "check-config", false, "check the configuration and exit")
	set.BoolVar(&into.debug, "debug", false, "also log details, such as events that no rule matches")
	set.BoolVar(&into.version, "version", false, "print the version and exit")
	return set
}

// writeUsage prints the help.
func writeUsage(out io.Writer) {
	_, _ = fmt.Fprint(out, `listener turns Port's change events into Slack alerts.

It receives signed events at POST /api/slack, or polls Port for them with -poll, and
posts a message when the healthStatus of an entity changes, or an entity is created
with a value other than Healthy. With a configuration file, it posts a message when
a rule matches. It acknowledges an event when the event is on disk, and keeps it
there until Slack has accepted the alert.

Usage:
  listener [flags]
  listener command [flags]

Commands:
`)
	writeCommands(out, commands())
	_, _ = fmt.Fprint(out, `  Run listener command -h for the help of a command.

Environment:
  PORT_CLIENT_SECRET   client secret that Port signs events with
  SLACK_WEBHOOK_URL    Slack incoming webhook that alerts go to
  PORT_CLIENT_ID       client id that belongs to the secret; with it the listener
                       catches up on missed events, and shows names
  PORT_BASE_URL        URL of Port's API outside the EU, such as https://api.us.getport.io
  The first two can also be set as the path of a file: PORT_CLIENT_SECRET_FILE,
  SLACK_WEBHOOK_URL_FILE.

Signals:
  SIGHUP               reload the configuration, like listener reload;
                       if it has mistakes, nothing changes
  SIGTERM, SIGINT      stop: finish requests in progress, keep the rest stored

Flags:
`)
	set := newFlagSet(new(flags))
	set.SetOutput(out)
	set.PrintDefaults()
}
