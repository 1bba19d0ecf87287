package metrics

import "github.com/prometheus/client_golang/prometheus"

// Smee are the metrics of a Smee source, beside those that every source has.
type Smee struct {
	connected  prometheus.Gauge
	reconnects prometheus.Counter
}

// WatchSmee adds the metrics of the Smee sources, of which there is one at a time.
// A listener without one has no connection that could be away, and shows none.
func (m *Metrics) WatchSmee() *Smee {
	m.smeeOnce.Do(func() { m.smee = m.newSmee() })
	return m.smee
}

func (m *Metrics) newSmee() *Smee {
	return &Smee{
		connected:  m.gauge("smee_connected", "1 while the Smee channel is connected: what is posted there meanwhile arrives.", nil),
		reconnects: m.counters("smee_reconnects_total", "Attempts to connect to the Smee channel after the first.").WithLabelValues(),
	}
}

// Connected says that the channel is connected.
func (s *Smee) Connected() { s.connected.Set(1) }

// Disconnected says that it is not any more.
func (s *Smee) Disconnected() { s.connected.Set(0) }

// Reconnecting counts another attempt to connect.
func (s *Smee) Reconnecting() { s.reconnects.Inc() }
