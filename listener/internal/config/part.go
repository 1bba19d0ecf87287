package config

import "github.com/goccy/go-yaml/ast"

// LoadRules reads the rules and templates of a configuration, and of the
// destinations their names: what it takes to render a message. Nothing else needs
// to be right, no secret needs to be there, and no file of secrets is read. The
// error is an *InvalidError.
func LoadRules(source Source) (*Config, error) {
	loader := newLoader(source)
	if source.File != "" {
		loader.readRules()
	}
	if len(loader.declared) == 0 {
		loader.declared = []string{defaultDestination}
	}
	loader.applyTemplates()
	loader.applyRules()
	if err := loader.invalid(); err != nil {
		return nil, err
	}
	made := &Config{Rules: loader.config.Rules}
	for _, known := range loader.declared {
		made.Destinations = append(made.Destinations, newDestination(known))
	}
	return made, nil
}

// readRules reads what LoadRules needs of the file.
func (l *loader) readRules() {
	root, ok := l.parseFile()
	if !ok || root == nil {
		return
	}
	for _, section := range []string{"rules", "templates"} {
		ok = l.prepareSection(root, section) && ok
	}
	if ok {
		l.root = root
		l.declared = l.destinationNames()
	}
}

// prepareSection makes one section of the file ready to be read, if it is there.
func (l *loader) prepareSection(root ast.Node, section string) bool {
	key, value := descend(root, section)
	if key == nil {
		return true
	}
	before := len(l.problems)
	l.refuseReferences(value)
	l.prepareChild(key, value, []string{section})
	return len(l.problems) == before
}
