package config

import "github.com/goccy/go-yaml/ast"

// Stored is what a command needs that looks into the store: no secret of the
// listener, and no other section of its file.
type Stored struct {
	Store Store
	// Destinations are the names of those in the file, sorted. Without a file it
	// is nil: the environment gives one, but may not be that of the listener.
	Destinations []string
}

// LoadStore reads where the store is, from the same places as Load. Other sections
// of the file may have any mistake but a bad name of a destination, and name
// variables that are not set. The error is an *InvalidError.
func LoadStore(source Source) (Stored, error) {
	loader := newLoader(source)
	// The size of a body matters to the listener alone.
	loader.config.Webhook.MaxBody = 0
	var names []string
	if source.File != "" {
		names = loader.readStored()
	}
	if err := loader.invalid(); err != nil {
		return Stored{}, err
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
	l.root = root
	l.readStore(child(root, "store"))
	if child(root, "destinations") == nil {
		return nil
	}
	return l.destinationNames()
}

// readStore takes the store section alone.
func (l *loader) readStore(section ast.Node) {
	if !l.prepareSection(l.root, "store") || section == nil {
		return
	}
	l.checkKeys(section, "store", "store")
	l.applyStore()
}
