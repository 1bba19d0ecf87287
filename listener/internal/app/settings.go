package app

import (
	"crypto/tls"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/sandbox"
)

// settings are the parts without a worker that a reload replaces.
type settings struct {
	version  string
	now      func() time.Time
	verifier verifier
	identity identity
	port     portAPI
	metrics  *metrics.Metrics
	alerts   *alerts
	sandbox  *sandbox.Sandbox
}

// prepared is a configuration with everything whose preparation can fail.
type prepared struct {
	config      *config.Config
	verifier    *changelog.Verifier
	certificate *tls.Certificate
	port        *portClient
}

// prepare prepares a configuration, without changing the settings.
func (s *settings) prepare(loaded *config.Config) (prepared, error) {
	next := prepared{config: loaded}
	var err error
	if next.verifier, err = changelog.NewVerifier(reveal(loaded.ClientSecrets), loaded.Webhook.Tolerance, s.now); err != nil {
		return next, err
	}
	if next.certificate, err = loadCertificate(loaded.Webhook); err != nil {
		return next, err
	}
	next.port, err = s.port.prepare(loaded, s.version)
	return next, err
}

// apply applies a prepared configuration.
func (s *settings) apply(next prepared) {
	s.verifier.current.Store(next.verifier)
	s.identity.current.Store(next.certificate)
	s.port.current.Store(next.port)
	s.metrics.Expect(next.config.DestinationNames(), next.config.RuleNames())
	s.alerts.use(next.config)
	s.sandbox.Renew()
}

func reveal(secrets []config.Secret) []string {
	revealed := make([]string, len(secrets))
	for i, secret := range secrets {
		revealed[i] = secret.Reveal()
	}
	return revealed
}

// verifier is a changelog.Verifier that can be replaced at any time.
type verifier struct {
	current atomic.Pointer[changelog.Verifier]
}

// Verify verifies with the current secrets.
func (v *verifier) Verify(signature, timestamp string, body []byte) ([]byte, error) {
	return v.current.Load().Verify(signature, timestamp, body)
}

// CheckHeaders implements ingest.Verifier.
func (v *verifier) CheckHeaders(signature, timestamp string) error {
	return v.current.Load().CheckHeaders(signature, timestamp)
}

// identity is the certificate of the public address, which can be replaced at any time.
type identity struct {
	current atomic.Pointer[tls.Certificate]
}

// tlsConfig returns nil, for plain HTTP, if there is no certificate.
func (i *identity) tlsConfig() *tls.Config {
	if i.current.Load() == nil {
		return nil
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return i.current.Load(), nil },
	}
}

// loadCertificate returns nil if no certificate is configured.
func loadCertificate(webhook config.Webhook) (*tls.Certificate, error) {
	if webhook.CertFile == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(webhook.CertFile, webhook.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("the certificate is invalid: %w", err)
	}
	return &certificate, nil
}
