package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secretFileLimit is far above the size of any secret, and keeps a wrong path
// from being read whole.
const secretFileLimit = 64 << 10

// readEnvironment fills in what the file did not give.
func (l *loader) readEnvironment() {
	if !l.secretsGiven {
		if text, where, ok := l.environmentSecret(secretVariable); ok {
			l.secretsGiven = true
			l.addSecret(where, text)
		}
	}
	if !l.destinationsGiven {
		if text, where, ok := l.environmentSecret(webhookVariable); ok {
			l.destinationsGiven, l.declared = true, []string{defaultDestination}
			l.addDestination(where, newDestination(defaultDestination), text)
		}
	}
	l.config.Store.Dir = l.dataDirectory()
}

// environmentSecret returns the value of a variable, or of the file that its
// companion names, and which of the two it was. A file that cannot be read is
// reported, and counts as given.
func (l *loader) environmentSecret(variable string) (text string, where place, ok bool) {
	text, _ = l.source.LookupEnv(variable)
	path, _ := l.source.LookupEnv(variable + "_FILE")
	switch {
	case text != "" && path != "":
		l.report(outside(variable), variable+"_FILE is set too; set one of them")
		return text, outside(variable), true
	case text != "":
		return text, outside(variable), true
	case path != "":
		text, err := l.readSecretFile(path)
		if err != nil {
			l.report(outside(variable+"_FILE"), err.Error())
			l.markGiven(variable)
			return "", place{}, false
		}
		return text, outside(path), true
	}
	return "", place{}, false
}

// markGiven keeps a secret that could not be read from being called missing.
func (l *loader) markGiven(variable string) {
	switch variable {
	case secretVariable:
		l.secretsGiven = true
	case webhookVariable:
		l.destinationsGiven, l.declared = true, []string{defaultDestination}
	}
}

// dataDirectory returns where to store: what the command line says, else the
// file, else systemd, else a directory beside the process.
func (l *loader) dataDirectory() string {
	if l.source.DataDir != "" {
		return l.source.DataDir
	}
	if l.config.Store.Dir != "" {
		return l.config.Store.Dir
	}
	// systemd separates several directories by colons.
	state, _ := l.source.LookupEnv(stateVariable)
	if first, _, _ := strings.Cut(state, ":"); first != "" {
		return first
	}
	return "." + string(filepath.Separator) + defaultDir
}

// readSecretFile returns the content of a text file, without the mark that editors
// put at its beginning, and the line break that they leave at its end.
func (l *loader) readSecretFile(path string) (string, error) {
	content, err := readLimited(path, secretFileLimit)
	if err != nil {
		return "", fmt.Errorf("the file %s cannot be read (%w)", l.variables.show(path), err)
	}
	text, err := DecodeText(content)
	if err != nil {
		return "", fmt.Errorf("the file %s %w", l.variables.show(path), err)
	}
	return strings.TrimSpace(string(text)), nil
}

// readLimited returns the content of a file of at most limit bytes. Its error
// does not name the file.
func readLimited(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // The operator says which file to read.
	if err != nil {
		return nil, pathless(err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, pathless(err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("it has more than %d bytes", limit)
	}
	return content, nil
}

// pathless drops the path from an error whose text has named it.
func pathless(err error) error {
	if withPath, ok := errors.AsType[*fs.PathError](err); ok {
		return withPath.Err
	}
	return err
}

// SigningSecret returns the client secret that the environment holds, for a
// command that signs events with it.
func SigningSecret(lookupEnv func(name string) (string, bool)) (string, error) {
	loader := newLoader(Source{LookupEnv: lookupEnv})
	if text, where, ok := loader.environmentSecret(secretVariable); ok {
		loader.addSecret(where, text)
	} else if len(loader.problems) == 0 {
		loader.reportMissing(secretVariable, "the client secret with which the listener verifies events")
	}
	if err := loader.invalid(); err != nil {
		return "", err
	}
	return loader.config.ClientSecrets[0].Reveal(), nil
}
