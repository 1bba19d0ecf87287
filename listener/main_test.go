package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/version"
	"github.com/port-changelog/terraform-provider-port/listener/internal/app"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/sandbox"
)

// actAsListener makes the test binary act as the command, so that the tests use real processes,
// signals and exit codes without a build.
const actAsListener = "LISTENER_TEST_ACT_AS_LISTENER"

// patience limits every wait in these tests.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(actAsListener) != "" || sandbox.Called(os.Args[1:]) {
		main()
		return
	}
	os.Exit(m.Run())
}

// process prepares the listener as a process with its own environment.
func process(t *testing.T, environment map[string]string, arguments ...string) *exec.Cmd {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	prepared := exec.CommandContext(ctx, executable, arguments...)
	prepared.Dir = t.TempDir()
	prepared.Env = []string{actAsListener + "=1"}
	for name, value := range environment {
		prepared.Env = append(prepared.Env, name+"="+value)
	}
	return prepared
}

// outcome is the exit code and the output of a process.
type outcome struct {
	code           int
	stdout, stderr string
}

func execute(t *testing.T, environment map[string]string, arguments ...string) outcome {
	t.Helper()
	prepared := process(t, environment, arguments...)
	var stdout, stderr bytes.Buffer
	prepared.Stdout, prepared.Stderr = &stdout, &stderr
	err := prepared.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return outcome{prepared.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func classic(webhook string) map[string]string {
	return map[string]string{"PORT_CLIENT_SECRET": "k7-client-secret", "SLACK_WEBHOOK_URL": webhook + "/services/sEcReTtOkEn"}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "listener.yaml")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, bad := file("destinations: {team: {webhook_url: \"${SLACK_WEBHOOK_URL}\"}}\n"), file("destination: {}\n")
	tests := []struct {
		name        string
		environment map[string]string
		arguments   []string
		want        outcome
	}{
		{"the version", nil, []string{"-version"}, outcome{0, version.Describe("listener") + "\n", ""}},
		{"an unknown flag", nil, []string{"-bogus"}, outcome{2, "", "listener: flag provided but not defined: -bogus\nRun listener -h for its flags.\n"}},
		{"an argument", nil, []string{"start"}, outcome{2, "", "listener: unknown command \"start\"\nRun listener -h for its flags.\n"}},
		{"an environment that is valid", classic("http://localhost"), []string{"-check-config"}, outcome{0, "The configuration is valid. Client secrets: 1. Destinations: default. Rules: health.\n", ""}},
		{"a file that is valid", classic("http://localhost"), []string{"-config", good, "-check-config"}, outcome{0, "The configuration is valid. Client secrets: 1. Destinations: team. Rules: health.\n", ""}},
		{"a file that is not", classic("http://localhost"), []string{"-config", bad, "-check-config"}, outcome{1, "", "listener: the configuration is invalid:\n  " + bad +
			":1: \"destination\" is not a key of the file; did you mean destinations?\n"}},
		{"the same without checking only", classic("http://localhost"), []string{"-config", bad}, outcome{1, "", "listener: the configuration is invalid:\n  " + bad +
			":1: \"destination\" is not a key of the file; did you mean destinations?\n"}},
		{"no environment", nil, nil, outcome{1, "", `listener: the configuration is invalid:
  PORT_CLIENT_SECRET is not set: set it to the client secret with which Port signs events, or PORT_CLIENT_SECRET_FILE to the path of a file that contains it
  SLACK_WEBHOOK_URL is not set: set it to the URL of the Slack incoming webhook that alerts go to, or SLACK_WEBHOOK_URL_FILE to the path of a file that contains it
`}},
		{"an invalid address", classic("http://localhost"), []string{"-listen", "8080", "-admin-listen", "127.0.0.1:0"}, outcome{
			1, "",
			"listener: the configuration is invalid:\n  -listen: it must be a host and a port, such as 127.0.0.1:8080 or :8080\n",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := execute(t, test.environment, test.arguments...); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	got := execute(t, nil, "-h")
	if got.code != 0 || got.stderr != "" {
		t.Errorf("got %+v", got)
	}
	for _, mentioned := range []string{
		"POST /api/slack", "PORT_CLIENT_SECRET_FILE", "SLACK_WEBHOOK_URL_FILE", "-config file", "-listen address", "-admin-listen address",
		"-data-dir directory", "$STATE_DIRECTORY", "-check-config", "-version",
	} {
		if !strings.Contains(got.stdout, mentioned) {
			t.Errorf("the help does not mention %s:\n%s", mentioned, got.stdout)
		}
	}
}

// TestCheckConfigTouchesNothing checks that -check-config needs no data directory.
func TestCheckConfigTouchesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if got := execute(t, classic("http://localhost"), "-check-config", "-data-dir", dir); got.code != 0 {
		t.Errorf("got %+v", got)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data directory was created (%v)", err)
	}
}

// TestTheListenerAtWork starts the command, sends it an event, and stops it with SIGTERM and
// SIGINT.
func TestTheListenerAtWork(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			delivered := make(chan string, 1)
			slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				_, _ = io.WriteString(w, "ok")
				delivered <- string(body)
			}))
			t.Cleanup(slack.Close)
			running := process(t, classic(slack.URL), "-listen", "127.0.0.1:0", "-admin-listen", "127.0.0.1:0")
			var stderr bytes.Buffer
			running.Stderr = &stderr
			stdout, err := running.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := running.Start(); err != nil {
				t.Fatal(err)
			}
			output := bufio.NewReader(stdout)
			line, err := output.ReadString('\n')
			address := regexp.MustCompile(`^listening on (http://127\.0\.0\.1:[1-9]\d*)\n$`).FindStringSubmatch(line)
			if address == nil {
				t.Fatalf("it printed %q (%v)", line, err)
			}

			if status := postExample(t, address[1]+"/api/slack"); status != http.StatusAccepted {
				t.Errorf("the response to the event is %d", status)
			}
			select {
			case message := <-delivered:
				if !strings.Contains(message, "Change in Notification Service Production health status") {
					t.Errorf("Slack was sent %s", message)
				}
			case <-time.After(patience):
				t.Fatal("Slack was sent nothing")
			}

			if err := running.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(output)
			if err != nil || len(rest) > 0 {
				t.Errorf("it also printed %q (%v)", rest, err)
			}
			if err := running.Wait(); err != nil {
				t.Errorf("it ended with %v:\n%s", err, stderr.String())
			}
			if _, err := os.Stat(filepath.Join(running.Dir, "listener-data")); err != nil {
				t.Errorf("there is no data directory: %v", err)
			}
			for _, text := range []string{"msg=started", "msg=\"event received\"", "msg=\"alert delivered\"", "msg=stopped"} {
				if !strings.Contains(stderr.String(), text) {
					t.Errorf("the log lacks %s:\n%s", text, stderr.String())
				}
			}
			if strings.Contains(stderr.String(), "sEcReTtOkEn") || strings.Contains(stderr.String(), "k7-client-secret") {
				t.Errorf("the log holds a secret:\n%s", stderr.String())
			}
		})
	}
}

