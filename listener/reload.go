package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
)

func reloadCommand() command {
	return command{
		name:      "reload",
		arguments: "[-admin address]",
		summary:   "make the running listener read its configuration again",
		about: `Make the running listener read its configuration again.

The listener reads the file and every file that it names, as on SIGHUP. Rules,
templates, destinations, secrets, the certificate and smee apply immediately. If the
configuration has mistakes, they are shown and nothing changes. Environment
variables keep the values from the start of the listener.`,
		prepare: prepareReload,
	}
}

func prepareReload(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	var target address
	target.define(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if err := noOperands(operands); err != nil {
			return err
		}
		client, err := target.client()
		if err != nil {
			return err
		}
		text, err := client.Reload(ctx)
		if errors.Is(err, admin.ErrNoListener) {
			return fmt.Errorf("nothing answers at %s; is the listener running there?", client.Address())
		}
		if err != nil {
			return client.explain(err)
		}
		_, err = fmt.Fprintln(out, text)
		return err
	}
}
