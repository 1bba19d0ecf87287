package event_test

import (
	"strconv"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
)

func TestLogKeepsTheLastEvents(t *testing.T) {
	t.Parallel()
	var log event.Log
	for i := range 10_003 {
		log.Add("event_"+strconv.Itoa(i), catalog.Change{Action: catalog.Create, Resource: catalog.EntityResource}, event.Origin{})
	}
	all := log.Find(event.Filter{})
	identifier := func(i int) string {
		o, _ := all[i].(*document.Object)
		return o.Text("identifier")
	}
	if len(all) != 10_000 || identifier(0) != "event_10002" || identifier(1) != "event_10001" || identifier(9_999) != "event_3" {
		t.Errorf("%d events from %s to %s", len(all), identifier(0), identifier(len(all)-1))
	}
	log.Clear()
	log.Add("event_new", catalog.Change{}, event.Origin{})
	if all = log.Find(event.Filter{}); len(all) != 1 || identifier(0) != "event_new" {
		t.Errorf("%d events", len(all))
	}
}
