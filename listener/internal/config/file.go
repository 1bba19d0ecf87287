package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// fileLimit is far above the size of any configuration.
const fileLimit = 1 << 20

// fileContent is what a file may say. Everything is text at first, so that a
// variable can stand anywhere and every mistake gets its own words.
type fileContent struct {
	Port struct {
		ClientSecrets     []string `yaml:"client_secrets"`
		ClientSecretFiles []string `yaml:"client_secret_files"`
		ClientID          string   `yaml:"client_id"`
		BaseURL           string   `yaml:"base_url"`
	} `yaml:"port"`
	Webhook struct {
		Path      string `yaml:"path"`
		MaxBody   string `yaml:"max_body"`
		Tolerance string `yaml:"tolerance"`
		TLS       struct {
			CertFile string `yaml:"cert_file"`
			KeyFile  string `yaml:"key_file"`
		} `yaml:"tls"`
	} `yaml:"webhook"`
	Smee struct {
		URL string `yaml:"url"`
	} `yaml:"smee"`
	Store struct {
		Dir      string `yaml:"dir"`
		Sync     string `yaml:"sync"`
		MaxBytes string `yaml:"max_bytes"`
		MaxAge   string `yaml:"max_age"`
		NATS     struct {
			URL             string `yaml:"url"`
			CredentialsFile string `yaml:"credentials_file"`
			TLSCAFile       string `yaml:"tls_ca_file"`
			Replicas        string `yaml:"replicas"`
		} `yaml:"nats"`
	} `yaml:"store"`
	Destinations map[string]fileDestination `yaml:"destinations"`
	// What rules and templates say depends on their types, and is read from the
	// tree.
	Rules     any `yaml:"rules"`
	Templates any `yaml:"templates"`
}

type fileDestination struct {
	WebhookURL     string `yaml:"webhook_url"`
	WebhookURLFile string `yaml:"webhook_url_file"`
	Rate           string `yaml:"rate"`
	DigestAfter    string `yaml:"digest_after"`
	MaxAge         string `yaml:"max_age"`
}

// anyDestination stands in a path for the name of a destination.
const anyDestination = "destinations.*"

// keysOf returns the keys that a section of the file may have, and whether it is
// a section at all; "" is the file itself.
func keysOf(section string) (keys []string, ok bool) {
	switch section {
	case "":
		keys = []string{"port", "webhook", "smee", "store", "destinations", "rules", "templates"}
	case "port":
		keys = []string{"client_secrets", "client_secret_files", "client_id", "base_url"}
	case "webhook":
		keys = []string{"path", "max_body", "tolerance", "tls"}
	case "webhook.tls":
		keys = []string{"cert_file", "key_file"}
	case "smee":
		keys = []string{"url"}
	case "store":
		keys = []string{"dir", "sync", "max_bytes", "max_age", "nats"}
	case "store.nats":
		keys = []string{"url", "credentials_file", "tls_ca_file", "replicas"}
	case anyDestination:
		keys = []string{"webhook_url", "webhook_url_file", "rate", "digest_after", "max_age"}
	}
	return keys, keys != nil
}

// readFile reads the file, if there is one, into the configuration.
func (l *loader) readFile() {
	if l.source.File == "" {
		return
	}
	root, content, ok := l.decodeFile()
	if !ok {
		// What the file was meant to give is not known, so nothing may be called
		// missing.
		l.secretsGiven, l.destinationsGiven = true, true
		return
	}
	l.applySecrets(root, content)
	l.applyWebhook(root, content)
	l.applySmee(root, content)
	l.applyPort(root, content)
	l.applyStore(root, content)
	l.applyDestinations(root, content)
	l.root = root
}

// decodeFile returns the file as a tree, which knows the lines, and as values. A
// file that says nothing has no tree.
func (l *loader) decodeFile() (ast.Node, fileContent, bool) {
	var content fileContent
	root, ok := l.parseFile()
	if !ok || root == nil {
		return nil, content, ok
	}
	if !l.refuseReferences(root) {
		return nil, content, false
	}
	l.expandVariables(root)
	l.checkKeys(root, "", "")
	if len(l.problems) > 0 {
		return nil, content, false
	}
	if err := yaml.NodeToValue(root, &content, yaml.Strict()); err != nil {
		l.reportYAML(err)
		return nil, content, false
	}
	return root, content, true
}

// parseFile returns the mapping that the file consists of, nil for a file of
// comments, and whether it could be read at all.
func (l *loader) parseFile() (ast.Node, bool) {
	text, err := readLimited(l.source.File, fileLimit)
	if err != nil {
		l.report(l.source.File, fmt.Sprintf("the configuration file cannot be read (%v)", err))
		return nil, false
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		l.reportYAML(err)
		return nil, false
	}
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		l.report(l.place(file.Docs[1].Body), "a second document begins here; the file must hold one")
		return nil, false
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil || file.Docs[0].Body.Type() == ast.CommentType {
		return nil, true
	}
	if _, ok := entries(file.Docs[0].Body); !ok {
		l.report(l.place(file.Docs[0].Body), "the file must hold the sections "+listKeys(""))
		return nil, false
	}
	return file.Docs[0].Body, true
}

