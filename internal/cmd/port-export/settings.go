package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/export"
)

// usage precedes the list of flags.
const usage = `port-export writes existing blueprints, with their entities and actions, as
Terraform configuration with import blocks. It changes nothing in Port.

    export PORT_CLIENT_ID=... PORT_CLIENT_SECRET=...   # or PORT_TOKEN; PORT_BASE_URL if needed
    port-export -out catalog service team              # or: port-export -out catalog -all
    cd catalog
    terraform init
    terraform plan                                     # imports, no changes
    terraform apply
    rm *.imports.tf                                    # no longer needed

For each blueprint it writes NAME.tf, NAME.entities.tf, NAME.actions.tf and
NAME.imports.tf. It never overwrites a file. To a folder without configuration it also
writes providers.tf.

Flags:
`

// arguments are the parsed command-line arguments.
type arguments struct {
	out       string
	all       bool
	version   bool
	selection export.Selection
}

// readArguments parses the command line. flag.ErrHelp means that help was requested and has been
// written to output.
func readArguments(words []string, output io.Writer) (arguments, error) {
	var a arguments
	flags := flag.NewFlagSet("port-export", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // The caller reports errors.
	flags.BoolVar(&a.version, "version", false, "print the version and exit")
	flags.StringVar(&a.out, "out", ".", "write to `folder`, which is created if necessary")
	flags.BoolVar(&a.all, "all", false, "export every blueprint except Port's own, and actions without a blueprint")
	flags.BoolVar(&a.selection.Entities, "entities", true, "export the entities of the blueprints")
	flags.BoolVar(&a.selection.Actions, "actions", true, "export the actions and automations of the blueprints")
	flags.StringVar(&a.selection.Query, "query", "", "export only entities that match this Port search query: a JSON `object` with combinator and rules")
	err := flags.Parse(words)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(output)
		_, _ = io.WriteString(output, usage)
		flags.PrintDefaults()
	}
	if err != nil || a.version {
		return a, err
	}
	if a.all == (flags.NArg() > 0) {
		return a, errors.New("name the blueprints to export, or use -all")
	}
	for _, blueprint := range flags.Args() {
		if strings.HasPrefix(blueprint, "-") {
			return a, fmt.Errorf("write flags before the blueprints: %q", blueprint)
		}
	}
	if a.selection.Query != "" && !a.selection.Entities {
		return a, errors.New("-query selects entities, and -entities=false exports none")
	}
	if query := a.selection.Query; query != "" && json.Unmarshal([]byte(query), &map[string]any{}) != nil {
		return a, errors.New("-query must be a JSON object with combinator and rules")
	}
	if !a.all {
		a.selection.Blueprints = flags.Args()
	}
	return a, nil
}

// checkCredentials checks that the environment contains credentials. It does so before the
// provider, whose errors mention a provider block.
func checkCredentials() error {
	isSet := func(variable string) bool { return strings.TrimSpace(os.Getenv(variable)) != "" }
	if isSet("PORT_TOKEN") || (isSet("PORT_CLIENT_ID") && isSet("PORT_CLIENT_SECRET")) {
		return nil
	}
	return errors.New("no credentials for Port: set PORT_CLIENT_ID and PORT_CLIENT_SECRET, or PORT_TOKEN")
}
