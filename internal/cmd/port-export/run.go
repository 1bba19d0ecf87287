package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/port-changelog/terraform-provider-port/internal/export"
	"github.com/port-changelog/terraform-provider-port/internal/version"
	"github.com/port-changelog/terraform-provider-port/provider"
)

// run is the program: it returns the exit code.
func run(ctx context.Context, words []string, stdout, stderr io.Writer) int {
	a, err := readArguments(words, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "port-export: %s; see port-export -h\n", err)
		return 2
	}
	if a.version {
		_, _ = fmt.Fprintln(stdout, version.Describe("port-export"))
		return 0
	}
	if err := checkCredentials(); err != nil {
		_, _ = fmt.Fprintf(stderr, "port-export: %s; see port-export -h\n", err)
		return 2
	}
	if err := write(ctx, a, stdout, stderr); err != nil {
		_, _ = fmt.Fprintf(stderr, "port-export: %s\n", err)
		return 1
	}
	return 0
}

// errInterrupted replaces the error of an interrupted request.
var errInterrupted = errors.New("interrupted; no files were written")

// write exports the selected objects and prints a summary.
func write(ctx context.Context, a arguments, stdout, stderr io.Writer) error {
	resources := provider.New(version.Current())().Resources(ctx)
	connected, err := export.Connect(ctx, provider.NewServer(version.Current())(), resources, func(summary, detail string) {
		_, _ = fmt.Fprintf(stderr, "port-export: warning: %s: %s\n", summary, detail)
	})
	if err != nil {
		return err
	}
	catalog, err := connected.Read(ctx, a.selection)
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	written, err := catalog.Write(ctx, a.out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "Exported %s, %s and %s to %s in %s.\n",
		count(written.Blueprints, "blueprint", "blueprints"), count(written.Entities, "entity", "entities"),
		count(written.Actions, "action", "actions"), count(len(written.Files), "file", "files"), a.out)
	return err
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}
