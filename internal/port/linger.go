package port

import (
	"context"
	"time"
)

// gracePeriod is how much longer than its caller's context a change may take that is already on its way. Whoever sent
// it has to learn what became of it: a thing that Port made and that nobody knows of is an orphan.
const gracePeriod = 5 * time.Second

// Linger returns a context that ends 5 seconds after ctx does, with the values of ctx: time to find out what became of
// a change, or to take it back. The caller must call cancel.
//
// Changes linger by themselves: the request that is under way when its context ends may still be answered within those
// 5 seconds. Reads, waits and further attempts end with ctx at once.
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
