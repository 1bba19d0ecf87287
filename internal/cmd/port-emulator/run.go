package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/version"
)

const (
	// headerTimeout closes the connection of a client that sends nothing.
	headerTimeout = 10 * time.Second
	// grace is how long requests and events in flight may take during shutdown. It is longer than
	// the timeout of one delivery.
	grace = 15 * time.Second
)

// run runs the program until ctx ends or something fails, and returns the exit code.
func run(ctx context.Context, arguments []string, environment func(string) string, stdout, stderr io.Writer) int {
	s, err := readSettings(arguments, environment, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "port-emulator: %s; see port-emulator -h\n", err)
		return 2
	}
	if s.version {
		_, _ = fmt.Fprintln(stdout, version.Describe("port-emulator"))
		return 0
	}
	if err := serve(ctx, s, stdout, stderr); err != nil {
		_, _ = fmt.Fprintf(stderr, "port-emulator: %s\n", err)
		return 1
	}
	return 0
}

// serve runs the emulator until ctx ends.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	s.options.Log = slog.New(slog.NewTextHandler(stderr, nil))
	e, err := emulator.New(s.options)
	if err != nil {
		return err
	}
	if err := seed(e, s.seed); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	e.ServedAt(listener.Addr().String())
	server := &http.Server{Handler: e, ReadHeaderTimeout: headerTimeout}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	_, err = fmt.Fprintf(stdout, "port-emulator listening on http://%s\n", listener.Addr())
	if err == nil {
		select {
		case err = <-ended:
			return fmt.Errorf("serving: %w", err)
		case <-ctx.Done():
		}
	}
	err = errors.Join(err, stop(ctx, server, e))
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, dump(e, s.dump))
}

// stop waits for requests and events in flight. It needs a new context, since that of the program
// has ended.
func stop(ctx context.Context, server *http.Server, e *emulator.Emulator) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	e.ClearFaults() // Otherwise Shutdown would wait for the held requests.
	return errors.Join(server.Shutdown(ctx), e.Close(ctx))
}

// seed loads the catalog if a file is set.
func seed(e *emulator.Emulator, name string) error {
	if name == "" {
		return nil
	}
	file, err := os.Open(name) //nolint:gosec // The file is the user's own choice.
	if err != nil {
		return fmt.Errorf("opening the seed: %w", err)
	}
	defer func() { _ = file.Close() }() // The file was only read.
	if err := e.Seed(file); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// dump writes the catalog if a file is set.
func dump(e *emulator.Emulator, name string) error {
	if name == "" {
		return nil
	}
	file, err := os.Create(name) //nolint:gosec // The file is the user's own choice.
	if err != nil {
		return fmt.Errorf("creating the dump: %w", err)
	}
	return errors.Join(e.Dump(file), file.Close())
}
