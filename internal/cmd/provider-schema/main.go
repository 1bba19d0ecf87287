// Command provider-schema prints the provider's schema as `terraform providers schema -json` does,
// directly from the provider's code. The documentation generator reads it, so that generating
// requires neither the Terraform CLI nor a network.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/port-changelog/terraform-provider-port/provider"
)

// name is the key that the documentation generator uses for a schema that does not come from a
// registry.
const name = "port"

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "provider-schema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	server := providerserver.NewProtocol6(provider.New("dev")())()
	schema, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return fmt.Errorf("read the provider's schema: %w", err)
	}
	for _, diagnostic := range schema.Diagnostics {
		return fmt.Errorf("%s: %s", diagnostic.Summary, diagnostic.Detail)
	}
	document, err := newDocument(schema)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}
