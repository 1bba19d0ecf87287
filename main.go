// Command terraform-provider-port is the Terraform provider for Port. Terraform
// and OpenTofu start it; -debug lets a debugger start it instead, and -version says
// which build it is.
package main

import (
	"flag"
	"fmt"
	"log"

	"github.com/port-changelog/terraform-provider-port/internal/version"
	"github.com/port-changelog/terraform-provider-port/provider"
)

func main() {
	isDebugged := flag.Bool("debug", false, "wait for a debugger and print how to attach Terraform to this process")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()

	if *showVersion {
		fmt.Println(version.Describe("terraform-provider-port"))
		return
	}
	if err := provider.Serve(version.Current(), *isDebugged); err != nil {
		log.Fatal(err)
	}
}
