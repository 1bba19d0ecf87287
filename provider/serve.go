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

// Serve serves the provider to the CLI that has started this process, until that stops it. A
// debugged provider waits for a debugger, and prints how to attach Terraform to it.
func Serve(version string, isDebugged bool) error {
	var options []tf6server.ServeOpt
	if isDebugged {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		// Whoever ends a whole group of processes with SIGTERM, as CI systems do, also signals the
		// provider. Terraform stops it in an orderly way, once it knows what became of each change.
		signal.Ignore(syscall.SIGTERM)
		dropUnreadLogs()
	}
	collectLessOften()
	return tf6server.Serve("registry.terraform.io/port-changelog/port", NewServer(version), options...)
}

// NewServer returns the constructor of a server of the provider, to be served with
// [tf6server.Serve]. The arguments are those of [New].
func NewServer(version string, opts ...Option) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		return server.New(providerserver.NewProtocol6(New(version, opts...)())())
	}
}

// dropUnreadLogs turns off the log of the plugin SDK where Terraform drops it. The
// SDK traces each call in detail and leaves it to Terraform to choose
// (https://developer.hashicorp.com/terraform/plugin/log/managing), which costs a
// fifth of the processor time of a plan.
func dropUnreadLogs() {
	const level = "TF_LOG_SDK"
	for _, name := range []string{"TF_LOG", "TF_LOG_PROVIDER", level} {
		if os.Getenv(name) != "" {
			return
		}
	}
	_ = os.Setenv(level, "OFF") // The name is valid, and so it cannot fail.
}

// collectLessOften lets garbage grow to a few times what is in use, which is
// little: the calls of Terraform leave much of it. GOGC overrides it.
func collectLessOften() {
	const percent = 400
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
