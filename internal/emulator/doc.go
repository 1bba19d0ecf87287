// Package emulator is Port's API in one process and in memory: authentication, blueprints,
// entities, search, migrations, actions, automations and their runs, the audit log and the parts of
// pages and organizations that clients read, with Port's documented and observed behaviour.
//
// Automations fire when an entity or a run changes and when a timer expires. Webhooks are sent and
// entities upserted; invocations of external systems (Kafka, GitHub, an agent) are only recorded
// among the deliveries. The emulator itself handles webhooks to the hosts of Port's API.
//
// The demo, the tests of the provider and of the client, and the command port-emulator use it;
// users run that command to test their own modules.
//
// In addition to the API it has control endpoints under /_emulator/, which require no token:
//
//	GET    /_emulator/requests    how often each route was called
//	DELETE /_emulator/requests    resets the counters
//	POST   /_emulator/faults      injects a fault into a route
//	DELETE /_emulator/faults      removes all faults and releases held requests
//	GET    /_emulator/deliveries  what was sent to webhooks, and invocations that were recorded
//	POST   /_emulator/reset       returns to the state after the last Seed
//
// Where Port's behaviour is unknown, the emulator has an option or is strict; such places are
// marked [?name] in the code, and docs/decisions/assumptions.md has a section with that name.
package emulator
