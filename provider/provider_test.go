package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/port-changelog/terraform-provider-port/provider"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// factories returns a provider that is configured only by its block.
func factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"port": providerserver.NewProtocol6WithError(provider.New("test")()),
	}
}

const blueprint = `
resource "port_blueprint" "this" {
  identifier = "service"
  title      = "Service"
}`

func TestProvider_arguments(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ arguments, want string }{
		"an invalid address":        {`base_url = "api.getport.io"`, `(?s)Invalid Provider Configuration.*base_url.*must\s+start\s+with\s+http://.*PORT_BASE_URL`},
		"an address without scheme": {`base_url = "localhost:8400"`, `(?s)base_url.*must\s+start\s+with\s+http://`},
		"an invalid timeout":        {`request_timeout = "soon"`, `(?s)"soon" is not a duration greater`},
		"a timeout of zero":         {`request_timeout = 0`, `(?s)"0" is not a duration greater`},
		"too many retries":          {`max_retries = 1000`, `max_retries`},
		"an unknown argument":       {`base_url = terraform_data.late.output`, `(?s)Unknown Provider Argument.*base_url is not known\s+yet`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				Steps: []resource.TestStep{{
					Config: `
resource "terraform_data" "late" { input = "http://127.0.0.1:9" }
provider "port" {
  client_id = "id"
  secret    = "secret-of-a-test"
  ` + test.arguments + `
}` + blueprint,
					ExpectError: regexp.MustCompile(test.want),
				}},
			})
		})
	}
}

func TestProvider_missingCredentials(t *testing.T) { //nolint:paralleltest // It changes the environment.
	for _, name := range []string{"PORT_CLIENT_ID", "PORT_CLIENT_SECRET", "PORT_TOKEN"} {
		t.Setenv(name, "")
	}
	acctest.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps:                    []resource.TestStep{{Config: blueprint, ExpectError: regexp.MustCompile(`(?s)Missing Port Credentials.*PORT_CLIENT_ID`)}},
	})
}

func TestProvider_environment(t *testing.T) {
	env := acctest.NewEmulated(t)
	t.Setenv("PORT_BASE_URL", env.URL+"/v1")
	t.Setenv("PORT_TOKEN", "")
	t.Setenv("PORT_CLIENT_ID", acctest.ClientID)
	t.Setenv("PORT_CLIENT_SECRET", acctest.ClientSecret+"\n")
	acctest.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps:                    []resource.TestStep{{Config: blueprint}},
	})
}

// TestProvider_token checks that a token takes precedence over the credentials, and that an error
// about it does not reveal it.
func TestProvider_token(t *testing.T) {
	t.Parallel()
	const token = "opaque-token-that-has-expired"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			t.Errorf("%s %s was sent without the token", r.Method, r.URL.Path)
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"ok":false,"error":"unauthorized","message":"Token expired"}`)
	}))
	t.Cleanup(server.Close)
	acctest.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{{
			Config: fmt.Sprintf(`
provider "port" {
  base_url  = %q
  client_id = "unused"
  secret    = "unused-secret"
  token     = %q
}`, server.URL, token) + blueprint,
			ExpectError: regexp.MustCompile(`(?s)Unable to Create Blueprint.*PORT_TOKEN`),
		}},
	})
}

func TestProvider_deprecatedArguments(t *testing.T) {
	t.Parallel()
	acctest.NewEmulated(t).Run(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: `
provider "port" {
  json_escape_html = false
  max_retries      = 2
  request_timeout  = 20
}` + blueprint,
	}}})
}
