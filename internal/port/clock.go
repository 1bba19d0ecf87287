package port

import (
	"net/http"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
)

// serverClock estimates the difference between Port's clock and the local one. The zero value
// assumes no difference.
type serverClock struct {
	mutex sync.Mutex
	// ahead is how far Port's clock is ahead of the local one.
	ahead time.Duration
}

// learn reads the Date header of a response.
func (c *serverClock) learn(header http.Header, now time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.ahead = pause.ServerTime(header, now).Sub(now)
}

// clockTolerance is the precision of the comparison: the Date header has whole seconds, and the
// response takes time to arrive.
const clockTolerance = 2 * time.Second

// isSince reports whether something was created no earlier than a local time, within the precision
// of the clocks. createdAt is in Port's time, or empty if unknown.
func (c *serverClock) isSince(createdAt string, began time.Time) bool {
	created, err := time.Parse(time.RFC3339, createdAt)
	if err != nil {
		return false
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return !created.Before(began.Add(c.ahead - clockTolerance))
}
