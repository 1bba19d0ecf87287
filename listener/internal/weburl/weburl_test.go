package weburl_test

import (
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/weburl"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://hooks.slack.com/services/T/B/secret": "",
		"http://127.0.0.1:8080":                       "",
		"HTTPS://host":                                "",
		"https://[::1]/x":                             "",
		"":                                            "it is not an http or https URL",
		"secret":                                      "it is not an http or https URL",
		"//host/secret":                               "it is not an http or https URL",
		"ftp://host/secret":                           "it is not an http or https URL",
		"javascript:alert(1)":                         "it is not an http or https URL",
		"https://":                                    "it is a URL without a host",
		"https:///secret":                             "it is a URL without a host",
		"https://:443/secret":                         "it is a URL without a host",
		"https://host:secret/":                        "it is not a URL",
		"https://host/%zz":                            "it is not a URL",
		"https://ho st/":                              "it is not a URL",
	} {
		parsed, err := weburl.Parse(address)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want || (parsed == nil) != (err != nil) {
			t.Errorf("%s: %v, %q", address, parsed, got)
		}
	}
}
