package arrivals_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
)

// TestArrivals records arrivals with a clock that advances by a minute at each reading.
func TestArrivals(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 6, 15, 16, 0, 0, 0, time.UTC)
	minute := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	looked := -1
	log := arrivals.New(func() time.Time {
		looked++
		return minute(looked)
	})
	log.Stored("webhook", "service", "one", false)
	log.Stored("webhook", "database", "two", false)
	log.Stored("webhook", "service", "one", true)
	log.Refused("webhook", 401, "wrong", "192.0.2.1:1")
	log.Refused("webhook", 401, "wrong", "192.0.2.2:2")
	log.Refused("webhook", 413, "too_large", "192.0.2.1:1")
	log.Recall("smee", "service", "old", minute(-9))
	log.Recall("webhook", "service", "old", minute(-9))
	want := arrivals.Arrivals{
		Since: start,
		Sources: []arrivals.Source{
			{Name: "smee", Last: minute(-9), Blueprints: []arrivals.Blueprint{{Name: "service", Last: minute(-9), Event: "old"}}},
			{Name: "webhook", Events: 2, Copies: 1, Last: minute(3), Blueprints: []arrivals.Blueprint{
				{Name: "database", Last: minute(2), Event: "two"}, {Name: "service", Last: minute(3), Event: "one"},
			}},
		},
		Refused: []arrivals.Refused{
			{Source: "webhook", Status: 413, Reason: "too_large", Count: 1, Last: minute(6), From: "192.0.2.1:1"},
			{Source: "webhook", Status: 401, Reason: "wrong", Count: 2, Last: minute(5), From: "192.0.2.2:2"},
		},
	}
	if got := log.Snapshot(); !reflect.DeepEqual(got, want) {
		t.Errorf("it is\n%+v\nwant\n%+v", got, want)
	}
}

// TestStates configures and removes sources.
func TestStates(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 6, 15, 16, 0, 0, 0, time.UTC)
	log := arrivals.New(func() time.Time { return start })
	state := func() string {
		source := log.Snapshot().Sources[0]
		return fmt.Sprint(source.State, "|", source.Detail, "|", start.Sub(source.ReadUpTo).Round(time.Hour) == 0)
	}
	for _, step := range []struct {
		act  func()
		want string
	}{
		{func() { log.Report("audit_log", "reading", "every 15s") }, "reading|every 15s|false"},
		{func() { log.Read("audit_log", start) }, "reading|every 15s|true"},
		{func() { log.Report("audit_log", "failing", "forbidden") }, "failing|forbidden|true"},
		{func() { log.Leave("audit_log") }, "not_configured||false"},
		{func() { log.Leave("another") }, "not_configured||false"},
	} {
		if step.act(); state() != step.want {
			t.Errorf("it is %s, want %s", state(), step.want)
		}
	}
}

// TestBlueprintsAreLimited records more blueprints than the limit.
func TestBlueprintsAreLimited(t *testing.T) {
	t.Parallel()
	log := arrivals.New(time.Now)
	for i := range 1500 {
		log.Stored("webhook", fmt.Sprint("blueprint-", i), "id", false)
	}
	if got := log.Snapshot().Sources[0]; got.Events != 1500 || len(got.Blueprints) != 1000 {
		t.Errorf("%d events, %d blueprints", got.Events, len(got.Blueprints))
	}
}
