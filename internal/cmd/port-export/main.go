// Command port-export writes existing blueprints, with their entities and actions, as Terraform
// configuration with import blocks, for Terraform 1.5 or later and OpenTofu 1.6 or later. It
// changes nothing in Port.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
