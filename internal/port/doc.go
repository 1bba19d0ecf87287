// Package port is a client of the API of Port, the developer portal
// (https://docs.port.io/api-reference/port-api).
//
// The Terraform provider reads and writes blueprints and entities with it, and the listener looks
// up names to make its messages readable. It does not depend on Terraform or Slack, logs nothing
// and keeps no state outside a [Client].
//
// A [Client] has one service per API group, and every method takes a context that ends any wait at
// once:
//
//	client, err := port.New("", port.WithCredentials(id, secret))
//	blueprint, err := client.Blueprints.Get(ctx, "service")
//	if errors.Is(err, port.ErrNotFound) { … }
//
// Requests are retried where that is safe, and share the organization's rate limit and one token.
// Keys that the models do not name are kept in their Extra field and written back, so that a read
// followed by a write loses nothing. Numbers are never converted to floating point.
package port
