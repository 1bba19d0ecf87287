package event

import "sync"

// keptDeliveries is how many deliveries are remembered.
const keptDeliveries = 10_000

// Delivery is one event that was posted, or is about to be.
type Delivery struct {
	URL string
	// Status is that of the last answer, 0 without one.
	Status int
	// Attempts is how often the event was posted.
	Attempts int
	// Error says why the last attempt, or the delivery, failed.
	Error string
	// Done is set when there will be no other attempt.
	Done bool
}

// deliveryLog remembers the last deliveries.
type deliveryLog struct {
	mutex      sync.Mutex
	deliveries []*Delivery
}

// add enters a delivery that has not been attempted. Whoever holds the pointer
// may read its URL, nothing else.
func (l *deliveryLog) add(url string) *Delivery {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	added := &Delivery{URL: url}
	l.deliveries = append(l.deliveries, added)
	if len(l.deliveries) > keptDeliveries {
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
