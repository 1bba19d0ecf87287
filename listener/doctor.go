package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/internal/version"
	"github.com/port-changelog/terraform-provider-port/listener/internal/app"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/doctor"
)

func doctorCommand() command {
	return command{
		name:      "doctor",
		arguments: "[-url https://…/api/slack] [-config listener.yaml]",
		summary:   "check the path from Port through the listener to Slack",
		about: `Check the path from Port through the listener to Slack: the configuration, Port's
credentials and their region, the clock, the audit log, names, the automations that
the rules need, a test event to the public address, and each Slack webhook.

Each line shows a result and, if something is wrong, what to do. Nothing is changed
and no alert is sent: no rule matches the test event, and the test message for Slack
has no text, so Slack refuses it. Without -url the test event goes to the address
that the automations of listener setup post to.`,
		prepare: prepareDoctor,
	}
}

func prepareDoctor(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	file := flags.String("config", "", "configuration `file` of the listener; without one, the environment is used")
	address := flags.String("url", "", "public `address` of the listener's webhook\n(without a path: that of the configuration)")
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if err := noOperands(operands); err != nil {
			return err
		}
		loaded, err := loadFirst(ctx, func(try config.Try) (*config.Config, error) {
			return config.Load(config.Source{File: *file, LookupEnv: os.LookupEnv, Try: try})
		})
		if err != nil {
			return describeInvalid(err)
		}
		if *address != "" {
			if *address, err = publicURL(*address, loaded.Webhook.Path); err != nil {
				return &usageError{"-url: " + err.Error()}
			}
		}
		return examine(ctx, loaded, *address, &printer{out: out})
	}
}

// examine prints the finding of every check, and returns an error if one failed.
func examine(ctx context.Context, loaded *config.Config, address string, out *printer) error {
	failed := 0
	show := func(finding doctor.Finding) {
		if finding.State == doctor.Failed {
			failed++
		}
		out.line("%-4s  %-16s  %s", finding.State, finding.Subject, strings.ReplaceAll(finding.Text, "\n", "; "))
		if finding.Advice != "" {
			out.line("                        -> %s", finding.Advice)
		}
	}
	show(doctor.Finding{State: doctor.OK, Subject: "configuration", Text: loaded.Summary()})
	doctor.Run(ctx, doctor.Options{
		Config: loaded, Address: address, Regions: doctor.Regions(), UserAgent: "port-listener/" + version.Current(), Now: time.Now,
		Connect: func(baseURL string, through http.RoundTripper) (*port.Client, error) {
			elsewhere := *loaded
			elsewhere.Port.BaseURL = baseURL
			return app.NewPortClient(&elsewhere, version.Current(), port.WithTransport(through), port.WithRequestTimeout(doctorPatience))
		},
	}, show)
	switch {
	case out.err != nil:
		return out.err
	case failed == 1:
		return errors.New("1 check failed")
	case failed > 1:
		return fmt.Errorf("%d checks failed", failed)
	}
	return nil
}

// doctorPatience is the timeout of one request to Port.
const doctorPatience = 15 * time.Second