// postExample sends the example event as Port does, and returns the status.
func postExample(t *testing.T, url string) int {
	t.Helper()
	body, err := os.ReadFile("example-event.json")
	if err != nil {
		t.Fatal(err)
	}
	timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(changelog.TimestampHeader, timestamp)
	request.Header.Set(changelog.SignatureHeader, changelog.Sign("k7-client-secret", timestamp, body))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// TestStoppedWhileStarting stops the listener during startup.
func TestStoppedWhileStarting(t *testing.T) {
	t.Parallel()
	variables := classic("http://localhost")
	loaded, err := config.Load(config.Source{DataDir: t.TempDir(), Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", LookupEnv: func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := app.New(app.Options{
		Config: loaded, Listen: loaded.Webhook.Listen, AdminListen: loaded.Admin.Listen, Version: "test", Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	signalled, stop := context.WithCancel(t.Context())
	stop()
	if started, err := start(signalled, listener, slog.New(slog.DiscardHandler)); started || err != nil {
		t.Errorf("started: %t (%v)", started, err)
	}
}

// TestTheAddressesOfTheFile runs a listener with the addresses in its configuration, and checks
// that its log has an unmatched event.
func TestTheAddressesOfTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "listener.yaml")
	if err := os.WriteFile(file, []byte("webhook: {listen: \"127.0.0.1:0\"}\nadmin: {listen: \"127.0.0.1:0\"}\nrules: [{name: none, blueprint: none}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	running := startListener(t, classic("http://localhost"), "-config", file, "-debug", "-listen", "", "-admin-listen", "")
	defer running.stop(t)
	if status := postExample(t, running.url); status != http.StatusAccepted {
		t.Errorf("the response to the event is %d", status)
	}
	running.logged(t, `level=DEBUG msg="no rule matches the event"`)
}

// TestASecondSignalEnds stops the listener while Slack does not respond: the first signal waits for
// it, the second does not.
func TestASecondSignalEnds(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	slack := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	t.Cleanup(slack.Close)
	t.Cleanup(func() { close(release) })
	running := startListener(t, classic(slack.URL))
	postExample(t, running.url)
	<-arrived
	if err := running.process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	running.logged(t, "a second signal stops immediately")
	if err := running.process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := running.wait(); err == nil {
		t.Error("it ended as if all were done")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it went on for %s after the second signal", took)
	}
}
