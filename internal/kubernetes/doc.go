// Package kubernetes checks the Kubernetes examples of the listener with Kubernetes' own types. It
// is a module of its own: what it needs is not needed to build anything.
package kubernetes
