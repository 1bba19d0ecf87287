package metrics

import "github.com/prometheus/client_golang/prometheus"

// Smee are the additional metrics of the Smee source. They are only exposed while a channel is
// configured.
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

// Smee returns the metrics of the Smee source.
func (m *Metrics) Smee() *Smee { return m.smee }

// Enter records that a channel is configured.
func (s *Smee) Enter() {
	s.connected.WithLabelValues()
	s.reconnects.WithLabelValues()
}

// Leave records that no channel is configured any more.
func (s *Smee) Leave() {
	s.connected.Reset()
	s.reconnects.Reset()
}

// Connected records that the channel is connected.
func (s *Smee) Connected() { s.connected.WithLabelValues().Set(1) }

// Disconnected records that the channel is disconnected.
func (s *Smee) Disconnected() { s.connected.WithLabelValues().Set(0) }

// Reconnecting counts an attempt to reconnect.
func (s *Smee) Reconnecting() { s.reconnects.WithLabelValues().Inc() }
