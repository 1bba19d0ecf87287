package changelog

import (
	"errors"
	"slices"
	"strings"
)

// ErrEmptySecret and ErrPlaceholderSecret mean that a client secret is refused, since anybody could
// sign events with it.
var (
	ErrEmptySecret       = errors.New("the client secret is empty")
	ErrPlaceholderSecret = errors.New("the client secret is a placeholder, not a secret")
)

// CheckSecret refuses a client secret that is empty or an unfilled placeholder.
func CheckSecret(secret string) error {
	trimmed := strings.TrimSpace(secret)
	if trimmed == "" {
		return ErrEmptySecret
	}
	if isPlaceholder(trimmed) {
		return ErrPlaceholderSecret
	}
	return nil
}

// isPlaceholder detects words from templates (`changeme`, `your-client-secret`), unexpanded
// variables (`${PORT_CLIENT_SECRET}`, `{{ secret }}`, `<secret>`) and runs of one filler character.
func isPlaceholder(secret string) bool {
	const fillers = "xX*.-_?0"
	if strings.IndexByte(fillers, secret[0]) >= 0 && strings.Trim(secret, secret[:1]) == "" {
		return true
	}
	for _, brackets := range [][2]string{{"<", ">"}, {"${", "}"}, {"{{", "}}"}, {"$(", ")"}, {"%", "%"}} {
		if strings.HasPrefix(secret, brackets[0]) && strings.HasSuffix(secret, brackets[1]) {
			return true
		}
	}
	words := strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(secret))
	return slices.Contains([]string{
		"changeme", "replaceme", "placeholder", "todo", "null", "nil", "undefined", "none",
		"clientsecret", "portclientsecret", "$portclientsecret",
		"yourclientsecret", "yourportclientsecret", "yoursecret", "mysecret",
	}, words)
}
