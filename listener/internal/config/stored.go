package config

// Stored is what a command needs to open the store. It contains no client secrets.
type Stored struct {
	Store Store
	// Destinations are the sorted names of the destinations in the file. Without a file it is nil,
	// because the environment may differ from that of the listener.
	Destinations []string
}

// LoadToken reads the token for the admin address; it returns the zero Secret if there is none.
// Other sections of the file may be invalid. The error is an *InvalidError.
func LoadToken(source Source) (Secret, error) {
	loader := newLoader(source)
	var document adminDocument
	loader.readFile(&document)
	token := loader.tokenOf(&document.Admin.TokenFile)
	return token, loader.invalid()
}

// LoadStore reads where the store is, from the same sources as Load. Other sections of the file may
// be invalid, except for names of destinations, and may refer to variables that are not set. The
// error is an *InvalidError.
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