// checkKeys looks at every key of a section and of those below it: a mistyped one
// would silently leave a default in place. pattern is the path with the names of
// destinations left out.
func (l *loader) checkKeys(node ast.Node, path, pattern string) {
	values, ok := entries(node)
	if !ok {
		l.report(l.place(node), path+" must be a section with the keys "+listKeys(pattern))
		return
	}
	keys, _ := keysOf(pattern)
	if pattern != "destinations" {
		l.checkKnown(node, path, keys)
	}
	for _, value := range values {
		key := value.Key.String()
		if pattern == "destinations" {
			l.checkKeys(value.Value, path+"."+key, anyDestination)
			continue
		}
		below := strings.TrimPrefix(pattern+"."+key, ".")
		if _, section := keysOf(below); section || below == "destinations" {
			l.checkKeys(value.Value, strings.TrimPrefix(path+"."+key, "."), below)
		}
	}
}

// checkKnown reports the keys of a section that it cannot have.
func (l *loader) checkKnown(node ast.Node, path string, keys []string) {
	where := "the file"
	if path != "" {
		where = path
	}
	values, _ := entries(node)
	for _, value := range values {
		if key := value.Key.String(); !slices.Contains(keys, key) {
			l.report(l.place(value.Key), fmt.Sprintf("%q is not a key of %s; %s", key, where, suggest(key, keys, "its keys are")))
		}
	}
}

// listKeys enumerates the keys of a section.
func listKeys(pattern string) string {
	keys, ok := keysOf(pattern)
	if !ok {
		return "that are the names of destinations"
	}
	return list(keys)
}

// refuseReferences reports anchors, aliases and tags, and whether there are none:
// what stands in a line is then all that there is to it.
func (l *loader) refuseReferences(root ast.Node) bool {
	before := len(l.problems)
	ast.Walk(visitor(func(node ast.Node) {
		switch node.(type) {
		case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
			l.report(l.place(node), "an anchor or an alias of YAML cannot be used; put quotes around a text that begins with & or *, and name what several rules share under templates")
		case *ast.TagNode:
			l.report(l.place(node), "a tag of YAML cannot be used; put quotes around a text that begins with !")
		}
	}), root)
	return len(l.problems) == before
}

// expandVariables replaces ${NAME} in every value by the variable of that name.
// It does so after the file was parsed: no value can become syntax.
func (l *loader) expandVariables(root ast.Node) {
	ast.Walk(visitor(func(node ast.Node) {
		if text, ok := node.(*ast.StringNode); ok {
			text.Value = l.expand(text)
		}
	}), root)
}

// visitor is a function that is told of every node.
type visitor func(ast.Node)

// Visit implements ast.Visitor.
func (v visitor) Visit(node ast.Node) ast.Visitor {
	v(node)
	return v
}

func (l *loader) expand(node *ast.StringNode) string {
	reference := regexp.MustCompile(`\$?\$\{[^}]*\}?`)
	return reference.ReplaceAllStringFunc(node.Value, func(found string) string {
		if literal, escaped := strings.CutPrefix(found, "$$"); escaped {
			return "$" + literal
		}
		name, closed := strings.CutSuffix(strings.TrimPrefix(found, "${"), "}")
		if !closed || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
			l.report(l.place(node), `only ${NAME} with the name of an environment variable can stand here; write $${ for ${ itself`)
			return ""
		}
		value, ok := l.source.LookupEnv(name)
		if !ok {
			l.report(l.place(node), fmt.Sprintf("the environment variable %s is not set", name))
			return ""
		}
		return value
	})
}

// reportYAML words an error of the YAML library with its line. The library would
// quote the lines around it, and with them a secret.
func (l *loader) reportYAML(err error) {
	place := l.source.File
	located, ok := errors.AsType[yaml.Error](err)
	if !ok {
		l.report(place, "it is not valid YAML")
		return
	}
	if token := located.GetToken(); token != nil && token.Position != nil {
		place = fmt.Sprintf("%s:%d", l.source.File, token.Position.Line)
	}
	if needed, ok := neededType(err); ok {
		l.report(place, "the value must be "+needed)
		return
	}
	l.report(place, "it is not valid YAML: "+located.GetMessage())
}

// neededType words what an error about the type of a value expects in its place.
func neededType(err error) (string, bool) {
	if unexpected, ok := errors.AsType[*yaml.UnexpectedNodeTypeError](err); ok && unexpected.Expected == ast.SequenceType {
		return "a list, such as [first, second]", true
	}
	if mismatch, ok := errors.AsType[*yaml.TypeError](err); ok && mismatch.DstType.Kind() == reflect.String {
		return "a single text", true
	}
	return "", false
}

// sortedKeys returns the keys of a map in a fixed order.
func sortedKeys[V any](values map[string]V) []string {
	return slices.Sorted(maps.Keys(values))
}
