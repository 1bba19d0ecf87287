package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/port-changelog/terraform-provider-port/listener/internal/name"
)

// fileLimit is far above the size of any configuration.
const fileLimit = 1 << 20

// anyDestination stands in a path for the name of a destination.
const anyDestination = "destinations.*"

// keysOf returns the keys that a section of the file may have, and whether it is
// a section at all; "" is the file itself.
func keysOf(section string) (keys []string, ok bool) {
	switch section {
	case "":
		keys = []string{"port", "webhook", "admin", "smee", "store", "destinations", "rules", "templates"}
	case "port":
		keys = []string{"client_secrets", "client_secret_files", "client_id", "base_url"}
	case "webhook":
		keys = []string{"listen", "path", "max_body", "tolerance", "tls"}
	case "admin":
		keys = []string{"listen"}
	case "webhook.tls":
		keys = []string{"cert_file", "key_file"}
	case "smee":
		keys = []string{"url"}
	case "store":
		keys = []string{"dir", "sync", "max_bytes", "max_age", "postgres"}
	case "store.postgres":
		keys = []string{"url", "url_file"}
	case anyDestination:
		keys = []string{"webhook_url", "webhook_url_file", "rate", "digest_after", "max_age"}
	}
	return keys, keys != nil
}

// readFile reads the file, if there is one, into the configuration. Rules and
// templates are read later.
func (l *loader) readFile() {
	if l.source.File == "" {
		return
	}
	root, ok := l.parseFile()
	if ok && root != nil {
		ok = l.prepare(root)
	}
	if !ok {
		// What the file was meant to give is not known, so nothing may be called
		// missing.
		l.secretsGiven, l.destinationsGiven = true, true
		return
	}
	if root == nil {
		return
	}
	l.root = root
	l.checkKeys(root, "", "")
	l.secretsGiven = l.mistaken[""] || l.mistaken["port"]
	l.destinationsGiven = l.mistaken[""] || l.mistaken["destinations"]
	l.applySecrets()
	l.applyWebhook()
	l.applySmee()
	l.applyPort()
	l.applyStore()
	l.applyDestinations()
}

// checkKeys looks at every key of a section and of those below it: a mistyped one
// would silently leave a default in place. pattern is the path with the names of
// destinations left out.
func (l *loader) checkKeys(node ast.Node, path, pattern string) {
	values, ok := entries(node)
	if !ok {
		l.mistaken[path] = true
		l.report(l.place(node), path+" must be a section with the keys "+listKeys(pattern))
		return
	}
	if keys, ok := keysOf(pattern); ok {
		l.mistaken[path] = !l.checkKnown(node, path, keys)
	}
	for _, value := range values {
		key := keyOf(value)
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

// checkKnown reports the keys of a section that it cannot have, and whether there
// are none.
func (l *loader) checkKnown(node ast.Node, path string, keys []string) bool {
	where := "the file"
	if path != "" {
		where = path
	}
	before := len(l.problems)
	values, _ := entries(node)
	for _, value := range values {
		if key := keyOf(value); !slices.Contains(keys, key) {
			l.report(l.place(value.Key), fmt.Sprintf("%q is not a key of %s; %s", key, where, suggest(key, keys, "its keys are")))
		}
	}
	return len(l.problems) == before
}

// listKeys enumerates the keys of a section.
func listKeys(pattern string) string {
	keys, ok := keysOf(pattern)
	if !ok {
		return "that are the names of destinations"
	}
	return list(keys)
}

// destinationNames returns the keys of the section of destinations, sorted, and
// reports those that cannot be names.
func (l *loader) destinationNames() []string {
	values, _ := entries(child(l.root, "destinations"))
	names := make([]string, 0, len(values))
	for _, value := range values {
		key := keyOf(value)
		names = append(names, key)
		if !name.Valid(key) {
			l.report(l.placeOf("destinations", key), "the name of a destination has lower-case letters, digits, dashes and underscores, at most 63 of them")
		}
	}
	slices.Sort(names)
	return names
}

// text returns the single text at a path of the file, "" if there is none.
func (l *loader) text(path ...string) string {
	node := l.value(path)
	if node == nil {
		return ""
	}
	text, ok := textOf(node)
	if !ok {
		l.report(l.placeOf(path...), "it must be a single text")
	}
	return text
}

// texts returns the list of texts at a path of the file, and whether it is one if
// there is any.
func (l *loader) texts(path ...string) ([]string, bool) {
	node := l.value(path)
	if node == nil {
		return nil, true
	}
	elements, ok := node.(*ast.SequenceNode)
	if !ok {
		l.report(l.placeOf(path...), "it must be a list, such as [first, second]")
		return nil, false
	}
	var texts []string
	for i, element := range elements.Values {
		text, ok := textOf(element)
		if !ok {
			l.report(l.placeOf(append(path, fmt.Sprintf("[%d]", i))...), "it must be a single text")
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

// value returns what stands at a path of the file, nil if there is nothing.
func (l *loader) value(path []string) ast.Node {
	node := l.root
	for _, step := range path {
		node = child(node, step)
	}
	return node
}
