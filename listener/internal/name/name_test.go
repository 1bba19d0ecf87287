package name_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/name"
)

func TestValid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"a": true, "0": true, "on-call": true, "team_2": true, strings.Repeat("a", 63): true,
		"": false, "-a": false, "_a": false, "A": false, "a b": false, "a.b": false, "a*": false, "a>": false, "ä": false, "a\n": false, strings.Repeat("a", 64): false,
	} {
		if got := name.Valid(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
