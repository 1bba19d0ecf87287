package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
)

func TestASecretIsNeverShown(t *testing.T) {
	t.Parallel()
	const hidden = "hunter2"
	type hiding struct {
		inside config.Secret
		Open   config.Secret
	}
	secret := config.NewSecret(hidden)
	around := hiding{inside: secret, Open: secret}
	// A secret in an unexported field can still be used.
	if around.inside.Reveal() != hidden {
		t.Fatalf("it reveals %q", around.inside.Reveal())
	}

	shown := map[string]string{"String": secret.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		shown[verb] = fmt.Sprintf(verb, secret)
		shown["a struct under "+verb] = fmt.Sprintf(verb, around)
		shown["a list under "+verb] = fmt.Sprintf(verb, []config.Secret{secret})
	}
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text log": func(out *bytes.Buffer) slog.Handler { return slog.NewTextHandler(out, nil) },
		"JSON log": func(out *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(out, nil) },
	} {
		var out bytes.Buffer
		slog.New(handler(&out)).Info("x", "secret", secret, "struct", around, "any", any(&secret))
		shown[name] = out.String()
	}
	for name, marshal := range map[string]func(any) ([]byte, error){"JSON": json.Marshal, "YAML": yaml.Marshal} {
		out, err := marshal(map[string]any{"secret": secret, "struct": around})
		if err != nil {
			t.Fatal(err)
		}
		shown[name] = string(out)
	}

	for name, text := range shown {
		if strings.Contains(text, hidden) || strings.Contains(text, fmt.Sprintf("%x", hidden)) {
			t.Errorf("%s shows it: %s", name, text)
		}
		if !strings.Contains(name, "struct under") && !strings.Contains(text, "secret") {
			t.Errorf("%s does not say that there is one: %s", name, text)
		}
	}
}

func TestTheZeroSecretIsEmpty(t *testing.T) {
	t.Parallel()
	if got := (config.Secret{}).Reveal(); got != "" {
		t.Errorf("it reveals %q", got)
	}
}
