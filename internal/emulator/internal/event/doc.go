// Package event publishes changes of the catalog: it encodes them as Port does, keeps the audit
// log, and posts them, signed, to the webhooks of blueprints.
package event
