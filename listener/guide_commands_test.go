package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/testlog"
)

// elsewhere lists prefixes of the commands that TestGuideCommands does not run, with the reasons.
// It runs all others: a command that cannot be run here fails the test until it is added.
var elsewhere = map[string]string{
	"git clone ":                            "needs a network",
	"go install ./listener":                 "installs on this machine",
	"make ":                                 ".ci/run calls these targets",
	"go run ./examples/listener/receiver &": "compiles, and has a test of its own; the channel of the test stands in for it",
	"terraform ":                            "make demo applies this example, and tests of the provider run the rest",
	"cd catalog && terraform init":          "tests of port-export import what it writes",
	"port-export ":                          "has tests of its own",
	"port-emulator ":                        "has tests of its own; the emulator of this test stands in for it",
	"psql ":                                 "the tests of the queue query PostgreSQL",
}

// guideCommand is a command of a page with its output.
type guideCommand struct{ text, shown string }

// guideCommands returns the commands in the fenced blocks of a page. Blocks with a prompt also
// contain the output.
func guideCommands(t *testing.T, page string) []guideCommand {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var commands []guideCommand
	for _, block := range regexp.MustCompile("(?ms)^```(?:shell|console|sh|bash)\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
		content := strings.ReplaceAll(block[1], "\\\n", " ")
		prompted := strings.HasPrefix(content, "$ ")
		for line := range strings.Lines(content) {
			command, isCommand := strings.CutPrefix(line, "$ ")
			switch {
			case prompted && !isCommand:
				commands[len(commands)-1].shown += line
			case strings.TrimSpace(line) != "":
				command, _, _ = strings.Cut(command, " # ")
				commands = append(commands, guideCommand{text: strings.TrimSpace(command)})
			}
		}
	}
	return commands
}

// reader runs the commands of a page in a shell, with a fake Port and Slack.
type reader struct {
	clone        string
	port         *fakePort
	listen       string
	admin        string
	slack        *httptest.Server
	status       atomic.Int32
	shell        io.Writer
	output       testlog.Buffer
	environment  []string
	replacements *strings.Replacer
}

// newReader prepares a directory that looks like a clone, and a shell in one of its subdirectories.
func newReader(t *testing.T, folder string) *reader {
	t.Helper()
	r := &reader{clone: filepath.Join(t.TempDir(), "terraform-provider-port"), port: startPort(t)}
	for _, other := range []string{"database", "a/b"} {
		if err := r.port.client.Blueprints.Delete(t.Context(), other, port.DeleteBlueprintOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	r.status.Store(http.StatusOK)
	words := map[int]string{http.StatusOK: "ok", http.StatusNotFound: "no_service", http.StatusBadRequest: "invalid_blocks"}
	r.slack = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		status := int(r.status.Load())
		if body, _ := io.ReadAll(request.Body); string(body) == "{}" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "no_text")
			return
		}
		r.status.CompareAndSwap(http.StatusServiceUnavailable, http.StatusOK)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, words[status])
	}))
	t.Cleanup(r.slack.Close)
	r.listen, r.admin = freeAddress(t), freeAddress(t)
	r.replacements = strings.NewReplacer(
		"PORT_CLIENT_ID=…", "PORT_CLIENT_ID=cid", "PORT_CLIENT_SECRET=…", "PORT_CLIENT_SECRET=k7-client-secret", "SLACK_WEBHOOK_URL=…", "SLACK_WEBHOOK_URL="+r.slack.URL,
		"=emulator-client-id", "=cid", "=emulator-client-secret", "=k7-client-secret",
		"https://api.us.getport.io", r.port.url, "http://127.0.0.1:8400", r.port.url, "http://127.0.0.1:9000/services/example", r.slack.URL,
		"https://listener.example.com", "http://"+r.listen, "/var/lib/port-listener", filepath.Join(r.clone, "data"),
		"cd examples/", "cd "+r.clone+"/examples/", "curl ", "curl --fail ",
	)
	r.layOut(t)
	r.open(t, filepath.Join(r.clone, folder))
	return r
}

