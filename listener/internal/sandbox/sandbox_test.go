package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/sandbox"
	"github.com/port-changelog/terraform-provider-port/listener/internal/testlog"
)

func TestMain(m *testing.M) {
	if sandbox.Called(os.Args[1:]) {
		os.Exit(sandbox.Run(os.Args[2], os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func open(tb testing.TB) (*sandbox.Sandbox, *testlog.Buffer) {
	tb.Helper()
	command, err := sandbox.Self()
	if err != nil {
		tb.Fatal(err)
	}
	log := &testlog.Buffer{}
	opened := sandbox.New(sandbox.Options{Command: command, Memory: budget.NewMemory(), Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err := opened.Start(context.WithoutCancel(tb.Context())); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := opened.Close(context.WithoutCancel(tb.Context())); err != nil {
			tb.Error(err)
		}
	})
	return opened, log
}

func all(tb testing.TB, expressions ...string) *rule.Condition {
	tb.Helper()
	condition, err := rule.All(expressions...)
	if err != nil {
		tb.Fatal(err)
	}
	return condition
}

func decide(t *testing.T, opened *sandbox.Sandbox, event string, expressions ...string) []rule.Verdict {
	t.Helper()
	var conditions []*rule.Condition
	for _, expression := range expressions {
		conditions = append(conditions, all(t, expression))
	}
	verdicts, err := opened.Decide(t.Context(), []byte(event), conditions)
	if err != nil {
		t.Fatal(err)
	}
	return verdicts
}

// TestVerdictsAreThoseOfTheCondition compares the verdicts of the worker process with those in this
// process.
func TestVerdictsAreThoseOfTheCondition(t *testing.T) {
	t.Parallel()
	opened, _ := open(t)
	const body = `{"action":"UPDATE","resourceType":"entity","diff":{"before":null,"after":{"properties":{"n":9007199254740993}}}}`
	event, err := changelog.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	expressions := []string{
		`.action == "UPDATE"`, `.action == "DELETE"`, `.diff.after.properties.n == 9007199254740993`, `.action + 1`,
		`last(repeat(.action))`, `repeat(.action | . == 1)`,
	}
	for i, got := range decide(t, opened, body, expressions...) {
		want := all(t, expressions[i]).Decide(event)
		if got.Matches != want.Matches || got.Reason != want.Reason || fmt.Sprint(got.Err) != fmt.Sprint(want.Err) ||
			errors.Is(got.Err, rule.ErrTime) != errors.Is(want.Err, rule.ErrTime) || errors.Is(got.Err, rule.ErrOutputs) != errors.Is(want.Err, rule.ErrOutputs) {
			t.Errorf("%s: %+v, want %+v", expressions[i], got, want)
		}
	}
}

// numbers is an event with two lists whose difference takes jq minutes.
func numbers() string {
	list := func(from int) string {
		var written strings.Builder
		for i := range 60_000 {
			fmt.Fprintf(&written, ",%d", from+i)
		}
		return "[" + written.String()[1:] + "]"
	}
	return `{"action":"UPDATE","resourceType":"entity","diff":{"before":{"properties":{"x":` + list(0) + `}},"after":{"properties":{"x":` + list(1_000_000) + `}}}}`
}

// TestTheProcessDiesAlone evaluates conditions that cannot be interrupted. The other conditions for
// the event are still evaluated.
func TestTheProcessDiesAlone(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("the race detector makes short steps long")
	}
	const small = `{"action":"UPDATE","resourceType":"entity"}`
	for name, test := range map[string]struct{ expression, event, cause string }{
		"a step of minutes":                   {`(.diff.after.properties.x - .diff.before.properties.x) | length > 0`, numbers(), "it took longer than"},
		"a step of minutes for a small event": {`(.action * 20000 | explode) as $a | ("z" * 120000 | explode) - $a | length > 0`, small, "it took longer than"},
		"gigabytes in one step":               {`.action * 80000000 | length > 0`, small, "it used more than 320 MiB of memory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opened, log := open(t)
			verdicts := decide(t, opened, test.event, `.action == "UPDATE"`, test.expression, `.action == "DELETE"`)
			if !verdicts[0].Matches || verdicts[2].Matches || verdicts[2].Err != nil {
				t.Errorf("the others: %+v", verdicts)
			}
			if got := verdicts[1]; got.Matches || !errors.Is(got.Err, sandbox.ErrDied) {
				t.Errorf("got %+v", got)
			}
			if died := strings.Count(log.String(), "templates died"); died != 3 || !strings.Contains(log.String(), test.cause) {
				t.Errorf("it has died %d times:\n%s", died, log)
			}
			if strings.Contains(log.String(), "UPDATE") {
				t.Errorf("the log quotes the event:\n%s", log)
			}
		})
	}
}

// TestADenseEventFits evaluates an event with the highest possible memory cost.
func TestADenseEventFits(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("the race detector takes as much memory again")
	}
	opened, log := open(t)
	for _, element := range []string{`{"":0},`, `[0],`, `1,`} {
		event := `{"action":"UPDATE","resourceType":"entity","diff":{"before":null,"after":{"properties":{"x":[` +
			strings.Repeat(element, (4<<20-200)/len(element)) + `0]}}}}`
		if got := decide(t, opened, event, `.diff.after.properties.x | length > 10`); !got[0].Matches {
			t.Errorf("%s: %+v\n%s", element, got, log)
		}
	}
}

func newTemplate(t *testing.T, source message.Source) *message.Template {
	t.Helper()
	template, err := message.NewTemplate(source)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// TestMessagesAreThoseOfTheTemplate compares the messages of the worker process with those in this
// process.
func TestMessagesAreThoseOfTheTemplate(t *testing.T) {
	t.Parallel()
	opened, _ := open(t)
	selected := rule.Rule{Name: "n", Property: "x", HealthyValues: []any{json.Number("1.50"), nil, "Up"}}
	body := []byte(`{"action":"UPDATE","resourceType":"entity","context":{"entity":"e","blueprint":"b"},"trigger":{"at":"2026-01-02T03:04:05Z"},
		"diff":{"before":{"properties":{"x":"<!here> & more"}},"after":{"title":"T","properties":{"x":1.5}}}}`)
	event, err := changelog.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	names := message.Names{User: "Ada <&>", Blueprint: "B", Teams: []string{"x"}, Link: "https://app.getport.io/b"}
	alert := message.NewAlert(event, selected).WithNames(names)
	notes := message.Notes{Now: time.Date(2026, 1, 2, 4, 4, 5, 0, time.UTC), PossiblySent: true, Overtaken: true}
	for name, source := range map[string]message.Source{
		"parts": {Header: `{{ .Title }} {{ .From }}`, Body: `{{ .To }} {{ .UserName }} {{ .BlueprintTitle }} {{ join "" .Teams }} {{ link .Link .From }}`, Line: `*{{ .From }}* {{ .Recovered }}`},
		"blocks": {Blocks: []any{
			map[string]any{"type": "section", "block_id": "a", "text": map[string]any{"type": "mrkdwn", "text": "<!channel> {{ .From }}"}},
			map[string]any{"type": "new_type", "count": json.Number("9007199254740993"), "unknown": "{{ .Title }}"},
		}},
	} {
		template := newTemplate(t, source)
		want, err := template.Message(alert, notes)
		if err != nil {
			t.Fatal(err)
		}
		got, err := opened.Message(t.Context(), body, selected, template, names, notes)
		if err != nil {
			t.Fatal(err)
		}
		if got.Text != want.Text || !bytes.Equal(blocks(t, got), blocks(t, want)) {
			t.Errorf("%s: %+v\n%s\nwant %+v\n%s", name, got, blocks(t, got), want, blocks(t, want))
		}
		wantLine, err := template.Line(alert)
		if err != nil {
			t.Fatal(err)
		}
		gotLine, err := opened.Line(t.Context(), body, selected, template, names)
		if err != nil || !reflect.DeepEqual(gotLine, wantLine) {
			t.Errorf("%s: the line is %+v (%v), want %+v", name, gotLine, err, wantLine)
		}
	}
}

func blocks(t *testing.T, of message.Message) []byte {
	t.Helper()
	written, err := changelog.Stringify(of.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	value, err := json.Marshal(json.RawMessage(written))
	if err != nil {
		t.Fatal(err)
	}
	var sorted any
	if err := json.Unmarshal(value, &sorted); err != nil {
		t.Fatal(err)
	}
	if written, err = json.Marshal(sorted); err != nil {
		t.Fatal(err)
	}
	return written
}

// TestATemplateThatFails distinguishes a mistake from a killed process.
func TestATemplateThatFails(t *testing.T) {
	t.Parallel()
	opened, log := open(t)
	mistaken := newTemplate(t, message.Source{Header: `{{ if eq .To "x" }}{{ . }}{{ end }}`})
	_, err := opened.Message(t.Context(), []byte(`{"action":"UPDATE","diff":{"after":{"properties":{"healthStatus":"x"}}}}`), rule.DefaultHealth(), mistaken, message.Names{}, message.Notes{})
	if mistake, ok := errors.AsType[*message.TemplateError](err); !ok || mistake.Part != "header" {
		t.Errorf("the mistake reads %v", err)
	}
	endless := newTemplate(t, message.Source{Header: `{{ range .After.list }}{{ if eq $.After.list $.Before.list }}{{ end }}{{ end }}x`})
	list := `{"properties":{"list":[` + strings.Repeat(`"some text of an element",`, 40_000) + `0]}}`
	_, err = opened.Message(t.Context(), []byte(`{"action":"UPDATE","diff":{"before":`+list+`,"after":`+list+`}}`), rule.DefaultHealth(), endless, message.Names{}, message.Notes{})
	if !errors.Is(err, sandbox.ErrDied) || strings.Count(log.String(), "templates died") != 2 {
		t.Errorf("got %v\n%s", err, log)
	}
}

// TestAProcessThatCannotBeStarted checks that Start fails at once.
func TestAProcessThatCannotBeStarted(t *testing.T) {
	t.Parallel()
	for name, command := range map[string][]string{"no program": {t.TempDir() + "/none"}, "another program": {"/bin/false"}} {
		opened := sandbox.New(sandbox.Options{Command: command, Memory: budget.NewMemory(), Logger: slog.New(slog.DiscardHandler)})
		if err := opened.Start(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "starting the process that evaluates conditions and templates: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkDecide evaluates conditions for the worked example in the worker process.
func BenchmarkDecide(b *testing.B) {
	body, err := os.ReadFile("../../example-event.json")
	if err != nil {
		b.Fatal(err)
	}
	opened, _ := open(b)
	for _, count := range []int{1, 100} {
		var conditions []*rule.Condition
		for i := range count {
			conditions = append(conditions, all(b, fmt.Sprintf(".diff.after.properties.cpuUtil > %d and (.diff.before.properties.cpuUtil // 0) <= %d", 100+i, 100+i)))
		}
		b.Run(strconv.Itoa(count), func(b *testing.B) {
			for b.Loop() {
				if _, err := opened.Decide(b.Context(), body, conditions); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
