package config

// Stored is what a command needs that looks into the store: no secret of the listener, and no other
// section of its file.
type Stored struct {
	Store Store
	// Destinations are the names of those in the file, sorted. Without a file it is nil: the
	// environment gives one, but may not be that of the listener.
	Destinations []string
}

// LoadToken reads the token with which a command asks the admin address; the zero Secret when there
// is none. Other sections of the file may have any mistake. The error is an *InvalidError.
func LoadToken(source Source) (Secret, error) {
	loader := newLoader(source)
	var document adminDocument
	loader.readFile(&document)
	token := loader.tokenOf(&document.Admin.TokenFile)
	return token, loader.invalid()
}

// LoadStore reads where the store is, from the same places as Load. Other sections of the file may
// have any mistake but a bad name of a destination, and name variables that are not set. The error
// is an *InvalidError.
func LoadStore(source Source) (Stored, error) {
	loader := newLoader(source)
	var document storeDocument
	loader.readFile(&document)
	loader.applyStore(&document.Store)
	if err := loader.invalid(); err != nil {
		return Stored{}, err
	}
	loader.config.Store.Dir = loader.dataDirectory()
	return Stored{Store: loader.config.Store, Destinations: document.Destinations.sorted()}, nil
}