// layOut creates the directories, and a listener on PATH that uses the addresses of this test
// instead of the default ones.
func (r *reader) layOut(t *testing.T) {
	t.Helper()
	root, err := filepath.Abs("..")
	executable, missing := os.Executable()
	if err != nil || missing != nil {
		t.Fatal(err, missing)
	}
	bin := filepath.Join(filepath.Dir(r.clone), "bin")
	for _, folder := range []string{r.clone, bin} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(root, "examples"), filepath.Join(r.clone, "examples")); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`#!/bin/sh
case "$* " in
send*-url*|render*|setup*|doctor*|-version*) ;;
send*) set -- "$@" -url http://%[1]s/api/slack ;;
explain*|destinations*|dlq*|reload*) set -- "$@" -admin %[2]s ;;
*) set -- "$@" -listen %[1]s -admin-listen %[2]s ;;
esac
%[3]s=1 exec %[4]q "$@"
`, r.listen, r.admin, actAsListener, executable)
	if err := os.WriteFile(filepath.Join(bin, "listener"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	r.environment = []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + filepath.Dir(r.clone), "NO_PROXY=*",
		"PORT_BASE_URL=" + r.port.url, "PORT_CLIENT_ID=cid", "PORT_CLIENT_SECRET=k7-client-secret", "SLACK_WEBHOOK_URL=" + r.slack.URL,
	}
}

// freeAddress returns an unused address. If all of 127.0.0.0/8 is local, it has its own host,
// because other tests take ports of 127.0.0.1 at any time.
func freeAddress(t *testing.T) string {
	t.Helper()
	host := "127.0.0.1"
	if runtime.GOOS == "linux" {
		host = "127.0.0.2"
	}
	listening, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listening.Close()
	return listening.Addr().String()
}

// open starts the shell. Processes that it starts end with the test.
func (r *reader) open(t *testing.T, folder string) {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "bash")
	shell.Dir, shell.Env, shell.SysProcAttr = folder, r.environment, &syscall.SysProcAttr{Setpgid: true}
	shell.Stdout, shell.Stderr = &r.output, &r.output
	shell.Cancel = func() error { return syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) }
	input, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Skipf("SKIPPED: there is no bash: %v", err)
	}
	r.shell = input
	t.Cleanup(func() { _ = shell.Wait() })
}

// types runs a command in the shell, and returns its output and exit code.
func (r *reader) types(t *testing.T, command string) (output, code string) {
	t.Helper()
	before := len(r.output.String())
	ended := regexp.MustCompile(`(?s)^(.*?)@ended (\d+)@\n`)
	if _, err := fmt.Fprintf(r.shell, "%s\necho \"@ended $?@\"\n", command); err != nil {
		t.Fatal(err)
	}
	until(t, "the end of "+command+" after "+r.output.String()[before:], patience, func() bool {
		match := ended.FindStringSubmatch(r.output.String()[before:])
		if match != nil {
			output, code = match[1], match[2]
		}
		return match != nil
	})
	if regexp.MustCompile(`^listener (-config \S+ )?.*&$`).MatchString(command) {
		until(t, command+" listens", patience, func() bool { return strings.Contains(r.output.String()[before:], "listening on") })
	}
	return output, code
}

// runs runs a command of the page, and compares its output.
func (r *reader) runs(t *testing.T, command guideCommand) {
	t.Helper()
	for beginning := range elsewhere {
		if strings.HasPrefix(command.text, beginning) {
			return
		}
	}
	program, _, _ := strings.Cut(command.text, " ")
	if program == "sqlite3" || program == "curl" {
		if _, err := exec.LookPath(program); err != nil {
			t.Logf("SKIPPED: %s is not on PATH", program)
			return
		}
	}
	text := r.replacements.Replace(command.text)
	foreground := regexp.MustCompile(`^listener (-poll \S+|-config \S+)$`).MatchString(text)
	if foreground {
		text += " 2>>listener.log &"
	}
	output, code := r.types(t, text)
	if foreground {
		_, code = r.types(t, "kill $! && wait $!")
	}
	want := "0"
	if strings.Contains(command.shown, "FAIL") {
		want = "1"
	}
	if code != want {
		t.Errorf("%s exits with %s and says\n%s", text, code, output)
	}
	if command.shown != "" && r.alike(output) != r.alike(command.shown) {
		t.Errorf("%s says\n%s\nand the page shows\n%s", text, output, command.shown)
	}
}

