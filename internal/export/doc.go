// Package export writes what exists at Port as Terraform configuration, with an import
// block for each resource. The command port-export uses it.
//
// It runs the provider in its own process and asks its list resources, so that what is
// written is what an import puts into the state, attribute by attribute.
package export
