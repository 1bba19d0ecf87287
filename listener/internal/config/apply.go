package config

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// The bounds of what a webhook takes. The upper one of the body is what the
// event store can hold.
const (
	smallestMaxBody  = 1 << 10
	largestMaxBody   = 32 << 20
	longestTolerance = 24 * time.Hour
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
		size, err := parseSize(given.MaxBody)
		if err != nil {
			l.report(l.placeOf(root, "webhook", "max_body"), err.Error())
		}
		l.config.Webhook.MaxBody = size
	}
	if given.Tolerance != "" {
		tolerance, err := time.ParseDuration(given.Tolerance)
		if err != nil || tolerance <= 0 || tolerance > longestTolerance {
			l.report(l.placeOf(root, "webhook", "tolerance"), "it must be a duration of up to 24h, such as 30s or 5m")
		}
		l.config.Webhook.Tolerance = tolerance
	}
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

// parseSize reads a number of bytes with its unit.
func parseSize(text string) (int64, error) {
	errSize := errors.New("it must be a size between 1KiB and 32MiB, such as 512KiB or 4MiB")
	digits := strings.TrimRight(text, "BKMi ")
	number, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return 0, errSize
	}
	switch strings.TrimSpace(strings.TrimPrefix(text, digits)) {
	case "", "B":
	case "KiB":
		number <<= 10
	case "MiB":
		number <<= 20
	default:
		return 0, errSize
	}
	if number < smallestMaxBody || number > largestMaxBody {
		return 0, errSize
	}
	return number, nil
}

// applyDestinations takes the destinations of the file.
func (l *loader) applyDestinations(root ast.Node, content fileContent) {
	for _, name := range sortedKeys(content.Destinations) {
		l.destinationsGiven = true
		given := content.Destinations[name]
		place := l.placeOf(root, "destinations", name)
		if !regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`).MatchString(name) {
			l.report(place, "the name of a destination has lower-case letters, digits, dashes and underscores, at most 63 of them")
			continue
		}
		switch {
		case given.WebhookURL != "" && given.WebhookURLFile != "":
			l.report(place, "it has webhook_url and webhook_url_file; give one of them")
		case given.WebhookURLFile != "":
			l.addDestinationFile(place, name, given.WebhookURLFile)
		case given.WebhookURL == "":
			l.report(place, "it needs a webhook_url or a webhook_url_file")
		default:
			l.addDestination(l.placeOf(root, "destinations", name, "webhook_url"), name, given.WebhookURL)
		}
	}
}

func (l *loader) addDestinationFile(place, name, path string) {
	webhook, err := readSecretFile(path)
	if err != nil {
		l.report(place+".webhook_url_file", err.Error())
		return
	}
	l.addDestination(place+".webhook_url_file", name, webhook)
}
