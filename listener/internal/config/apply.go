package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/name"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/weburl"
)

// The bounds of what a webhook takes. The upper one of the body is what the
// event store can hold.
const (
	smallestMaxBody  = 1 << 10
	largestMaxBody   = 16 << 20
	longestTolerance = 24 * time.Hour
	longestAge       = 30 * 24 * time.Hour
	longestSync      = time.Minute
	largestMaxBytes  = 1 << 40
)

// applySecrets takes the client secrets of the file.
func (l *loader) applySecrets() {
	secrets, ok := l.texts("port", "client_secrets")
	files, filesOK := l.texts("port", "client_secret_files")
	l.secretsGiven = l.secretsGiven || !ok || !filesOK || len(secrets)+len(files) > 0
	for i, text := range secrets {
		l.addSecret(l.placeOf("port", "client_secrets", fmt.Sprintf("[%d]", i)), text)
	}
	for i, path := range files {
		where := l.placeOf("port", "client_secret_files", fmt.Sprintf("[%d]", i))
		text, err := l.readSecretFile(path)
		if err != nil {
			l.report(where, err.Error())
			continue
		}
		l.addSecret(where, text)
	}
}

// applyPort takes what the file says about Port's API.
func (l *loader) applyPort() {
	l.config.Port.ClientID = strings.TrimSpace(l.text("port", "client_id"))
	given := l.text("port", "base_url")
	if given == "" {
		return
	}
	if _, err := weburl.Parse(given); err != nil {
		l.report(l.placeOf("port", "base_url"), "it must be an http or https URL, such as https://api.us.getport.io")
	}
	l.config.Port.BaseURL = given
}

// applyStore takes what the file says about storing.
func (l *loader) applyStore() {
	store := &l.config.Store
	store.Dir = l.text("store", "dir")
	if sync := l.text("store", "sync"); sync != "" && sync != "always" {
		store.Sync = l.duration(l.placeOf("store", "sync"), sync, longestSync)
	}
	if most := l.text("store", "max_bytes"); most != "" {
		store.MaxBytes = l.size(l.placeOf("store", "max_bytes"), most, queue.SmallestMaxBytes, largestMaxBytes)
	}
	if age := l.text("store", "max_age"); age != "" {
		store.MaxAge = l.duration(l.placeOf("store", "max_age"), age, longestAge)
	}
	l.applyPostgres()
	if room := store.MaxBytes / 4; store.MaxBytes > 0 && room < l.config.Webhook.MaxBody {
		l.report(l.placeOf("store", "max_bytes"), "a quarter of it must hold the largest body, webhook.max_body")
	}
}

// applyPostgres takes what the file says about a database.
func (l *loader) applyPostgres() {
	before := len(l.problems)
	given, file := strings.TrimSpace(l.text("store", "postgres", "url")), l.text("store", "postgres", "url_file")
	where := l.placeOf("store", "postgres")
	switch {
	case len(l.problems) > before || l.mistaken["store.postgres"]:
		return
	case given != "" && file != "":
		l.report(where, "it has url and url_file; give one of them")
		return
	case file != "":
		where = l.placeOf("store", "postgres", "url_file")
		var err error
		if given, err = l.readSecretFile(file); err != nil {
			l.report(where, err.Error())
			return
		}
	case given == "":
		if l.value([]string{"store", "postgres"}) != nil {
			l.report(where, "it needs a url or a url_file")
		}
		return
	}
	if err := queue.CheckPostgresURL(given); err != nil {
		l.report(where, err.Error())
		return
	}
	if sync, _ := textOf(l.value([]string{"store", "sync"})); sync != "" || l.config.Store.Dir != "" {
		l.report(where, "dir and sync are for the embedded store, and the database has its own; give one or the other")
	}
	l.config.Store.PostgresURL = NewSecret(given)
}

// applyAddresses takes the addresses of the command line, or else of the file.
func (l *loader) applyAddresses() {
	for _, address := range []struct {
		flag, given, section string
		into                 *string
	}{
		{"-listen", l.source.Listen, "webhook", &l.config.Webhook.Listen},
		{"-admin-listen", l.source.AdminListen, "admin", &l.config.Admin.Listen},
	} {
		where := outside(address.flag)
		if address.given == "" {
			where, address.given = l.placeOf(address.section, "listen"), l.text(address.section, "listen")
		}
		if address.given == "" {
			continue
		}
		if err := CheckAddress(address.given); err != nil {
			l.report(where, err.Error())
		}
		*address.into = address.given
	}
}

// CheckAddress refuses what cannot be an address to listen at.
func CheckAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if _, notNumber := strconv.ParseUint(port, 10, 16); err != nil || notNumber != nil {
		return errors.New("it must be a host and a port, such as 127.0.0.1:8080 or :8080")
	}
	return nil
}

