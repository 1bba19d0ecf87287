// Command port-export writes blueprints that exist at Port, with their entities and actions, as
// Terraform configuration with import blocks, for Terraform 1.5 and later and for OpenTofu 1.6 and
// later. It changes nothing at Port.
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
