package budget_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
)

// TestCostCoversWhatEventsTake decodes the events that take the most memory for their size.
//
//nolint:paralleltest // It measures the memory of the process.
func TestCostCoversWhatEventsTake(t *testing.T) {
	for name, element := range map[string]string{
		"objects": `{"":0},`, "empty objects": `{},`, "objects in lists": `[{"":[]}],`, "lists": `[0],`, "empty lists": `[],`, "numbers": `1,`,
		"texts": `"x",`, "objects of nine": `{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0},`, "long texts": `"` + strings.Repeat("x", 1000) + `",`,
	} {
		body := []byte(`{"diff":{"after":{"x":[` + strings.Repeat(element, (1<<20)/len(element)) + `0]}}}`)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		event, err := changelog.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(event)
		takes, cost := int64(after.HeapAlloc)-int64(before.HeapAlloc), budget.Cost(body)
		if takes > cost {
			t.Errorf("%s take %d KiB, and %d are expected", name, takes>>10, cost>>10)
		}
	}
}

// dense returns the event with the highest cost for its size.
func dense(size int) []byte { return []byte(strings.Repeat("{},", size/3)) }

func TestSmallEventsPassLargeOnes(t *testing.T) {
	t.Parallel()
	memory := budget.NewMemory()
	release, err := memory.Decode(t.Context(), dense(4<<20))
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := memory.Decode(short, dense(1<<20)); !errors.Is(err, context.Canceled) {
		t.Errorf("a second large one is decoded at the same time: %v", err)
	}
	small, err := memory.Decode(t.Context(), []byte(`{"action":"UPDATE"}`))
	if err != nil {
		t.Fatal(err)
	}
	small()
	release()
	again, err := memory.Decode(t.Context(), dense(4<<20))
	if err != nil {
		t.Fatal(err)
	}
	again()
}

// TestBodiesDoNotWaitForEachOther grows more bodies at a time than there is memory for. All of them
// must complete, one after the other.
func TestBodiesDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory := budget.NewMemory()
		arrived := make(chan struct{})
		const many, whole = 40, 4 << 20
		for range many {
			go func() {
				body := memory.Body()
				defer body.Release()
				for size := int64(budget.FreeBody); size <= whole; size *= 2 {
					if err := body.Grow(t.Context(), size); err != nil {
						t.Error(err)
					}
					<-time.After(time.Second)
				}
				arrived <- struct{}{}
			}()
		}
		for range many {
			<-arrived
		}
		synctest.Wait()
		body := memory.Body()
		if err := body.Grow(t.Context(), 32<<20); err != nil {
			t.Errorf("not everything is given back: %v", err)
		}
		body.Release()
	})
}

func TestABodyDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory := budget.NewMemory()
		first, second, third := memory.Body(), memory.Body(), memory.Body()
		for _, body := range []*budget.Body{first, second} {
			if err := body.Grow(t.Context(), 32<<20); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := third.Grow(ctx, 1<<20); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it grows beyond the budget: %v", err)
		}
		if err := third.Grow(t.Context(), budget.FreeBody); err != nil {
			t.Errorf("a small one waits: %v", err)
		}
		second.Release()
		if err := third.Grow(t.Context(), 1<<20); err != nil {
			t.Error(err)
		}
	})
}
