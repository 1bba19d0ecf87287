// Package kubernetes checks the listener's Kubernetes examples with Kubernetes' own types. It is a
// separate module, so that its dependencies are not dependencies of the products.
package kubernetes
