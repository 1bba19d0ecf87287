// Package event tells the world about changes of the catalog: it writes them in
// the shapes that Port sends, keeps the audit log, and posts them, signed, to the
// webhooks of blueprints.
package event
