package contract

import (
	"encoding/json"
	"net/http"
	"sync"
)

// faults are the faults that tests have injected into the emulator. The emulator does not mark
// their responses, but the control requests pass through here.
type faults struct {
	mutex sync.Mutex
	list  []fault
}

// fault is the part of a fault that says which responses are not Port's. It ignores how often the
// fault applies: after one injected status the route is not validated until the faults are deleted.
type fault struct {
	Method string `json:"method"` // empty for every method
	Route  string `json:"route"`
	Status int    `json:"status"` // 0 if Port's own response is only delayed or truncated
}

// note records a request to a control endpoint.
func (f *faults) note(r *http.Request, body []byte) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "POST " + controlPrefix + "faults":
		var added fault
		// The emulator refuses an invalid fault.
		if err := json.Unmarshal(body, &added); err == nil && added.Status != 0 {
			f.list = append(f.list, added)
		}
	case "DELETE " + controlPrefix + "faults", "POST " + controlPrefix + "reset":
		f.list = nil
	}
}

// cover reports whether a response may come from a fault.
func (f *faults) cover(o *operation, status int) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, existing := range f.list {
		if existing.Status == status && existing.Route == o.route.Path && (existing.Method == "" || existing.Method == o.route.Method) {
			return true
		}
	}
	return false
}
