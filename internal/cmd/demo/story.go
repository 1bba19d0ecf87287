package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/internal/slacktext"
)

const (
	clientID   = "demo-client"
	blueprint  = "deploymentConfig"
	entity     = "notification-service-prod"
	alertLimit = 20 * time.Second
)

// story is one run of the demo: what it started, and how to stop it.
type story struct {
	out      io.Writer
	binaries string
	example  string
	slackURL string
	secret   string
	folder   string
	step     int
	cleanups []func() error

	emulatorURL string
	listenerURL string
	slack       *receiver
	terraform   *commandLine
}

func newStory(out io.Writer, binaries, example, slackURL string) (*story, error) {
	absolute, err := filepath.Abs(binaries)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "port-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	s := &story{out: out, binaries: absolute, example: example, slackURL: slackURL, secret: rand.Text(), folder: folder}
	s.onCleanUp(func() error { return os.RemoveAll(folder) })
	return s, nil
}

func (s *story) onCleanUp(cleanUp func() error) { s.cleanups = append(s.cleanups, cleanUp) }

// cleanUp stops what was started, the latest first.
func (s *story) cleanUp() error {
	var problems []error
	for _, cleanUp := range slices.Backward(s.cleanups) {
		problems = append(problems, cleanUp())
	}
	return errors.Join(problems...)
}

func (s *story) play(ctx context.Context) error {
	steps := []func(context.Context) error{
		s.startServers,
		s.apply,
		s.planAgain,
		s.changeHealth,
		s.seeDrift,
		s.restoreHealth,
		s.destroy,
	}
	for _, step := range steps {
		s.step++
		if err := step(ctx); err != nil {
			return err
		}
	}
	s.say("\nThat was the whole story. Read README.md to use it for real.")
	return nil
}

func (s *story) title(format string, args ...any) {
	s.say("\n[%d/7] %s", s.step, fmt.Sprintf(format, args...))
}

func (s *story) say(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format+"\n", args...) }

// indented prints text that somebody else wrote.
func (s *story) indented(text string) {
	for line := range strings.Lines(text) {
		s.say("      %s", strings.TrimRight(line, "\n"))
	}
}

func (s *story) startServers(ctx context.Context) error {
	s.title("Start an emulated Port, a Slack receiver and the listener")
	cli, err := newCommandLine(s.binaries, s.folder, s.example)
	if err != nil {
		return err
	}
	s.terraform = cli
	if err := s.startEmulator(ctx); err != nil {
		return err
	}
	slack, err := startReceiver(ctx, s.slackURL)
	if err != nil {
		return err
	}
	s.slack = slack
	s.onCleanUp(slack.stop)
	if err := s.startListener(ctx); err != nil {
		return err
	}
	s.say("      Port      %s", s.emulatorURL)
	s.say("      Slack     %s", slack.description())
	s.say("      listener  %s", s.listenerURL)
	s.terraform.setEnvironment(map[string]string{
		"PORT_BASE_URL":       s.emulatorURL,
		"PORT_CLIENT_ID":      clientID,
		"PORT_CLIENT_SECRET":  s.secret,
		"TF_VAR_listener_url": s.listenerURL + "/api/slack",
	})
	return nil
}

func (s *story) startEmulator(ctx context.Context) error {
	emulator, err := startProcess(ctx, "port-emulator listening on ", nil, filepath.Join(s.binaries, "port-emulator"),
		"-listen", "127.0.0.1:0", "-client-id", clientID, "-client-secret", s.secret)
	if err != nil {
		return err
	}
	s.onCleanUp(emulator.stop)
	s.emulatorURL = emulator.url
	return nil
}

