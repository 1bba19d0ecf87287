package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/internal/version"
	"github.com/port-changelog/terraform-provider-port/listener/internal/app"
	"github.com/port-changelog/terraform-provider-port/listener/internal/automation"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/weburl"
)

func setupCommand() command {
	return command{
		name:      "setup",
		arguments: "-url https://…/api/slack [-blueprint name] [-config listener.yaml] [-apply | -hcl]",
		summary:   "show or create the automations in Port that the rules need",
		about: `Show or create the automations in Port that report to the listener the changes that
its rules cover: one per blueprint, and one per timer that a rule waits for.

Their conditions come from the rules: the actions, the property, and its values
before and after. The listener alone evaluates "when". Without -blueprint the command
covers the blueprints that rules name and, for a rule without a blueprint, every
blueprint that has its property.

It uses PORT_CLIENT_ID and PORT_CLIENT_SECRET, or the section port of the
configuration. Without -apply it changes nothing; with it, it changes only these
automations, and keeps what others added to them.`,
		prepare: prepareSetup,
	}
}

// setupFlags are the flags of the command.
type setupFlags struct {
	config, address string
	blueprints      texts
	apply, hcl      bool
}

// texts is a flag that can be repeated, and can have several values.
type texts []string

// String implements flag.Value.
func (t *texts) String() string { return strings.Join(*t, ",") }

// Set implements flag.Value.
func (t *texts) Set(given string) error {
	for one := range strings.SplitSeq(given, ",") {
		if one = strings.TrimSpace(one); one == "" {
			return errors.New("it is empty")
		}
		*t = append(*t, one)
	}
	return nil
}

func prepareSetup(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	var options setupFlags
	flags.StringVar(&options.config, "config", "", "configuration `file` of the listener, with its rules and the credentials for Port")
	flags.StringVar(&options.address, "url", "", "public `address` of the listener's webhook, to which Port posts\n(without a path: that of the configuration)")
	flags.Var(&options.blueprints, "blueprint", "`identifier` of a blueprint to report; can be repeated")
	flags.BoolVar(&options.apply, "apply", false, "create and change the automations")
	flags.BoolVar(&options.hcl, "hcl", false, "print the automations as Terraform resources instead")
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if err := noOperands(operands); err != nil {
			return err
		}
		if options.apply && options.hcl {
			return &usageError{"-apply and -hcl cannot be combined: Terraform creates the resources that -hcl prints"}
		}
		return setUp(ctx, options, out)
	}
}

// setUp shows or applies the automations.
func setUp(ctx context.Context, options setupFlags, out io.Writer) error {
	loaded, err := loadFirst(ctx, func(try config.Try) (*config.Config, error) {
		return config.LoadSetup(config.Source{File: options.config, LookupEnv: os.LookupEnv, Try: try})
	})
	if err != nil {
		return describeInvalid(err)
	}
	address, err := publicURL(options.address, loaded.Webhook.Path)
	if err != nil {
		return &usageError{"-url: " + err.Error()}
	}
	client, err := app.NewPortClient(loaded, version.Current())
	if err != nil {
		return err
	}
	needed, err := neededAutomations(ctx, client, loaded, options.blueprints)
	if err != nil {
		return err
	}
	if options.hcl {
		return writeHCL(out, needed, address)
	}
	return (&automations{client: client, address: address, apply: options.apply, all: len(options.blueprints) == 0, out: printer{out: out}}).settle(ctx, needed)
}

// publicURL completes the address of the listener with the path of its webhook.
func publicURL(address, path string) (string, error) {
	if address == "" {
		return "", errors.New("pass the address at which Port can reach the listener, such as https://listener.example.com" + path)
	}
	parsed, err := weburl.Parse(address)
	if err != nil {
		return "", err
	}
	if parsed.User != nil {
		return "", errors.New("it must not contain a user or a password")
	}
	if parsed.Path == "" || parsed.Path == "/" {
		parsed.Path = path
	}
	return parsed.String(), nil
}

// neededAutomations reads the blueprints from Port, and returns the automations that the rules
// need.
func neededAutomations(ctx context.Context, client *port.Client, loaded *config.Config, blueprints []string) (automation.Needed, error) {
	all, err := client.Blueprints.List(ctx)
	if err != nil {
		return automation.Needed{}, err
	}
	rules := make([]rule.Rule, len(loaded.Rules))
	for i, one := range loaded.Rules {
		rules[i] = one.Rule
	}
	return automation.Derive(rules, blueprints, all)
}

