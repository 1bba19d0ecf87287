package changelog

import (
	"errors"
	"slices"
	"strings"
)

// ErrEmptySecret and ErrPlaceholderSecret say why a client secret is refused.
// With either of them anybody could sign events that verify.
var (
	ErrEmptySecret       = errors.New("the client secret is empty")
	ErrPlaceholderSecret = errors.New("the client secret is a placeholder, not a secret")
)

// CheckSecret refuses a client secret that nobody can have meant: an empty one,
// and what is left in a template when nobody filled it in.
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

// isPlaceholder knows the words of templates (`changeme`, `your-client-secret`),
// variables that nothing expanded (`${PORT_CLIENT_SECRET}`, `{{ secret }}`,
// `<secret>`) and runs of one filler character.
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
