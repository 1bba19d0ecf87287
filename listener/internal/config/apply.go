package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
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
	mostReplicas     = 5
)

// applySecrets takes the client secrets of the file.
func (l *loader) applySecrets(root ast.Node, content fileContent) {
	given := content.Port
	for i, text := range given.ClientSecrets {
		l.secretsGiven = true
		l.addSecret(fmt.Sprintf("%s[%d]", l.placeOf(root, "port", "client_secrets"), i), text)
	}
	for i, path := range given.ClientSecretFiles {
		l.secretsGiven = true
		place := fmt.Sprintf("%s[%d]", l.placeOf(root, "port", "client_secret_files"), i)
		text, err := readSecretFile(path)
		if err != nil {
			l.report(place, err.Error())
			continue
		}
		l.addSecret(place, text)
	}
}

// applyPort takes what the file says about Port's API.
func (l *loader) applyPort(root ast.Node, content fileContent) {
	l.config.Port.ClientID = strings.TrimSpace(content.Port.ClientID)
	given := content.Port.BaseURL
	if given == "" {
		return
	}
	parsed, err := url.Parse(given)
	if err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Host == "" {
		l.report(l.placeOf(root, "port", "base_url"), "it must be an http or https URL, such as https://api.us.getport.io")
	}
	l.config.Port.BaseURL = given
}

// applyStore takes what the file says about storing.
func (l *loader) applyStore(root ast.Node, content fileContent) {
	given, store := content.Store, &l.config.Store
	store.Dir = given.Dir
	if given.Sync != "" && given.Sync != "always" {
		store.Sync = l.duration(l.placeOf(root, "store", "sync"), given.Sync, longestSync)
	}
	if given.MaxBytes != "" {
		store.MaxBytes = l.size(l.placeOf(root, "store", "max_bytes"), given.MaxBytes, queue.SmallestMaxBytes, largestMaxBytes)
	}
	if given.MaxAge != "" {
		store.MaxAge = l.duration(l.placeOf(root, "store", "max_age"), given.MaxAge, longestAge)
	}
	l.applyNATS(root, content)
	if room := store.MaxBytes / 4; room < l.config.Webhook.MaxBody {
		l.report(l.placeOf(root, "store", "max_bytes"), "a quarter of it must hold the largest body, webhook.max_body")
	}
}

// applyNATS takes what the file says about a cluster.
func (l *loader) applyNATS(root ast.Node, content fileContent) {
	given, nats := content.Store.NATS, &l.config.Store.NATS
	if given.Replicas != "" {
		replicas, err := strconv.Atoi(given.Replicas)
		if err != nil || replicas < 1 || replicas > mostReplicas {
			l.report(l.placeOf(root, "store", "nats", "replicas"), fmt.Sprintf("it must be a number from 1 to %d", mostReplicas))
		}
		nats.Replicas = replicas
	}
	if given.URL == "" {
		if given.CredentialsFile != "" || given.TLSCAFile != "" {
			l.report(l.placeOf(root, "store", "nats"), "it needs a url")
		}
		return
	}
	if content.Store.Dir != "" || content.Store.Sync != "" {
		l.report(l.placeOf(root, "store", "nats", "url"), "dir and sync are for the embedded store, and the cluster has its own; give one or the other")
	}
	nats.URL = NewSecret(strings.TrimSpace(given.URL))
	nats.CredentialsFile, nats.CAFile = given.CredentialsFile, given.TLSCAFile
	for name, path := range map[string]string{"credentials_file": given.CredentialsFile, "tls_ca_file": given.TLSCAFile} {
		if path == "" {
			continue
		}
		if _, err := readSecretFile(path); err != nil {
			l.report(l.placeOf(root, "store", "nats", name), err.Error())
		}
	}
}

// applyWebhook takes what the file says about receiving.
func (l *loader) applyWebhook(root ast.Node, content fileContent) {
	given := content.Webhook
	if given.Path != "" {
		if err := checkPath(given.Path); err != nil {
			l.report(l.placeOf(root, "webhook", "path"), err.Error())
		}
		l.config.Webhook.Path = given.Path
	}
	if given.MaxBody != "" {
		l.config.Webhook.MaxBody = l.size(l.placeOf(root, "webhook", "max_body"), given.MaxBody, smallestMaxBody, largestMaxBody)
	}
	if given.Tolerance != "" {
		l.config.Webhook.Tolerance = l.duration(l.placeOf(root, "webhook", "tolerance"), given.Tolerance, longestTolerance)
	}
	l.applyTLS(l.placeOf(root, "webhook", "tls"), given.TLS.CertFile, given.TLS.KeyFile)
}

// applySmee takes what the file says about a Smee channel.
func (l *loader) applySmee(root ast.Node, content fileContent) {
	channel := strings.TrimSpace(content.Smee.URL)
	if channel == "" {
		return
	}
	if err := ingest.CheckChannel(channel); err != nil {
		l.report(l.placeOf(root, "smee", "url"), err.Error()+"; it must be the URL of a channel, such as https://smee.io/abcdefghijklmnop")
	}
	l.config.Smee.URL = NewSecret(channel)
}

// applyTLS reads the certificate once, to find out whether it can be used.
func (l *loader) applyTLS(place, certFile, keyFile string) {
	if certFile == "" && keyFile == "" {
		return
	}
	if certFile == "" || keyFile == "" {
		l.report(place, "it needs cert_file and key_file")
		return
	}
	if _, err := tls.LoadX509KeyPair(certFile, keyFile); err != nil {
		l.report(place, fmt.Sprintf("the certificate cannot be used (%v)", err))
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
		return fmt.Errorf("%s is taken by the listener itself", given)
	}
	return nil
}

// applyDestinations takes the destinations of the file.
func (l *loader) applyDestinations(root ast.Node, content fileContent) {
	for _, name := range sortedKeys(content.Destinations) {
		l.destinationsGiven, l.declared = true, append(l.declared, name)
		given := content.Destinations[name]
		place := l.placeOf(root, "destinations", name)
		if !isName(name) {
			l.report(place, "the name of a destination has lower-case letters, digits, dashes and underscores, at most 63 of them")
			continue
		}
		described := l.describe(root, name, given)
		switch {
		case given.WebhookURL != "" && given.WebhookURLFile != "":
			l.report(place, "it has webhook_url and webhook_url_file; give one of them")
		case given.WebhookURLFile != "":
			l.addDestinationFile(place, described, given.WebhookURLFile)
		case given.WebhookURL == "":
			l.report(place, "it needs a webhook_url or a webhook_url_file")
		default:
			l.addDestination(l.placeOf(root, "destinations", name, "webhook_url"), described, given.WebhookURL)
		}
	}
}

// describe takes everything about a destination but its URL.
func (l *loader) describe(root ast.Node, name string, given fileDestination) Destination {
	described := newDestination(name)
	if given.Rate != "" {
		described.Interval = l.rate(l.placeOf(root, "destinations", name, "rate"), given.Rate)
	}
	if given.DigestAfter != "" {
		described.DigestAfter = l.duration(l.placeOf(root, "destinations", name, "digest_after"), given.DigestAfter, longestAge)
	}
	if given.MaxAge != "" {
		described.MaxAge = l.duration(l.placeOf(root, "destinations", name, "max_age"), given.MaxAge, longestAge)
	}
	return described
}

func (l *loader) addDestinationFile(place string, described Destination, path string) {
	webhook, err := readSecretFile(path)
	if err != nil {
		l.report(place+".webhook_url_file", err.Error())
		return
	}
	l.addDestination(place+".webhook_url_file", described, webhook)
}
