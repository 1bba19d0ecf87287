package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// prepared is a configuration with everything that had to be made of it, and that
// could have failed.
type prepared struct {
	config      *config.Config
	verifier    *changelog.Verifier
	certificate *tls.Certificate
	port        *portClient
	// notifiers are those of destinations that are new or have changed.
	notifiers map[string]*notifierWorker
}

// prepare makes what a configuration needs, and changes nothing.
func (a *App) prepare(loaded *config.Config) (prepared, error) {
	made := prepared{config: loaded, notifiers: make(map[string]*notifierWorker)}
	var err error
	if made.verifier, err = changelog.NewVerifier(reveal(loaded.ClientSecrets), loaded.Webhook.Tolerance, a.options.Now); err != nil {
		return made, err
	}
	if made.certificate, err = loadCertificate(loaded.Webhook); err != nil {
		return made, err
	}
	if made.port, err = a.preparePort(loaded); err != nil {
		return made, err
	}
	for _, described := range loaded.Destinations {
		if running, ok := a.notifiers[described.Name]; ok && running.described.Equal(described) {
			continue
		}
		if made.notifiers[described.Name], err = a.newNotifier(described); err != nil {
			return made, fmt.Errorf("destination %s: %w", described.Name, err)
		}
	}
	return made, nil
}

func reveal(secrets []config.Secret) []string {
	revealed := make([]string, len(secrets))
	for i, secret := range secrets {
		revealed[i] = secret.Reveal()
	}
	return revealed
}

// take has a prepared configuration apply. Workers are left to the caller.
func (a *App) take(made prepared) {
	a.verifier.current.Store(made.verifier)
	a.identity.current.Store(made.certificate)
	a.port.current.Store(made.port)
	a.metrics.Expect(made.config.DestinationNames(), made.config.RuleNames())
	a.alerts.use(made.config)
	a.sandbox.Renew()
	maps.Copy(a.notifiers, made.notifiers)
}

// lock keeps everything else from replacing the configuration and from starting
// and stopping workers, until unlock is called. It waits no longer than ctx.
func (a *App) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case a.loading <- struct{}{}:
		return func() { <-a.loading }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Reload reads the configuration again and has it apply, without an event or an
// alert being lost. What did not change goes on as it was: of the workers only
// those whose destination is new, gone or described otherwise are touched, and
// what those are about to deliver is not waited for. After an error everything is
// as it was before. It says in a few words what it did.
func (a *App) Reload(ctx context.Context) (string, error) {
	unlock, err := a.lock(ctx)
	if err != nil {
		return "", fmt.Errorf("another reload is at work: %w", err)
	}
	defer unlock()
	// Whoever has asked for it may have gone meanwhile.
	said, err := a.reload(context.WithoutCancel(ctx))
	a.metrics.Reloaded(err == nil)
	a.note(admin.Reload{At: a.options.Now(), Successful: err == nil, Said: outcomeOf(said, err)})
	if err != nil {
		a.options.Logger.ErrorContext(ctx, "the configuration is not reloaded; the one before stays in use", "cause", strings.ReplaceAll(err.Error(), "\n", "; "))
		return "", err
	}
	a.options.Logger.InfoContext(ctx, "the configuration is reloaded", "config", said)
	return said, nil
}

// outcomeOf is what a reload did, or what is wrong.
func outcomeOf(said string, err error) string {
	if err != nil {
		return err.Error()
	}
	return said
}

func (a *App) reload(ctx context.Context) (string, error) {
	loaded, err := a.options.Load(func(template *message.Template, selected rule.Rule) error {
		return a.sandbox.Try(ctx, template, selected)
	})
	if err != nil {
		return "", err
	}
	if !a.serving.Load() {
		return "", errors.New("the listener is starting or stopping")
	}
	if fixed := a.options.Config.Fixed(loaded); len(fixed) > 0 {
		return "", fmt.Errorf("%s cannot change while the listener runs; restart it for that", strings.Join(fixed, ", "))
	}
	made, err := a.prepare(loaded)
	if err != nil {
		return "", err
	}
	smee := a.smee
	if loaded.Smee.URL.Reveal() != smee.channel {
		if smee, err = a.newSmee(loaded); err != nil {
			return "", err
		}
	}
	ended := a.stopCouriers(made)
	a.take(made)
	for _, created := range made.notifiers {
		a.startNotifier(ctx, created)
	}
	select {
	case a.removed <- struct{}{}:
	default:
	}
	a.sayWhatPollingMisses(ctx)
	a.auditLog.Wake()
	if smee != a.smee {
		a.enter(ctx, smee, a.smee)
	}
	return describeReload(loaded, len(made.notifiers), ended), nil
}

// stopCouriers stops the notifiers of destinations that a configuration describes
// otherwise, and of those that it has no longer, and returns their number.
// Requests at work are finished.
func (a *App) stopCouriers(made prepared) int {
	stopped := 0
	for name, running := range a.notifiers {
		if made.notifiers[name] == nil && made.config.HasDestination(name) {
			continue
		}
		running.stop()
		delete(a.notifiers, name)
		stopped++
	}
	return stopped
}

// describeReload says what a reload did.
func describeReload(loaded *config.Config, started, ended int) string {
	return fmt.Sprintf("%s Workers: %d started, %d ended, %d untouched.", loaded.Summary(), started, ended, len(loaded.Destinations)-started)
}

// identity is the certificate of the public address, which can be replaced while
// connections are made.
type identity struct {
	current atomic.Pointer[tls.Certificate]
}

// tlsConfig returns nil when there is no certificate: plain HTTP is served then.
func (i *identity) tlsConfig() *tls.Config {
	if i.current.Load() == nil {
		return nil
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return i.current.Load(), nil },
	}
}

// loadCertificate returns nil when there is none.
func loadCertificate(webhook config.Webhook) (*tls.Certificate, error) {
	if webhook.CertFile == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(webhook.CertFile, webhook.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("the certificate cannot be used: %w", err)
	}
	return &certificate, nil
}
