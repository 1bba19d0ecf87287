package port

import (
	"net/http"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
)

// serverClock knows by how much Port's clock differs from that of this machine. The zero value takes both for the
// same.
type serverClock struct {
	mutex sync.Mutex
	// ahead is by how much Port's clock is ahead.
	ahead time.Duration
}

// learn reads the Date header of an answer.
func (c *serverClock) learn(header http.Header, now time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.ahead = pause.ServerTime(header, now).Sub(now)
}

// clockTolerance is how exactly the clocks can be compared: the Date header counts whole seconds, and travels.
const clockTolerance = 2 * time.Second

// isSince reports whether something was created no earlier than a moment of this machine, as far as the clocks tell.
// createdAt is in Port's time, and empty where Port does not say.
func (c *serverClock) isSince(createdAt string, began time.Time) bool {
	created, err := time.Parse(time.RFC3339, createdAt)
	if err != nil {
		return false
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return !created.Before(began.Add(c.ahead - clockTolerance))
}