// alike replaces the parts of an output that differ from run to run.
func (r *reader) alike(text string) string {
	text = strings.NewReplacer("http://"+r.listen, "https://listener.example.com", r.port.url, "https://api.getport.io").Replace(text)
	for pattern, replacement := range map[string]string{
		// The address of the test is not public and not https.
		`(?m)^The address is not https.*\n`: "", `(?m)^warn +webhook .*\n.*with -url\n`: "",
		`\d{4}-\d\d-\d\dT[0-9:.]+Z`: "TIME", `\d{4}-\d\d-\d\d [0-9:.]+ UTC`: "TIME", `\b[0-9a-f]{12}\b`: "ID", `\b\d+[sm]\b`: "AGE", ` +`: " ",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, replacement)
	}
	return strings.TrimSpace(text)
}

// awaits waits until the response of the admin address contains a text.
func (r *reader) awaits(t *testing.T, path, want string) {
	t.Helper()
	running := &running{admin: "http://" + r.admin}
	until(t, path+" says "+want, patience, func() bool {
		_, text := running.ask(t, http.MethodGet, path)
		return strings.Contains(text, want)
	})
}

// operates prepares the situation that the operation page shows before a command.
func (r *reader) operates(t *testing.T, command string) {
	t.Helper()
	switch {
	case strings.HasPrefix(command, "listener send"):
		r.status.Store(http.StatusServiceUnavailable)
	case strings.HasPrefix(command, "listener explain"):
		r.awaits(t, "/-/events", `"delivered"`)
	case command == "listener destinations":
		r.status.Store(http.StatusNotFound)
		r.types(t, "listener send; listener send")
		r.awaits(t, "/-/destinations", `"parked"`)
	case strings.HasPrefix(command, "listener destinations unpark"):
		r.status.Store(http.StatusBadRequest)
	case command == "listener dlq list":
		r.awaits(t, "/-/destinations", `"dead_letters":2`)
		r.status.Store(http.StatusOK)
	case strings.HasPrefix(command, "listener doctor"):
		r.types(t, r.replacements.Replace("listener setup -url https://listener.example.com -apply"))
		if _, err := r.port.client.Actions.Update(t.Context(), "report_deploymentConfig", unpublished(t, r.port)); err != nil {
			t.Fatal(err)
		}
	}
}

// unpublished is an unpublished automation of setup.
func unpublished(t *testing.T, p *fakePort) port.Action {
	t.Helper()
	action, err := p.client.Actions.Get(t.Context(), "report_deploymentConfig")
	if err != nil {
		t.Fatal(err)
	}
	action["publish"] = false
	return action
}

// TestGuideCommands runs every command of the README and of the guide except those in elsewhere,
// with one shell per page, and compares the output with the page.
func TestGuideCommands(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../docs/guides/listener*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("there are no pages: %v", err)
	}
	folders := map[string]string{"listener.md": "..", "listener-operation.md": "examples/listener"}
	var all []string
	for _, page := range append(pages, "../README.md") {
		commands := guideCommands(t, page)
		for _, command := range commands {
			all = append(all, command.text)
		}
		name := filepath.Base(page)
		if len(commands) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReader(t, folders[name])
			if name == "listener-operation.md" {
				r.types(t, "listener -config "+absolute(t, "../../listener/testdata/guide.yaml")+" -data-dir "+r.clone+"/data 2>"+r.clone+"/log &")
			}
			for _, command := range commands {
				if name == "listener-operation.md" {
					r.operates(t, command.text)
				}
				r.runs(t, command)
			}
		})
	}
	for beginning := range elsewhere {
		if !slices.ContainsFunc(all, func(command string) bool { return strings.HasPrefix(command, beginning) }) {
			t.Errorf("no page has the command %q any more", beginning)
		}
	}
}
