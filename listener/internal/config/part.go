package config

// LoadRules reads the rules and templates of a configuration, and of the
// destinations their names: what it takes to render a message. Nothing else needs
// to be right, no secret needs to be there, and no file of secrets is read. The
// error is an *InvalidError.
func LoadRules(source Source) (*Config, error) {
	loader := &loader{source: source}
	if source.File != "" {
		loader.readRules()
	}
	if len(loader.declared) == 0 {
		loader.declared = []string{defaultDestination}
	}
	loader.applyTemplates()
	loader.applyRules()
	if len(loader.problems) > 0 {
		return nil, &InvalidError{Problems: loader.problems}
	}
	for _, name := range loader.declared {
		loader.config.Destinations = append(loader.config.Destinations, newDestination(name))
	}
	return &loader.config, nil
}

// readRules reads what LoadRules needs of the file.
func (l *loader) readRules() {
	root, ok := l.parseFile()
	if !ok || root == nil || !l.refuseReferences(root) {
		return
	}
	for _, section := range []string{"rules", "templates"} {
		if node := child(root, section); node != nil {
			l.expandVariables(node)
		}
	}
	l.root = root
	l.declared = namesIn(child(root, "destinations"))
}
