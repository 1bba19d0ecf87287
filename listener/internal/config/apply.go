package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/weburl"
)

// apply applies a document, takes what is missing from the environment, and checks values that
// depend on each other.
func (l *loader) apply(doc *document) {
	c := &l.config
	l.applySecrets(&doc.item, &doc.Port)
	declared := l.applyDestinations(doc)
	l.applyPort(&doc.Port)
	doc.CatchUp.Interval.into(&c.CatchUp.Interval)
	doc.CatchUp.MaxAge.into(&c.CatchUp.MaxAge)
	l.applyAddress("-listen", l.source.Listen, &doc.Webhook.Listen, &c.Webhook.Listen)
	l.applyAddress("-admin-listen", l.source.AdminListen, &doc.Admin.Listen, &c.Admin.Listen)
	l.applyAccess(&doc.Admin)
	l.applyChecked(&doc.Webhook.Path, &c.Webhook.Path, checkPath)
	doc.Webhook.MaxBody.into(&c.Webhook.MaxBody)
	doc.Webhook.Tolerance.into(&c.Webhook.Tolerance)
	l.applyTLS(&doc.Webhook.TLS)
	l.applySmee(&doc.Smee.URL)
	l.applyStore(&doc.Store)
	if c.Store.MaxBytes/4 < c.Webhook.MaxBody {
		l.refuse(&doc.Store.MaxBytes.item, "it must be at least four times webhook.max_body")
	}
	l.checkDirectory(&doc.Store.Dir)
	l.applyRules(&doc.Rules, &doc.Templates, declared)
}

// applySecrets applies the client secrets.
func (l *loader) applySecrets(file *item, section *portSection) {
	texts, files := &section.ClientSecrets, &section.ClientSecretFiles
	for i := range texts.elements {
		if element := &texts.elements[i]; !element.mistaken {
			l.addSecret(l.positionOf(&element.item), element.value)
		}
	}
	for i := range files.elements {
		if secret, ok := l.fileOf(&files.elements[i]); ok {
			l.addSecret(l.positionOf(&files.elements[i].item), secret)
		}
	}
	// Secrets with mistakes are not missing.
	if len(texts.elements)+len(files.elements) == 0 && !file.mistaken && !section.mistaken && !texts.incomplete && !files.incomplete {
		l.fromEnvironment(secretVariable, "the client secret with which Port signs events", l.addSecret)
	}
}

// fileOf returns the content of the file at a path.
func (l *loader) fileOf(path *text) (string, bool) {
	if path.mistaken {
		return "", false
	}
	content, err := readSecretFile(path.value, path.written)
	if err != nil {
		l.refuse(&path.item, err.Error())
	}
	return content, err == nil
}

// secretOf returns the secret under a key of a section, or in the file that its _file key names,
// and the item it comes from.
func (l *loader) secretOf(section *item, key string, given, file *text) (secret string, where *item) {
	switch {
	case section.mistaken || given.mistaken || file.mistaken:
	case given.value != "" && file.value != "":
		l.refuse(section, fmt.Sprintf("it has %s and %s_file; use one of them", key, key))
	case given.value != "":
		return strings.TrimSpace(given.value), &given.item
	case file.value == "":
		l.refuse(section, fmt.Sprintf("it requires a %s or a %s_file", key, key))
	default:
		if secret, ok := l.fileOf(file); ok {
			return secret, &file.item
		}
	}
	return "", nil
}

// applyDestinations applies the destinations, and returns all their names, including those with
// mistakes.
func (l *loader) applyDestinations(doc *document) []string {
	declared := doc.Destinations.sorted()
	for _, name := range declared {
		section := doc.Destinations.byName[name]
		described := newDestination(name)
		section.Rate.into(&described.Interval)
		section.DigestAfter.into(&described.DigestAfter)
		section.MaxAge.into(&described.MaxAge)
		section.EventID.into(&described.EventID)
		if webhook, where := l.secretOf(&section.item, "webhook_url", &section.WebhookURL, &section.WebhookURLFile); where != nil {
			l.addDestination(l.positionOf(where), described, webhook)
		}
	}
	if len(declared) == 0 && !doc.mistaken && !doc.Destinations.mistaken {
		declared = []string{defaultDestination}
		l.fromEnvironment(webhookVariable, "the URL of the Slack incoming webhook that alerts go to", func(where position, webhook string) {
			l.addDestination(where, newDestination(defaultDestination), webhook)
		})
	}
	return declared
}

