package config

import (
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// Stored is what a command needs that looks into the store: no secret of the
// listener, and no other section of its file.
type Stored struct {
	Store Store
	// Destinations are the names of those in the file, sorted. Without a file it
	// is nil: the environment gives one, but may not be that of the listener.
	Destinations []string
}

// LoadStore reads where the store is, from the same places as Load. Other sections
// of the file may have any mistake and name variables that are not set. The error
// is an *InvalidError.
func LoadStore(source Source) (Stored, error) {
	loader := &loader{source: source, config: Config{
		Store: Store{MaxBytes: queue.DefaultMaxBytes, MaxAge: queue.DefaultMaxAge, NATS: NATS{Replicas: queue.DefaultReplicas}},
	}}
	var names []string
	if source.File != "" {
		names = loader.readStored()
	}
	if len(loader.problems) > 0 {
		return Stored{}, &InvalidError{Problems: loader.problems}
	}
	loader.config.Store.Dir = loader.dataDirectory()
	return Stored{Store: loader.config.Store, Destinations: names}, nil
}

// readStored takes the store section, and returns the names of the destinations.
func (l *loader) readStored() []string {
	root, ok := l.parseFile()
	if !ok || root == nil {
		return nil
	}
	sections, _ := entries(root)
	var names []string
	for _, section := range sections {
		switch section.Key.String() {
		case "store":
			l.readStore(root, section.Value)
		case "destinations":
			names = namesIn(section.Value)
		}
	}
	return names
}

// readStore decodes the store section alone.
func (l *loader) readStore(root, section ast.Node) {
	l.expandVariables(section)
	l.checkKeys(section, "store", "store")
	if len(l.problems) > 0 {
		return
	}
	var content fileContent
	if err := yaml.NodeToValue(section, &content.Store, yaml.Strict()); err != nil {
		l.reportYAML(err)
		return
	}
	l.applyStore(root, content)
}

// namesIn returns the keys of a section, sorted.
func namesIn(section ast.Node) []string {
	values, _ := entries(section)
	names := make([]string, 0, len(values))
	for _, value := range values {
		names = append(names, value.Key.String())
	}
	slices.Sort(names)
	return names
}
