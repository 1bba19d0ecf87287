// Command terraform-provider-port is the Terraform provider for Port. Terraform
// and OpenTofu start it; -debug lets a debugger start it instead, and -version says
// which build it is.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os/signal"
	"syscall"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/port-changelog/terraform-provider-port/internal/version"
	"github.com/port-changelog/terraform-provider-port/provider"
)

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger and print how to attach Terraform to this process")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()

	if *showVersion {
		fmt.Println(version.Describe("terraform-provider-port"))
		return
	}
	if !*debug {
		// Whoever ends a whole group of processes with SIGTERM, as CI systems do, also signals the
		// provider. Terraform stops it in an orderly way, once it knows what became of each change.
		signal.Ignore(syscall.SIGTERM)
	}
	err := providerserver.Serve(context.Background(), provider.New(version.Current()), providerserver.ServeOpts{
		Address: "registry.terraform.io/port-changelog/port",
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
