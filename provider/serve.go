package provider

import (
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/port-changelog/terraform-provider-port/provider/internal/server"
)

// Serve serves the provider to the CLI that started this process, until the CLI stops it. A
// debugged provider waits for a debugger and prints how to attach Terraform to it.
func Serve(version string, isDebugged bool) error {
	var options []tf6server.ServeOpt
	if isDebugged {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		// CI systems send SIGTERM to the whole process group, including the provider. Terraform
		// stops the provider itself, once it knows the outcome of each change.
		signal.Ignore(syscall.SIGTERM)
		dropUnreadLogs()
	}
	collectLessOften()
	return tf6server.Serve("registry.terraform.io/port-changelog/port", NewServer(version), options...)
}

// NewServer returns the constructor of a provider server for [tf6server.Serve]. The arguments are
// those of [New].
func NewServer(version string, opts ...Option) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		return server.New(providerserver.NewProtocol6(New(version, opts...)())())
	}
}

// dropUnreadLogs turns off the plugin SDK's log unless Terraform shows it. The SDK traces each call
// in detail and leaves the filtering to Terraform
// (https://developer.hashicorp.com/terraform/plugin/log/managing), which costs a fifth of the CPU
// time of a plan.
func dropUnreadLogs() {
	const level = "TF_LOG_SDK"
	for _, name := range []string{"TF_LOG", "TF_LOG_PROVIDER", level} {
		if os.Getenv(name) != "" {
			return
		}
	}
	_ = os.Setenv(level, "OFF") // It cannot fail: the name is valid.
}

// collectLessOften lets garbage grow to several times the live heap, which is small compared to
// what Terraform's calls allocate. GOGC overrides it.
func collectLessOften() {
	const percent = 400
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
