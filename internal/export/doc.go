// Package export writes existing objects in Port as Terraform configuration, with an import block
// for each resource. The command port-export uses it.
//
// It runs the provider in its own process and uses its list resources, so that the configuration
// matches the state after an import, attribute by attribute.
package export
