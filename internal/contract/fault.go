package contract

import (
	"encoding/json"
	"net/http"
	"sync"
)

// faults are the answers that tests have asked the emulator for. The emulator
// does not mark such answers, but the requests for them pass through here.
type faults struct {
	mutex sync.Mutex
	list  []fault
}

// fault is the part of a fault's description that says which answers are not
// Port's. How often it applies is left aside: a status that was asked for once
// is not checked again on that route until the faults are deleted.
type fault struct {
	Method string `json:"method"` // empty for every method
	Route  string `json:"route"`
	Status int    `json:"status"` // 0 when Port's own answer is only delayed or cut
}

// note reads a request to a control endpoint.
func (f *faults) note(r *http.Request, body []byte) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "POST " + controlPrefix + "faults":
		var added fault
		// The emulator refuses what cannot be read.
		if err := json.Unmarshal(body, &added); err == nil && added.Status != 0 {
			f.list = append(f.list, added)
		}
	case "DELETE " + controlPrefix + "faults", "POST " + controlPrefix + "reset":
		f.list = nil
	}
}

// cover reports whether an answer was asked for.
func (f *faults) cover(o *operation, status int) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, known := range f.list {
		if known.Status == status && known.Route == o.route.Path && (known.Method == "" || known.Method == o.route.Method) {
			return true
		}
	}
	return false
}