// applyWebhook takes what the file says about receiving.
func (l *loader) applyWebhook() {
	if given := l.text("webhook", "path"); given != "" {
		if err := checkPath(given); err != nil {
			l.report(l.placeOf("webhook", "path"), err.Error())
		}
		l.config.Webhook.Path = given
	}
	if given := l.text("webhook", "max_body"); given != "" {
		l.config.Webhook.MaxBody = l.size(l.placeOf("webhook", "max_body"), given, smallestMaxBody, largestMaxBody)
	}
	if given := l.text("webhook", "tolerance"); given != "" {
		l.config.Webhook.Tolerance = l.duration(l.placeOf("webhook", "tolerance"), given, longestTolerance)
	}
	l.applyTLS()
}

// applySmee takes what the file says about a Smee channel.
func (l *loader) applySmee() {
	channel := strings.TrimSpace(l.text("smee", "url"))
	if channel == "" {
		return
	}
	if err := ingest.CheckChannel(channel); err != nil {
		l.report(l.placeOf("smee", "url"), err.Error()+"; it must be the URL of a channel, such as https://smee.io/abcdefghijklmnop")
	}
	l.config.Smee.URL = NewSecret(channel)
}

// applyTLS reads the certificate once, to find out whether it can be used.
func (l *loader) applyTLS() {
	before := len(l.problems)
	certFile, keyFile := l.text("webhook", "tls", "cert_file"), l.text("webhook", "tls", "key_file")
	if certFile == "" && keyFile == "" || l.mistaken["webhook.tls"] || len(l.problems) > before {
		return
	}
	where := l.placeOf("webhook", "tls")
	if certFile == "" || keyFile == "" {
		l.report(where, "it needs cert_file and key_file")
		return
	}
	_, err := tls.LoadX509KeyPair(certFile, keyFile)
	if unreadable, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("%s %s: %w", unreadable.Op, l.variables.show(unreadable.Path), unreadable.Err)
	}
	if err != nil {
		l.report(where, fmt.Sprintf("the certificate cannot be used (%v)", err))
	}
	l.config.Webhook.CertFile, l.config.Webhook.KeyFile = certFile, keyFile
}

// checkPath refuses a path that could not be posted to, or that is taken.
func checkPath(given string) error {
	if !strings.HasPrefix(given, "/") || given == "/" || path.Clean(given) != given {
		return errors.New("it must be a path such as /api/slack")
	}
	if strings.ContainsAny(given, "{}?#% ") {
		return errors.New("it must not hold any of { } ? # % and spaces")
	}
	if given == "/healthz" || given == "/readyz" {
		return errors.New("the path is taken by the listener itself")
	}
	return nil
}

// applyDestinations takes the destinations of the file.
func (l *loader) applyDestinations() {
	l.declared = l.destinationNames()
	l.destinationsGiven = l.destinationsGiven || len(l.declared) > 0
	for _, known := range l.declared {
		if name.Valid(known) && !l.mistaken["destinations."+known] {
			l.applyDestination(known)
		}
	}
}

func (l *loader) applyDestination(known string) {
	before := len(l.problems)
	described := l.describe(known)
	webhook, file := l.text("destinations", known, "webhook_url"), l.text("destinations", known, "webhook_url_file")
	where := l.placeOf("destinations", known)
	switch {
	case len(l.problems) > before:
	case webhook != "" && file != "":
		l.report(where, "it has webhook_url and webhook_url_file; give one of them")
	case file != "":
		l.addDestinationFile(l.placeOf("destinations", known, "webhook_url_file"), described, file)
	case webhook == "":
		l.report(where, "it needs a webhook_url or a webhook_url_file")
	default:
		l.addDestination(l.placeOf("destinations", known, "webhook_url"), described, webhook)
	}
}

// describe takes everything about a destination but its URL.
func (l *loader) describe(known string) Destination {
	described := newDestination(known)
	if given := l.text("destinations", known, "rate"); given != "" {
		described.Interval = l.rate(l.placeOf("destinations", known, "rate"), given)
	}
	if given := l.text("destinations", known, "digest_after"); given != "" {
		described.DigestAfter = l.duration(l.placeOf("destinations", known, "digest_after"), given, longestAge)
	}
	if given := l.text("destinations", known, "max_age"); given != "" {
		described.MaxAge = l.duration(l.placeOf("destinations", known, "max_age"), given, longestAge)
	}
	return described
}

func (l *loader) addDestinationFile(where place, described Destination, path string) {
	webhook, err := l.readSecretFile(path)
	if err != nil {
		l.report(where, err.Error())
		return
	}
	l.addDestination(where, described, webhook)
}
