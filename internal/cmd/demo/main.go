// Command demo shows the provider and the listener on one machine, with emulators instead of Port
// and Slack: Terraform declares a blueprint, an entity and an automation, a monitor changes the
// entity's health, and the listener alerts a Slack-compatible receiver. The emulated Port refuses
// changelog destinations, as Port does today; a second one supports them, and reports each change
// twice. `make demo` builds the binaries and starts it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// timeLimit stops a demo that hangs; a warm run takes a few seconds.
const timeLimit = 3 * time.Minute

func main() {
	binaries := flag.String("bin", "bin", "the `folder` of the built binaries")
	example := flag.String("example", "examples/changelog-listener", "the `folder` of the Terraform configuration to apply")
	flag.Parse()

	if err := run(os.Stdout, *binaries, *example, os.Getenv("SLACK_WEBHOOK_URL")); err != nil {
		fmt.Fprintf(os.Stderr, "\nThe demo failed: %v\n", err)
		os.Exit(1)
	}
}

// run runs the story and stops everything that it started, even if the user interrupts it.
func run(out io.Writer, binaries, example, slackURL string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()

	story, err := newStory(out, binaries, example, slackURL)
	if err != nil {
		return err
	}
	defer func() {
		if cleanupErr := story.cleanUp(); err == nil {
			err = cleanupErr
		}
	}()
	if err := story.play(ctx); err != nil {
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return fmt.Errorf("it took longer than %s: %w", timeLimit, err)
		case ctx.Err() != nil:
			return errors.New("interrupted")
		default:
			return err
		}
	}
	return nil
}
