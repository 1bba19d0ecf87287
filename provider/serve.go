package provider

import (
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
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
	newServer := NewServer(version)
	if isDebugged {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		// CI systems send SIGTERM to the whole process group, including the provider. Terraform
		// stops the provider itself, once it knows the outcome of each change.
		signal.Ignore(syscall.SIGTERM)
		if !isLogRead() {
			_ = os.Setenv(logLevel, "OFF") // It cannot fail: the name is valid.
			newServer = func() tfprotov6.ProviderServer { return server.NewWithoutLog(framework(version)) }
		}
	}
	collectLessOften()
	return tf6server.Serve("registry.terraform.io/port-changelog/port", newServer, options...)
}

// NewServer returns the constructor of a provider server for [tf6server.Serve]. The arguments are
// those of [New].
func NewServer(version string, opts ...Option) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		return server.New(framework(version, opts...))
	}
}

func framework(version string, opts ...Option) tfprotov6.ProviderServer {
	return providerserver.NewProtocol6(New(version, opts...)())()
}

// logLevel is the environment variable with the level of the plugin SDK's log.
const logLevel = "TF_LOG_SDK"

// isLogRead reports whether Terraform shows the provider's log. The plugin SDK traces each call in
// detail and leaves the filtering to Terraform
// (https://developer.hashicorp.com/terraform/plugin/log/managing), which costs a quarter of the CPU
// time of a plan.
func isLogRead() bool {
	return slices.ContainsFunc([]string{"TF_LOG", "TF_LOG_PROVIDER", logLevel}, func(name string) bool { return os.Getenv(name) != "" })
}

// collectLessOften lets garbage grow to a few times the memory in use, which is little, up to a
// limit: the calls of Terraform leave much garbage. GOGC and GOMEMLIMIT override it
// (https://pkg.go.dev/runtime#hdr-Environment_Variables).
func collectLessOften() {
	const percent, limit = 400, 150 << 20
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}
