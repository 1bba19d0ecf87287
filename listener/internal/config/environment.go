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

// secretFileLimit is far larger than any secret, so that a wrong path does not read a huge file.
const secretFileLimit = 64 << 10

// fromEnvironment passes the secret in a variable, or in the file that its _FILE variable names, to
// add. It reports mistakes, including that neither is set.
func (l *loader) fromEnvironment(variable, meaning string, add func(where position, text string)) {
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

// dataDirectory returns the data directory: from the command line, else the file, else systemd,
// else the default in the working directory.
func (l *loader) dataDirectory() string {
	if l.source.DataDir != "" {
		return l.source.DataDir
	}
	if l.config.Store.Dir != "" {
		return l.config.Store.Dir
	}
	// systemd separates several directories with colons.
	state, _ := l.source.LookupEnv(stateVariable)
	if first, _, _ := strings.Cut(state, ":"); first != "" {
		return first
	}
	return "." + string(filepath.Separator) + defaultDir
}

// readSecretFile returns the content of a text file, without a byte order mark and without the
// final line break. Errors contain shown instead of the path.
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
	file, err := os.Open(path) //nolint:gosec // The operator configures the path.
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

// pathless removes the path from an error.
func pathless(err error) error {
	if withPath, ok := errors.AsType[*fs.PathError](err); ok {
		return withPath.Err
	}
	return err
}

// SigningSecret returns the client secret in the environment, for signing events.
func SigningSecret(lookupEnv func(name string) (string, bool)) (string, error) {
	loader := newLoader(Source{LookupEnv: lookupEnv})
	loader.fromEnvironment(secretVariable, "the client secret with which the listener verifies events", loader.addSecret)
	if err := loader.invalid(); err != nil {
		return "", err
	}
	return loader.config.ClientSecrets[0].Reveal(), nil
}
