package app_test

import (
	"os"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/sandbox"
)

// TestMain lets the test binary act as the process that evaluates conditions and templates.
func TestMain(m *testing.M) {
	if sandbox.Called(os.Args[1:]) {
		os.Exit(sandbox.Run(os.Args[2], os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}
