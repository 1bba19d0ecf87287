package acctest

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Interrupt runs an operation of a session and interrupts Terraform, as Ctrl-C does, while the
// emulator holds the request with this method and route. It returns the result of the operation.
func (e *Environment) Interrupt(t *testing.T, s *Session, method, route string, operation func() []string) []string {
	t.Helper()
	e.Control(t, "POST", "/_emulator/faults", fmt.Sprintf(`{"method": %q, "route": %q, "hold": true}`, method, route))
	done := make(chan []string, 1)
	go func() { done <- operation() }()
	e.AwaitHeld(t)
	if _, err := s.server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	e.Control(t, "DELETE", "/_emulator/faults", "")
	return <-done
}
