//go:build race

package sandbox_test

// raced reports whether the race detector is on.
const raced = true