func (s *story) startListener(ctx context.Context) error {
	environment := map[string]string{"PORT_CLIENT_SECRET": s.secret, "SLACK_WEBHOOK_URL": s.slack.url}
	listener, err := startProcess(ctx, "listening on ", environment, filepath.Join(s.binaries, "listener"),
		"-listen", "127.0.0.1:0", "-admin-listen", "127.0.0.1:0", "-data-dir", filepath.Join(s.folder, "listener-data"))
	if err != nil {
		return err
	}
	s.onCleanUp(listener.stop)
	s.listenerURL = listener.url
	return nil
}

func (s *story) apply(ctx context.Context) error {
	s.title("%s apply: declare the blueprint %q, the entity %q and the automation that reports its health", s.terraform.Name, blueprint, entity)
	if _, err := s.terraform.run(ctx, "init"); err != nil {
		return err
	}
	output, err := s.terraform.run(ctx, "apply", "-auto-approve")
	if err != nil {
		return err
	}
	s.indented(linesWith(output, "Plan:", "Apply complete!"))
	return nil
}

func (s *story) planAgain(ctx context.Context) error {
	s.title("%s plan: nothing is left to do", s.terraform.Name)
	output, err := s.terraform.run(ctx, "plan")
	if err != nil {
		return err
	}
	if !strings.Contains(output, "No changes.") {
		return fmt.Errorf("the plan after the apply is not empty:\n%s", output)
	}
	s.indented(linesWith(output, "No changes."))
	return nil
}

func (s *story) changeHealth(ctx context.Context) error {
	s.title("A monitor writes healthStatus = \"Degraded\" through Port's API; Slack reads:")
	client, err := port.New(s.emulatorURL, port.WithCredentials(clientID, s.secret), port.WithUserAgent("port-demo"))
	if err != nil {
		return err
	}
	patch := &port.EntityPatch{Properties: map[string]any{"healthStatus": "Degraded"}}
	if _, err := client.Entities.Patch(ctx, blueprint, entity, patch, port.UpdateEntityOptions{}); err != nil {
		return err
	}
	return s.showAlert(ctx, "Healthy", "Degraded")
}

func (s *story) seeDrift(ctx context.Context) error {
	s.title("%s plan: the change shows, and only that", s.terraform.Name)
	output, err := s.terraform.run(ctx, "plan")
	if err != nil {
		return err
	}
	change := linesWith(output, `"healthStatus"`)
	if change == "" {
		return fmt.Errorf("the plan does not show the change of healthStatus:\n%s", output)
	}
	s.indented(change)
	s.indented(linesWith(output, "Plan:"))
	return nil
}

func (s *story) restoreHealth(ctx context.Context) error {
	s.title("%s apply: back to what is declared; Slack reads:", s.terraform.Name)
	if _, err := s.terraform.run(ctx, "apply", "-auto-approve"); err != nil {
		return err
	}
	return s.showAlert(ctx, "Degraded", "Healthy")
}

func (s *story) destroy(ctx context.Context) error {
	s.title("%s destroy", s.terraform.Name)
	output, err := s.terraform.run(ctx, "destroy", "-auto-approve")
	if err != nil {
		return err
	}
	s.indented(linesWith(output, "Destroy complete!"))
	return nil
}

// showAlert waits for the next message and checks that it tells the change.
func (s *story) showAlert(ctx context.Context, before, after string) error {
	ctx, cancel := context.WithTimeout(ctx, alertLimit)
	defer cancel()
	message, err := s.slack.next(ctx)
	if err != nil {
		return err
	}
	text := slacktext.Render(message)
	if !strings.Contains(text, before) || !strings.Contains(text, after) {
		return fmt.Errorf("the message does not tell the change from %s to %s:\n%s", before, after, text)
	}
	for line := range strings.Lines(text) {
		s.say("      │ %s", strings.TrimRight(line, "\n"))
	}
	return nil
}

// linesWith keeps the trimmed lines that contain one of the texts.
func linesWith(output string, texts ...string) string {
	var kept []string
	for line := range strings.Lines(output) {
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(line, text) }) {
			kept = append(kept, strings.TrimSpace(line))
		}
	}
	return strings.Join(kept, "\n")
}