func writeHCL(out io.Writer, needed automation.Needed, address string) error {
	text, err := automation.HCL(needed.Automations, address)
	if err != nil {
		return err
	}
	for _, remark := range needed.Remarks {
		if _, err := fmt.Fprintln(out, "#", remark); err != nil {
			return err
		}
	}
	_, err = io.WriteString(out, text)
	return err
}

// automations compares the automations in Port with the needed ones.
type automations struct {
	client  *port.Client
	address string
	// apply means that differences are applied, and all that every blueprint is covered.
	apply, all bool
	out        printer
}

// settle shows the differences, and applies them if apply is set.
func (a *automations) settle(ctx context.Context, needed automation.Needed) error {
	existing, err := a.client.Actions.List(ctx, port.ListActionsOptions{})
	if err != nil {
		return err
	}
	different := 0
	for _, one := range needed.Automations {
		changed, err := a.settleOne(ctx, one, existing)
		if err != nil {
			return err
		}
		if changed {
			different++
		}
	}
	for _, remark := range needed.Remarks {
		a.out.line("%s", remark)
	}
	if a.all {
		for _, identifier := range automation.Superfluous(needed.Automations, a.address, existing) {
			a.out.line("%s also posts to this address, and no rule needs it: delete it if nobody else does.", identifier)
		}
	}
	if strings.HasPrefix(a.address, "http:") {
		a.out.line("The address is not https: anybody on the network path can read what Port posts, including who changed what.")
	}
	switch {
	case len(needed.Automations) == 0:
		return errors.Join(a.out.err, errors.New("the rules need no automation"))
	case different > 0 && !a.apply:
		a.out.line("Nothing was changed. Run the command again with -apply to make these changes.")
	case different == 0:
		a.out.line("Everything is set up.")
	}
	return a.out.err
}

// settleOne settles one automation, and reports whether it differed.
func (a *automations) settleOne(ctx context.Context, needed automation.Automation, existing []port.Action) (bool, error) {
	desired := needed.Action(a.address)
	current := actionOf(existing, needed.Identifier)
	if current != nil {
		desired = automation.Merge(current, desired)
	}
	differences := automation.Differences(current, desired)
	a.show(needed, current != nil, differences)
	for _, other := range automation.Others(needed, a.address, existing) {
		a.out.line("    (%s posts the same changes to this address; the listener counts each change once, but Port runs both automations)", other)
	}
	if len(differences) == 0 || !a.apply {
		return len(differences) > 0, a.out.err
	}
	return true, a.write(ctx, current, desired)
}

// show prints what is to be created or changed.
func (a *automations) show(needed automation.Automation, exists bool, differences []automation.Difference) {
	switch {
	case !exists:
		a.out.line("+ %s: %s", needed.Identifier, needed.Title)
		a.out.line("    event      %s", strings.TrimSpace(needed.Event+" of "+strings.Trim(needed.Blueprint+"."+needed.Timer, ".")))
		for i, expression := range needed.Expressions {
			a.out.line("    %s  %s", []string{"condition", "       or"}[min(i, 1)], expression)
		}
		a.out.line("    posts to   %s", a.address)
	case len(differences) == 0:
		a.out.line("= %s: unchanged", needed.Identifier)
	default:
		a.out.line("~ %s: changed", needed.Identifier)
		for _, one := range differences {
			a.showDifference(one)
		}
	}
}

func (a *automations) write(ctx context.Context, current, desired port.Action) error {
	if current == nil {
		if _, err := a.client.Actions.Create(ctx, desired); err != nil {
			return fmt.Errorf("creating %s: %w", desired.Identifier(), err)
		}
		a.out.line("  created")
		return a.out.err
	}
	if _, err := a.client.Actions.Update(ctx, desired.Identifier(), desired); err != nil {
		return fmt.Errorf("changing %s: %w", desired.Identifier(), err)
	}
	a.out.line("  changed")
	return a.out.err
}

// actionOf returns the action with an identifier, or nil.
func actionOf(actions []port.Action, identifier string) port.Action {
	for _, action := range actions {
		if action.Identifier() == identifier {
			return action
		}
	}
	return nil
}

// showDifference prints the old and the new value, long ones on separate lines.
func (a *automations) showDifference(one automation.Difference) {
	const short = 60
	switch {
	case one.Before == "":
		a.out.line("    + %s: %s", one.Path, one.After)
	case one.After == "":
		a.out.line("    - %s: %s", one.Path, one.Before)
	case len(one.Before)+len(one.After) < short:
		a.out.line("    ~ %s: %s -> %s", one.Path, one.Before, one.After)
	default:
		a.out.line("    ~ %s\n        - %s\n        + %s", one.Path, one.Before, one.After)
	}
}
