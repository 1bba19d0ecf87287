package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
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
	// pollInterval is how often the emulator is polled for its deliveries.
	pollInterval = 50 * time.Millisecond
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
	steps    int
	cleanups []func() error

	emulatorURL string
	listenerURL string
	port        *port.Client
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

// cleanUp stops everything that was started, in reverse order.
func (s *story) cleanUp() error {
	var problems []error
	for _, cleanUp := range slices.Backward(s.cleanups) {
		problems = append(problems, cleanUp())
	}
	return errors.Join(problems...)
}

func (s *story) play(ctx context.Context) error {
	steps := []func(context.Context) error{
		// Port as it is today.
		s.startServers,
		s.apply,
		s.planAgain,
		s.changeHealth,
		s.seeDrift,
		s.restoreHealth,
		s.destroy,
		// Port as some organizations still have it.
		s.startOlderPort,
		s.applyWithDestination,
		s.changeHealthAgain,
		s.destroy,
	}
	s.steps = len(steps)
	for _, step := range steps {
		s.step++
		if err := step(ctx); err != nil {
			return err
		}
	}
	s.say("\nDone. See README.md to use it with Port and Slack.")
	return nil
}

func (s *story) title(format string, args ...any) {
	s.say("\n[%d/%d] %s", s.step, s.steps, fmt.Sprintf(format, args...))
}

func (s *story) say(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format+"\n", args...) }

// indented prints the output of another program.
func (s *story) indented(text string) {
	for line := range strings.Lines(text) {
		s.say("      %s", strings.TrimRight(line, "\n"))
	}
}