// applyChecked applies a text if check accepts it, and reports the mistake otherwise.
func (l *loader) applyChecked(given *text, into *string, check func(string) error) {
	if given.value == "" {
		return
	}
	if err := check(given.value); err != nil {
		l.refuse(&given.item, err.Error())
	}
	*into = given.value
}

// applyAddress applies the address from the command line, otherwise from the file.
func (l *loader) applyAddress(flag, fromFlag string, given *text, into *string) {
	if fromFlag == "" {
		l.applyChecked(given, into, CheckAddress)
		return
	}
	if err := CheckAddress(fromFlag); err != nil {
		l.report(outside(flag), err.Error())
	}
	*into = fromFlag
}

// applyPort applies the settings for Port's API, from the file or else from the environment.
func (l *loader) applyPort(section *portSection) {
	described := &l.config.Port
	described.ClientID = strings.TrimSpace(section.ClientID.value)
	if id, ok := l.source.LookupEnv(clientIDVariable); ok && !section.ClientID.given() {
		described.ClientID = strings.TrimSpace(id)
	}
	l.applyChecked(&section.BaseURL, &described.BaseURL, checkBaseURL)
	l.applyChecked(&section.AppURL, &described.AppURL, checkAppURL)
	if given, ok := l.source.LookupEnv(baseURLVariable); ok && given != "" && !section.BaseURL.given() {
		if err := checkBaseURL(given); err != nil {
			l.report(outside(baseURLVariable), err.Error())
		}
		described.BaseURL = given
	}
	l.applyPoll(&section.Poll)
}

// applyPoll applies the polling interval, from the command line or else from the file.
func (l *loader) applyPoll(given *duration) {
	poll, where := &l.config.Port.Poll, outside("-poll")
	if l.source.Poll == "" {
		given.into(poll)
		where = l.positionOf(&given.item)
	} else {
		flag := duration{setting[time.Duration]{item: item{tag: `min:"1s" max:"1h"`}}}
		if err := flag.parse(l.source.Poll); err != nil {
			l.report(where, err.Error())
			return
		}
		*poll = flag.value
	}
	if *poll > 0 && l.config.Port.ClientID == "" {
		l.report(where, "polling Port requires a client id: set "+clientIDVariable+" or port.client_id")
	}
}

// shortestToken is the minimum length of a token, which an attacker could guess over the network.
const shortestToken = 16

// applyAccess applies the access to the admin address.
func (l *loader) applyAccess(section *adminSection) {
	admin := &l.config.Admin
	admin.Token = l.tokenOf(&section.TokenFile)
	admin.ReadOnlyToken = l.tokenOf(&section.ReadOnlyTokenFile)
	switch token, readOnly := admin.Token.Reveal(), admin.ReadOnlyToken.Reveal(); {
	case readOnly == "":
	case token == "" && !section.TokenFile.given():
		l.refuse(&section.ReadOnlyTokenFile.item, "it requires token_file as well, for operators")
	case token == readOnly:
		l.refuse(&section.ReadOnlyTokenFile.item, "it contains the same token as token_file")
	}
	for i := range section.AllowedHosts.elements {
		host := &section.AllowedHosts.elements[i]
		if host.value != "" && !isHost(host.value) {
			l.refuse(&host.item, "it must be a host name, such as listener.example.com, with or without a port")
		}
		admin.AllowedHosts = append(admin.AllowedHosts, host.value)
	}
}

// tokenOf returns the token in a file, if a file is configured.
func (l *loader) tokenOf(file *text) Secret {
	if file.value == "" {
		return Secret{}
	}
	token, ok := l.fileOf(file)
	if ok && (len(token) < shortestToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })) {
		l.refuse(&file.item, fmt.Sprintf("the token in it must have at least %d printable ASCII characters and no spaces, such as openssl rand -hex 32 prints", shortestToken))
		return Secret{}
	}
	return NewSecret(token)
}

