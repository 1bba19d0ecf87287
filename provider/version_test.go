package provider

import (
	"strings"
	"testing"

	frameworkprovider "github.com/hashicorp/terraform-plugin-framework/provider"
)

func TestConfigure_refusesOldTerraform(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"1.4.7": true, "0.15.5": true, "1.5.0-rc1": false, "1.5.7": false, "1.11.4": false, "2.0.0": false, "": false, "unknown": false,
	}
	for version, isRefused := range tests {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			diagnostics := refuseOldCLI(version)
			if diagnostics.HasError() != isRefused {
				t.Fatalf("got %v", diagnostics)
			}
			if isRefused && !strings.Contains(diagnostics[0].Detail(), "this is Terraform "+version) {
				t.Errorf("the error reads %q", diagnostics[0].Detail())
			}
		})
	}
	var response frameworkprovider.ConfigureResponse
	new(portProvider).Configure(t.Context(), frameworkprovider.ConfigureRequest{TerraformVersion: "1.4.7"}, &response)
	if !response.Diagnostics.HasError() || response.Diagnostics[0].Summary() != "Unsupported Terraform Version" {
		t.Errorf("configured: %v", response.Diagnostics)
	}
}