func (s *story) startServers(ctx context.Context) error {
	s.title("Start an emulated Port that refuses changelog destinations, a Slack receiver and the listener")
	cli, err := newCommandLine(s.binaries, s.folder, s.example)
	if err != nil {
		return err
	}
	s.terraform = cli
	if err := s.startEmulator(ctx, "refuse"); err != nil {
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
	s.useServers(nil)
	return nil
}

// startOlderPort starts a second emulator: the catalog of the first one is empty by now.
func (s *story) startOlderPort(ctx context.Context) error {
	s.title("Once more, with a Port that still has changelog destinations")
	if err := s.startEmulator(ctx, "true"); err != nil {
		return err
	}
	s.say("      Port      %s", s.emulatorURL)
	s.useServers(map[string]string{"TF_VAR_changelog_destination": "true"})
	return nil
}

// useServers sets the variables for Terraform, including the URLs of the servers.
func (s *story) useServers(variables map[string]string) {
	environment := map[string]string{
		"PORT_BASE_URL":       s.emulatorURL,
		"PORT_CLIENT_ID":      clientID,
		"PORT_CLIENT_SECRET":  s.secret,
		"TF_VAR_listener_url": s.listenerURL + "/api/slack",
	}
	maps.Copy(environment, variables)
	s.terraform.setEnvironment(environment)
}

// startEmulator starts an emulator with a mode for changelog destinations.
func (s *story) startEmulator(ctx context.Context, mode string) error {
	emulator, err := startProcess(ctx, "port-emulator listening on ", nil, filepath.Join(s.binaries, "port-emulator"),
		"-listen", "127.0.0.1:0", "-client-id", clientID, "-client-secret", s.secret, "-changelog-destination", mode)
	if err != nil {
		return err
	}
	s.onCleanUp(emulator.stop)
	s.emulatorURL = emulator.url
	s.port, err = port.New(s.emulatorURL, port.WithCredentials(clientID, s.secret), port.WithUserAgent("port-demo"))
	return err
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
	if err := s.applyAll(ctx); err != nil {
		return err
	}
	// The creation of the entity.
	return s.awaitPosts(ctx, posts{automation: 1})
}

func (s *story) applyWithDestination(ctx context.Context) error {
	s.title("%s apply: the same, and the blueprint names the listener as its changelog destination", s.terraform.Name)
	if err := s.applyAll(ctx); err != nil {
		return err
	}
	// The creation of the blueprint, which only the changelog reports, and of the entity.
	return s.awaitPosts(ctx, posts{automation: 1, changelog: 2})
}

func (s *story) applyAll(ctx context.Context) error {
	output, err := s.terraform.run(ctx, "apply", "-auto-approve")
	if err != nil {
		return err
	}
	if strings.Contains(output, "Warning:") {
		return fmt.Errorf("the apply warns:\n%s", output)
	}
	s.indented(linesWith(output, "Plan:", "Apply complete!"))
	return nil
}

func (s *story) planAgain(ctx context.Context) error {
	s.title("%s plan: no changes", s.terraform.Name)
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
	s.title("A monitor writes cpuUtil = 91.5, then healthStatus = \"Degraded\", through Port's API; Slack shows:")
	for _, change := range []map[string]any{{"cpuUtil": 91.5}, {"healthStatus": "Degraded"}} {
		if err := s.write(ctx, change); err != nil {
			return err
		}
	}
	if err := s.showAlert(ctx, "Healthy", "Degraded"); err != nil {
		return err
	}
	if err := s.awaitPosts(ctx, posts{automation: 2}); err != nil {
		return err
	}
	s.say("      The automation posted one event: its condition ignores cpuUtil.")
	return nil
}

func (s *story) changeHealthAgain(ctx context.Context) error {
	s.title("A monitor writes healthStatus = \"Degraded\" through Port's API; Slack shows:")
	if err := s.write(ctx, map[string]any{"healthStatus": "Degraded"}); err != nil {
		return err
	}
	if err := s.showAlert(ctx, "Healthy", "Degraded"); err != nil {
		return err
	}
	if err := s.awaitPosts(ctx, posts{automation: 2, changelog: 3}); err != nil {
		return err
	}
	s.say("      Port reported the change twice, by automation and by changelog: one message.")
	// A second message about it would come before this one.
	s.say("      The monitor writes \"Healthy\"; Slack shows:")
	if err := s.write(ctx, map[string]any{"healthStatus": "Healthy"}); err != nil {
		return err
	}
	return s.showAlert(ctx, "Degraded", "Healthy")
}

// write changes properties of the entity, as a monitor would.
func (s *story) write(ctx context.Context, properties map[string]any) error {
	_, err := s.port.Entities.Patch(ctx, blueprint, entity, &port.EntityPatch{Properties: properties}, port.UpdateEntityOptions{})
	return err
}

func (s *story) seeDrift(ctx context.Context) error {
	s.title("%s plan: shows only the monitor's change", s.terraform.Name)
	output, err := s.terraform.run(ctx, "plan")
	if err != nil {
		return err
	}
	changes := linesWith(output, `~ "`)
	if !strings.Contains(changes, `"healthStatus"`) {
		return fmt.Errorf("the plan does not show the change of healthStatus:\n%s", output)
	}
	s.indented(changes)
	s.indented(linesWith(output, "Plan:"))
	return nil
}

func (s *story) restoreHealth(ctx context.Context) error {
	s.title("%s apply: restores the declared value; Slack shows:", s.terraform.Name)
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
	return s.expectNothingLeft(ctx)
}

func (s *story) expectNothingLeft(ctx context.Context) error {
	switch _, err := s.port.Blueprints.Get(ctx, blueprint); {
	case err == nil:
		return fmt.Errorf("the blueprint %q still exists in Port", blueprint)
	case !errors.Is(err, port.ErrNotFound):
		return err
	}
	actions, err := s.port.Actions.List(ctx, port.ListActionsOptions{})
	if err != nil {
		return err
	}
	if len(actions) > 0 {
		return fmt.Errorf("actions still exist in Port: %v", actions)
	}
	s.say("      Port no longer has the blueprint or an automation.")
	return nil
}

// showAlert waits for the next message and checks that it shows the change.
func (s *story) showAlert(ctx context.Context, before, after string) error {
	ctx, cancel := context.WithTimeout(ctx, alertLimit)
	defer cancel()
	message, err := s.slack.next(ctx)
	if err != nil {
		return err
	}
	text := slacktext.Render(message)
	if !strings.Contains(text, before) || !strings.Contains(text, after) {
		return fmt.Errorf("the message does not show the change from %s to %s:\n%s", before, after, text)
	}
	for line := range strings.Lines(text) {
		s.say("      │ %s", strings.TrimRight(line, "\n"))
	}
	return nil
}

// linesWith returns the trimmed lines that contain one of the texts.
func linesWith(output string, texts ...string) string {
	var matches []string
	for line := range strings.Lines(output) {
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(line, text) }) {
			matches = append(matches, strings.TrimSpace(line))
		}
	}
	return strings.Join(matches, "\n")
}

// posts counts the events that Port has posted to the listener.
type posts struct{ automation, changelog int }

// awaitPosts waits until the listener has accepted that many posts, and returns an error if there
// are more.
func (s *story) awaitPosts(ctx context.Context, want posts) error {
	ctx, cancel := context.WithTimeout(ctx, alertLimit)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		accepted, err := s.acceptedPosts(ctx)
		if err != nil {
			return err
		}
		if accepted == want {
			return nil
		}
		if accepted.automation > want.automation || accepted.changelog > want.changelog {
			return fmt.Errorf("the listener accepted posts of %+v, want %+v", accepted, want)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the listener accepted posts of %+v, want %+v: %w", accepted, want, ctx.Err())
		}
	}
}

func (s *story) acceptedPosts(ctx context.Context) (posts, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.emulatorURL+"/_emulator/deliveries", nil)
	if err != nil {
		return posts{}, err
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return posts{}, err
	}
	defer func() { _ = response.Body.Close() }()
	var body struct {
		Deliveries []struct {
			Kind   string `json:"kind"`
			Status int    `json:"status"`
		} `json:"deliveries"`
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return posts{}, err
	}
	var accepted posts
	for _, delivery := range body.Deliveries {
		switch {
		case delivery.Status != http.StatusAccepted:
		case delivery.Kind == "WEBHOOK":
			accepted.automation++
		case delivery.Kind == "CHANGELOG":
			accepted.changelog++
		}
	}
	return accepted, nil
}
