// Command listener turns Port's change events into Slack alerts.
//
// It receives signed events over HTTP, keeps them on disk until they are delivered, and posts a
// message to a Slack incoming webhook for each change of an entity's health.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/version"
	"github.com/port-changelog/terraform-provider-port/listener/internal/app"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/sandbox"
)

// stopTimeout is how long to wait for requests and deliveries in progress. It is longer than any of
// them can take, and shorter than the 30 s after which Kubernetes kills the process.
const stopTimeout = 27 * time.Second

// The exit codes of the command.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	if arguments := os.Args[1:]; sandbox.Called(arguments) {
		os.Exit(sandbox.Run(arguments[1], os.Stdin, os.Stdout))
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, stdout, stderr io.Writer) int {
	if command, rest, ok := find(commands(), arguments); ok {
		return command.run(rest, stdout, stderr)
	}
	flags, err := parseFlags(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		writeUsage(stdout)
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "listener: %v\nRun listener -h for its flags.\n", err)
		return exitUsage
	case flags.version:
		_, _ = fmt.Fprintln(stdout, version.Describe("listener"))
		return exitOK
	}
	load := func(try config.Try) (*config.Config, error) {
		return config.Load(config.Source{
			File: flags.config, DataDir: flags.dataDir, Listen: flags.listen, AdminListen: flags.adminListen, Poll: flags.poll, LookupEnv: os.LookupEnv, Try: try,
		})
	}
	loaded, err := loadFirst(context.Background(), load)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "listener: %v\n", describeInvalid(err))
		return exitFailure
	}
	if flags.checkConfig {
		_, _ = fmt.Fprintln(stdout, "The configuration is valid.", loaded.Summary())
		return exitOK
	}
	if err := serve(flags, loaded, load, stdout, stderr); err != nil {
		_, _ = fmt.Fprintf(stderr, "listener: %v\n", err)
		return exitFailure
	}
	return exitOK
}

// loadFirst reads a configuration while no listener runs.
func loadFirst(ctx context.Context, load func(try config.Try) (*config.Config, error)) (*config.Config, error) {
	evaluator, err := newSandbox()
	if err != nil {
		return nil, err
	}
	defer func() { _ = evaluator.Close(context.WithoutCancel(ctx)) }()
	return load(func(template *message.Template, selected rule.Rule) error {
		return evaluator.Try(ctx, template, selected)
	})
}

// newSandbox returns a sandbox for a command.
func newSandbox() (*sandbox.Sandbox, error) {
	worker, err := sandbox.Self()
	if err != nil {
		return nil, err
	}
	return sandbox.New(sandbox.Options{Command: worker, Memory: budget.NewMemory(), Logger: slog.New(slog.DiscardHandler)}), nil
}

// describeInvalid lists the mistakes in a configuration, one per line.
func describeInvalid(err error) error {
	return errors.New("the configuration is invalid:\n  " + strings.ReplaceAll(err.Error(), "\n", "\n  "))
}

// serve runs the listener until a signal arrives or a part of it fails.
func serve(flags flags, loaded *config.Config, load func(try config.Try) (*config.Config, error), stdout, stderr io.Writer) error {
	level := slog.LevelInfo
	if flags.debug {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	signalled, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	// A hangup while the listener starts or stops must not end it.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	listener, err := app.New(app.Options{
		Config: loaded, Load: load, Listen: loaded.Webhook.Listen, AdminListen: loaded.Admin.Listen, Version: version.Current(), ConfigFile: flags.config, Logger: logger, Now: time.Now,
	})
	if err != nil {
		return err
	}
	if started, err := start(signalled, listener, logger); !started {
		return err
	}
	logger.Info("started", "version", version.Current(), "config", loaded.Summary(), "path", loaded.Webhook.Path,
		"store", describeStore(loaded), "admin", "http://"+listener.AdminAddr().String())
	_, _ = fmt.Fprintf(stdout, "listening on %s://%s\n", scheme(loaded), listener.Addr())

	err = attend(signalled, hangups, listener)
	// From here on, a second signal ends the process.
	release()
	if err != nil {
		logger.Error("stopping: a part of the listener failed", "error", err)
	} else {
		logger.Info("stopping: requests in progress are finished, everything else stays stored; a second signal stops immediately")
	}
	stopping, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := errors.Join(err, listener.Stop(stopping)); err != nil {
		return err
	}
	logger.Info("stopped")
	return nil
}

// start starts the listener, and reports whether it is running. A signal during startup is not an
// error.
func start(signalled context.Context, listener *app.App, logger *slog.Logger) (started bool, err error) {
	err = listener.Start(signalled)
	if err == nil || signalled.Err() == nil {
		return err == nil, err
	}
	logger.Info("stopped during startup", "cause", err)
	return false, nil
}

// attend reloads the configuration at each hangup, until a signal to stop arrives or a part of the
// listener fails.
func attend(signalled context.Context, hangups <-chan os.Signal, listener *app.App) error {
	for {
		select {
		case <-signalled.Done():
			return nil
		case err := <-listener.Failed():
			return err
		case <-hangups:
			// Reload logs the result. A slow file system must not prevent the listener from being
			// stopped.
			go func() { _, _ = listener.Reload(signalled) }()
		}
	}
}

func scheme(loaded *config.Config) string {
	if loaded.Webhook.CertFile != "" {
		return "https"
	}
	return "http"
}

// describeStore says where events are stored.
func describeStore(loaded *config.Config) string {
	if loaded.Store.PostgresURL.Reveal() != "" {
		return "a PostgreSQL database"
	}
	return loaded.Store.Dir
}
