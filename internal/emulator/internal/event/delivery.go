package event

import (
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// maxDeliveries is the maximum number of deliveries in the log.
const maxDeliveries = 10_000

// Delivery is one event or invocation that was sent, will be sent, or was only recorded.
type Delivery struct {
	// Kind is "changelog" or the type of an invocation.
	Kind string
	// Action and Run are the identifiers behind an invocation.
	Action, Run string
	// Agent is set for a webhook that Port's agent sends.
	Agent bool
	// Payload is the rendered invocation of a delivery that was only recorded.
	Payload *document.Object
	// URL is the target of what is sent over HTTP.
	URL string
	// Status is the status of the last response, 0 if there was none.
	Status int
	// Attempts is how often it was sent; 0 if it was only recorded.
	Attempts int
	// Error says why the last attempt, or the delivery, failed.
	Error string
	// Done is set when there will be no other attempt.
	Done bool
}

// deliveryLog contains the last deliveries.
type deliveryLog struct {
	mutex      sync.Mutex
	deliveries []*Delivery
}

// add adds a delivery that has not been attempted. The caller may read the immutable fields of the
// returned pointer: everything up to its URL.
func (l *deliveryLog) add(d Delivery) *Delivery {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	added := &d
	l.deliveries = append(l.deliveries, added)
	if len(l.deliveries) > maxDeliveries {
		l.deliveries[0] = nil
		l.deliveries = l.deliveries[1:]
	}
	return added
}

// attempted records the outcome of an attempt.
func (l *deliveryLog) attempted(d *Delivery, status int, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	d.Attempts++
	d.Status = status
	d.Error = message(err)
}

// finish records the outcome of the delivery.
func (l *deliveryLog) finish(d *Delivery, status int, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	d.Status, d.Error, d.Done = status, message(err), true
}

func (l *deliveryLog) all() []Delivery {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	all := make([]Delivery, len(l.deliveries))
	for i, d := range l.deliveries {
		all[i] = *d
	}
	return all
}

func (l *deliveryLog) clear() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.deliveries = nil
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
