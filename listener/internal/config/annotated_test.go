package config

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestTheAnnotatedFile loads the file that documents every key with its default, and compares it
// with the configuration without a file.
func TestTheAnnotatedFile(t *testing.T) {
	t.Parallel()
	const path = "../../../examples/listener/listener.yaml"
	variables := map[string]string{"PORT_CLIENT_SECRET": "k7-client-secret", "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x"}
	lookUp := func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
	annotated, err := Load(Source{File: path, LookupEnv: lookUp})
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := Load(Source{LookupEnv: lookUp})
	if err != nil {
		t.Fatal(err)
	}
	if annotated.Webhook != defaults.Webhook || !reflect.DeepEqual(annotated.Admin, defaults.Admin) || annotated.Port != defaults.Port || !annotated.Store.equal(defaults.Store) || len(annotated.ClientSecrets) != 1 ||
		len(annotated.Destinations) != 1 || !annotated.Destinations[0].Equal(defaults.Destinations[0]) || !reflect.DeepEqual(annotated.Rules[0], defaults.Rules[0]) {
		t.Errorf("the file says\n%+v\nand without it there is\n%+v", annotated, defaults)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	keys := slices.Concat(ruleKeys(), templateKeys(), keysOf(&document{}))
	for _, leaf := range leaves(&document{}, "") {
		keys = append(keys, strings.Split(strings.ReplaceAll(leaf, ".NAME", ""), ".")...)
	}
	for _, key := range keys {
		if !strings.Contains(string(content), key+":") {
			t.Errorf("the file does not mention %s", key)
		}
	}
}
