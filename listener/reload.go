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
		about: `Have the running listener read its configuration again.

The listener reads the file and every file that it names, as at SIGHUP. Rules,
templates, destinations, secrets, the certificate and smee apply at once; if
anything is wrong nothing does, and what is wrong is shown. Variables of the
environment keep the values that the listener was started with.`,
		prepare: prepareReload,
	}
}

func prepareReload(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	var asked address
	asked.define(flags)
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if err := noOperands(operands); err != nil {
			return err
		}
		client, err := asked.client()
		if err != nil {
			return err
		}
		said, err := client.Reload(ctx)
		if errors.Is(err, admin.ErrNobody) {
			return fmt.Errorf("nothing answers at %s; is the listener running there?", client.Address())
		}
		if err != nil {
			return client.explain(err)
		}
		_, err = fmt.Fprintln(out, said)
		return err
	}
}
