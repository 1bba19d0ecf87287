package metrics

import "github.com/prometheus/client_golang/prometheus"

// Smee are the metrics of the Smee source, beside those that every source has. A listener without
// one has no connection that could be away, and shows none.
type Smee struct {
	connected  *prometheus.GaugeVec
	reconnects *prometheus.CounterVec
}

func (m *Metrics) newSmee() *Smee {
	return &Smee{
		connected:  m.gauges("smee_connected", "1 while the Smee channel is connected."),
		reconnects: m.counters("smee_reconnects_total", "Reconnection attempts to the Smee channel."),
	}
}

// Smee returns the metrics of the Smee source, of which there is one at a time.
func (m *Metrics) Smee() *Smee { return m.smee }

// Enter says that there is a channel to be connected to.
func (s *Smee) Enter() {
	s.connected.WithLabelValues()
	s.reconnects.WithLabelValues()
}

// Leave says that there is none any more.
func (s *Smee) Leave() {
	s.connected.Reset()
	s.reconnects.Reset()
}

// Connected says that the channel is connected.
func (s *Smee) Connected() { s.connected.WithLabelValues().Set(1) }

// Disconnected says that it is not any more.
func (s *Smee) Disconnected() { s.connected.WithLabelValues().Set(0) }

// Reconnecting counts another attempt to connect.
func (s *Smee) Reconnecting() { s.reconnects.WithLabelValues().Inc() }
