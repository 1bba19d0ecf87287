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

// secretFileLimit is far above the size of any secret, and keeps a wrong path from being read
// whole.
const secretFileLimit = 64 << 10

// fromEnvironment passes on the secret that a variable holds, or the file that its companion names.
// It reports what keeps it from that, and that neither is set.
func (l *loader) fromEnvironment(variable, meaning string, add func(where place, text string)) {
	text, _ := l.source.LookupEnv(variable)
	path, _ := l.source.LookupEnv(variable + "_FILE")
	switch {
	case text == "" && path == "":
		l.report(outside(variable+" is not set"), fmt.Sprintf("set it to %s, or %s_FILE to the path of a file that contains it", meaning, variable))
	case path == "":
		add(outside(variable), text)
	case text != "":
		l.report(outside(variable), variable+"_FILE is also set; set only one of them")
	default:
		text, err := readSecretFile(path, path)
		if err != nil {
			l.report(outside(variable+"_FILE"), err.Error())
			return
		}
		add(outside(path), text)
	}
}

// dataDirectory returns where to store: what the command line says, else the file, else systemd,
// else a directory beside the process.
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

// readSecretFile returns the content of a text file, without the mark that editors put at its
// beginning, and the line break that they leave at its end. An error names it by what is shown of
// its path.
func readSecretFile(path, shown string) (string, error) {
	content, err := readLimited(path, secretFileLimit)
	if err != nil {
		return "", fmt.Errorf("the file %s cannot be read (%w)", shown, err)
	}
	text, err := DecodeText(content)
	if err != nil {
		return "", fmt.Errorf("the file %s %w", shown, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// readLimited returns the content of a file of at most limit bytes. Its error does not name the
// file.
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
		return nil, fmt.Errorf("it is larger than %d bytes", limit)
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

// SigningSecret returns the client secret that the environment holds, for a command that signs
// events with it.
func SigningSecret(lookupEnv func(name string) (string, bool)) (string, error) {
	loader := newLoader(Source{LookupEnv: lookupEnv})
	loader.fromEnvironment(secretVariable, "the client secret with which the listener verifies events", loader.addSecret)
	if err := loader.invalid(); err != nil {
		return "", err
	}
	return loader.config.ClientSecrets[0].Reveal(), nil
}
