package port

import (
	"context"
	"time"
)

// gracePeriod is how long a change in flight may outlive its caller's context. The caller has to
// learn its outcome: an object that Port created without the caller's knowledge is an orphan.
const gracePeriod = 5 * time.Second

// Linger returns a context that ends 5 seconds after ctx does, with the values of ctx: time to find
// out the outcome of a change, or to undo it. The caller must call cancel.
//
// All changes linger: a request that is in flight when its context ends may still complete within
// those 5 seconds. Reads, waits and further attempts end with ctx at once.
func Linger(ctx context.Context) (context.Context, context.CancelFunc) {
	lingering, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(gracePeriod, cancel)
		context.AfterFunc(lingering, func() { timer.Stop() })
	})
	return lingering, func() {
		stop()
		cancel()
	}
}
