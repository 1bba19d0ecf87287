//go:build !race

package sandbox_test

// raced says that the race detector is off.
const raced = false
