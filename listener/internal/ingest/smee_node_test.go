package ingest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// node returns the path of Node, or skips the test.
func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not on PATH: install Node 20.18 or later from https://nodejs.org to run this test")
	}
	return path
}

// TestBodiesFromNodeVerify serialises bodies with Node as Port does, and parses and serialises them
// again as smee.io does.
func TestBodiesFromNodeVerify(t *testing.T) {
	t.Parallel()
	documents := []string{
		`{"separators":"a\u2028b\u2029c","html":"<a href='x'>&</a>","slash":"\/"}`,
		`{"emoji":"\ud83d\ude80🚀","lone":"\ud83d \ude80","reversed":"\ude80\ud83d","rtl":"\u202eabc","bom":"\ufeff"}`,
		`{"control":"\u0000\u0001\u001f\b\f\n\r\t\u007f\u0080","quote":"\"\\","escaped":"\\u003c\\n"}`,
		`{"large":1e21,"larger":1.7976931348623157e308,"twenty":1e20,"small":1e-7,"smallest":5e-324,"minus":-0,"minus one":-1}`,
		`{"tenth":0.1,"third":0.3333333333333333,"sum":0.30000000000000004,"one":1.0,"hundred":1e2,"cpu":91.50}`,
		`{"safe":9007199254740991,"beyond":9007199254740993,"far":12345678901234567890,"id":123456789012345680000}`,
		`{"zebra":1,"10":2,"9":3,"01":4,"-1":5,"4294967294":6,"4294967295":7,"apple":8}`,
		`{"twice":1,"other":2,"twice":3,"__proto__":{"a":1},"constructor":null,"":"empty","\u2028":1,"\ud800":2}`,
		`{"nested":{"a":[[],{},[null,true,false,""],{"b":{"c":{"d":[{}]}}}]},"body":{"body":"body"},"x-port-signature":"v1,x"}`,
		`{ "spaced" : [ 1 , 2 ] }`,
		`{"long":"` + strings.Repeat("é", 20_000) + `"}`,
		`{"action":"UPDATE","diff":{"before":{"properties":{"healthStatus":"Healthy"}},"after":{"title":"data: x\n\nevent: ping\n\n"}}}`,
	}
	input, err := json.Marshal(map[string]any{"secret": secret, "documents": documents})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), node(t), "testdata/relay.mjs")
	command.Stdin, command.Stderr = bytes.NewReader(input), os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	served := newRelay(t)
	r := receiveFrom(t, served.url)
	client := served.accept(t)
	lines := bytes.Split(bytes.TrimSuffix(output, []byte("\n")), []byte("\n"))
	for _, line := range lines {
		var relayed struct{ Posted, Event string }
		if err := json.Unmarshal(line, &relayed); err != nil {
			t.Fatal(err)
		}
		client.send("id: 1\ndata: " + relayed.Event + "\n\n")
		r.store.expect(t, relayed.Posted)
	}
	if len(lines) != len(documents) {
		t.Errorf("Node has written %d of %d documents", len(lines), len(documents))
	}
}

// TestSmeeClientInFrontOfTheWebhook runs smee-client, which forwards events of a channel to a
// webhook.
func TestSmeeClientInFrontOfTheWebhook(t *testing.T) {
	t.Parallel()
	runtime := node(t)
	const program = "testdata/smee-client/node_modules/smee-client/bin/smee.js"
	if _, err := os.Stat(program); err != nil {
		t.Skip("smee-client is not installed: make smee-client installs it with npm")
	}
	served, webhook := newRelay(t), serve(t, &memory{})
	command := exec.CommandContext(t.Context(), runtime, program, "--url", served.url, "--target", webhook.url)
	// The environment is empty, so that no proxy is used.
	command.Env = []string{"NO_PROXY=*"}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	client := served.accept(t)
	client.send(ready + ping)
	// The client receives no events before it prints that it is forwarding.
	printed := newOutputLines(output)
	printed.expect(t, "Forwarding")
	body := string(compact(t, example(t)))
	client.send("id: 1\n" + signedPost(body).frame())
	printed.expect(t, "POST "+webhook.url+" - 202")
	stored := webhook.store.stored()
	if len(stored) != 1 || string(stored[0].Body) != document(t, body) {
		t.Errorf("%d events are stored", len(stored))
	}
	client.send("id: 2\n" + postAt(body, time.Now().Add(-time.Hour)).frame())
	printed.expect(t, "POST "+webhook.url+" - 401")
	if got := webhook.tally.String(); got != "map[signature stale:1 stored:1 unauthorized:1]" {
		t.Errorf("counted %s", got)
	}
}

func compact(t *testing.T, document []byte) []byte {
	t.Helper()
	var compacted bytes.Buffer
	if err := json.Compact(&compacted, document); err != nil {
		t.Fatal(err)
	}
	return compacted.Bytes()
}

// outputLines are the output lines of a program.
type outputLines chan string

func newOutputLines(output io.Reader) outputLines {
	printed := make(outputLines, 100)
	go func() {
		defer close(printed)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			printed <- lines.Text()
		}
	}()
	return printed
}

// expect waits for a line with a prefix.
func (s outputLines) expect(t *testing.T, beginning string) {
	t.Helper()
	var before []string
	for {
		select {
		case line, more := <-s:
			if !more {
				t.Fatalf("it ended without saying %q, but %q", beginning, before)
			}
			if strings.HasPrefix(line, beginning) {
				return
			}
			before = append(before, line)
		case <-time.After(patience):
			t.Fatalf("it did not say %q, but %q", beginning, before)
		}
	}
}
