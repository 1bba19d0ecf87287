package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/export"
)

// usage precedes the list of flags.
const usage = `port-export writes blueprints that exist at Port, with their entities and actions, as
Terraform configuration with import blocks. It changes nothing at Port.

    export PORT_CLIENT_ID=... PORT_CLIENT_SECRET=...   # or PORT_TOKEN; PORT_BASE_URL if needed
    port-export -out catalog service team              # or: port-export -out catalog -all
    cd catalog
    terraform init
    terraform plan                                     # imports, and changes nothing
    terraform apply
    rm *.imports.tf                                    # they have done their work

For each blueprint it writes NAME.tf, NAME.entities.tf, NAME.actions.tf and
NAME.imports.tf. It overwrites no file. Into a folder without configuration it also
writes providers.tf.

Flags:
`

// arguments is what the command line says.
type arguments struct {
	out       string
	all       bool
	version   bool
	selection export.Selection
}

// readArguments parses the command line. flag.ErrHelp means that help was asked for, and has been
// written to output.
func readArguments(words []string, output io.Writer) (arguments, error) {
	var a arguments
	flags := flag.NewFlagSet("port-export", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // The caller reports errors.
	flags.BoolVar(&a.version, "version", false, "print the version and exit")
	flags.StringVar(&a.out, "out", ".", "write into `folder`, which is made if necessary")
	flags.BoolVar(&a.all, "all", false, "export every blueprint but Port's own, and actions that belong to none")
	flags.BoolVar(&a.selection.Entities, "entities", true, "export the entities of the blueprints")
	flags.BoolVar(&a.selection.Actions, "actions", true, "export the actions and automations of the blueprints")
	flags.StringVar(&a.selection.Query, "query", "", "export only entities that this search of Port selects: a JSON `object` of combinator and rules")
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
	if !a.all {
		a.selection.Blueprints = flags.Args()
	}
	return a, nil
}
