package emulator

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// traffic counts requests by method and route. Those without a matching route are counted under an
// empty route.
type traffic struct {
	mutex  sync.Mutex
	counts map[operation]int
}

// operation names an operation of the API.
type operation struct{ method, template string }

func (t *traffic) count(method, template string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.counts == nil {
		t.counts = make(map[operation]int)
	}
	if template == "" {
		method = "" // Clients can invent methods, and the table must not grow with them.
	}
	t.counts[operation{method, template}]++
}

func (t *traffic) reset() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.counts = nil
}

// render returns the counters, sorted by route and method.
func (t *traffic) render() *document.Object {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	operations := slices.SortedFunc(maps.Keys(t.counts), func(a, b operation) int {
		return cmp.Or(cmp.Compare(a.template, b.template), cmp.Compare(a.method, b.method))
	})
	total, requests := 0, make([]any, 0, len(operations))
	for _, o := range operations {
		total += t.counts[o]
		requests = append(requests, document.New().
			With("method", o.method).With("route", o.template).With("count", t.counts[o]))
	}
	return document.New().With("total", total).With("requests", requests)
}