// isHost reports whether a text may be the Host of a request.
func isHost(text string) bool {
	parsed, err := url.Parse("http://" + text)
	return err == nil && parsed.Host == text && parsed.Hostname() != ""
}

func checkBaseURL(given string) error {
	if port.CheckBaseURL(given) != nil {
		return errors.New("it must be an http or https URL without a user or a query, such as https://api.us.getport.io")
	}
	return nil
}

func checkAppURL(given string) error {
	if parsed, err := weburl.Parse(given); err != nil || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return errors.New("it must be an http or https URL without a user or a query, such as https://app.us.getport.io")
	}
	return nil
}

// applyTLS applies the certificate, after checking that it is valid.
func (l *loader) applyTLS(section *tlsSection) {
	certFile, keyFile := &section.CertFile, &section.KeyFile
	switch {
	case section.incomplete, certFile.value == "" && keyFile.value == "":
		return
	case certFile.value == "" || keyFile.value == "":
		l.refuse(&section.item, "it requires cert_file and key_file")
		return
	}
	_, err := tls.LoadX509KeyPair(certFile.value, keyFile.value)
	if unreadable, ok := errors.AsType[*fs.PathError](err); ok {
		shown := certFile.written
		if unreadable.Path != certFile.value {
			shown = keyFile.written
		}
		err = fmt.Errorf("%s %s: %w", unreadable.Op, shown, unreadable.Err)
	}
	if err != nil {
		l.refuse(&section.item, fmt.Sprintf("the certificate is invalid (%v)", err))
	}
	l.config.Webhook.CertFile, l.config.Webhook.KeyFile = certFile.value, keyFile.value
}

// applySmee applies the URL of the Smee channel.
func (l *loader) applySmee(given *text) {
	channel := strings.TrimSpace(given.value)
	if channel == "" {
		return
	}
	if err := ingest.CheckChannel(channel); err != nil {
		l.refuse(&given.item, err.Error()+"; it must be the URL of a channel, such as https://smee.io/abcdefghijklmnop")
	}
	l.config.Smee.URL = NewSecret(channel)
}

// applyStore applies the settings of the store.
func (l *loader) applyStore(section *storeSection) {
	store := &l.config.Store
	store.Dir = section.Dir.value
	section.Sync.into(&store.Sync)
	section.MaxBytes.into(&store.MaxBytes)
	section.MaxAge.into(&store.MaxAge)
	postgres := &section.Postgres
	if !postgres.given() {
		return
	}
	given, where := l.secretOf(&postgres.item, "url", &postgres.URL, &postgres.URLFile)
	if where == nil {
		return
	}
	if err := queue.CheckPostgresURL(given); err != nil {
		l.refuse(where, err.Error())
		return
	}
	if section.Dir.given() || section.Sync.given() {
		l.refuse(where, "dir and sync apply only to the embedded store; remove them or postgres")
	}
	store.PostgresURL = NewSecret(given)
}

// checkDirectory reports a data directory that is a file. A missing directory is created when the
// listener starts.
func (l *loader) checkDirectory(given *text) {
	dir := l.dataDirectory()
	l.config.Store.Dir = dir
	if existing, err := os.Stat(dir); err != nil || existing.IsDir() || l.config.Store.PostgresURL.Reveal() != "" {
		return
	}
	where := outside(dir)
	if dir == given.value {
		where = l.positionOf(&given.item)
	}
	l.report(where, "the data directory cannot be a file")
}

// CheckAddress returns an error if a text is not a listen address.
func CheckAddress(address string) error {
	_, number, err := net.SplitHostPort(address)
	if _, notNumber := strconv.ParseUint(number, 10, 16); err != nil || notNumber != nil {
		return errors.New("it must be a host and a port, such as 127.0.0.1:8080 or :8080")
	}
	return nil
}

// checkPath returns an error if a path is invalid or used by the listener itself.
func checkPath(given string) error {
	if !strings.HasPrefix(given, "/") || given == "/" || path.Clean(given) != given {
		return errors.New("it must be a path such as /api/slack")
	}
	if strings.ContainsAny(given, "{}?#% ") {
		return errors.New("it must not contain { } ? # % or spaces")
	}
	if given == "/healthz" || given == "/readyz" {
		return errors.New("the listener itself uses this path")
	}
	return nil
}
