package backend_test

import (
	"context"
	"testing"
	"time"
)

// TestLockForRename checks that a rename of one blueprint excludes writes of all others.
func TestLockForRename(t *testing.T) {
	t.Parallel()
	shared := newBackend(t)
	type lock = func(context.Context, string) (func(), error)
	for name, test := range map[string]struct {
		first, second lock
		isExclusive   bool
	}{
		"a write and a rename": {shared.LockBlueprint, shared.LockForRename, true},
		"a rename and a write": {shared.LockForRename, shared.LockBlueprint, true},
		"two writes":           {shared.LockBlueprint, shared.LockBlueprint, false},
	} {
		unlock, err := test.first(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		unlockSecond, err := test.second(ctx, "b")
		cancel()
		if (err != nil) != test.isExclusive {
			t.Errorf("%s: the second lock returned %v", name, err)
		}
		if err == nil {
			unlockSecond()
		}
		unlock()
		unlockSecond, err = test.second(t.Context(), "b")
		if err != nil {
			t.Fatal(err)
		}
		unlockSecond()
	}
}
