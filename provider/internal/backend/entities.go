package backend

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// Terraform refreshes every entity with a call of its own, several at a time.
// Reads of one blueprint's entities that come while others are under way wait
// for those and then go together, as one search: a plan of a thousand entities
// takes a few hundred requests, and no longer than before. No read ever waits
// for another to come.
const (
	// maxReads is how many requests for entities of one blueprint are under way.
	// Two of them, each for half of what Terraform asks at a time, answer as many
	// reads in a round trip as one request for each read would.
	maxReads = 2
	// maxBatch is the most entities in one search.
	maxBatch = 50
)

// entityReads gathers the reads of entities by their blueprint. The zero value
// is ready to use.
type entityReads struct {
	mutex sync.Mutex
	lanes map[string]*lane
}

// lane holds the reads of one blueprint's entities.
type lane struct {
	running int
	waiting []*entityRead
}

// entityRead is one caller's read.
type entityRead struct {
	identifier string
	// lead hands the caller the batch that it has to read, its own read included.
	lead chan []*entityRead
	// answered is closed when another caller has read the batch. entity is nil if
	// that left the read unsettled.
	answered chan struct{}
	entity   *port.Entity
}

// Entity reads an entity without what Port computes. It returns
// [port.ErrNotFound] if there is none, which only a read of that entity alone
// can tell: a search may miss what is there.
func (b *Backend) Entity(ctx context.Context, blueprint, identifier string) (*port.Entity, error) {
	read := &entityRead{identifier: identifier, lead: make(chan []*entityRead, 1), answered: make(chan struct{})}
	batch := b.entityReads.join(blueprint, read)
	if batch == nil {
		select {
		case <-read.answered:
		case batch = <-read.lead:
		case <-ctx.Done():
			if batch = b.entityReads.leave(blueprint, read); batch == nil {
				return nil, fmt.Errorf("wait for other reads of blueprint %q: %w", blueprint, ctx.Err())
			}
		}
	}
	if batch != nil {
		defer b.entityReads.next(blueprint)
		b.search(ctx, blueprint, batch)
	}
	if read.entity != nil {
		return read.entity, nil
	}
	return b.Client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{ExcludeCalculated: true})
}

// search reads a batch of more than one entity and tells the callers. What it
// does not find, for whatever reason, they read themselves.
func (b *Backend) search(ctx context.Context, blueprint string, batch []*entityRead) {
	defer func() {
		for _, read := range batch {
			close(read.answered)
		}
	}()
	if len(batch) == 1 {
		return
	}
	query, err := queryFor(blueprint, batch)
	if err != nil {
		return
	}
	result, err := b.Client.Entities.Search(ctx, query, port.SearchOptions{GetEntityOptions: port.GetEntityOptions{ExcludeCalculated: true}})
	if err != nil {
		return
	}
	for i := range result.Entities {
		entity := &result.Entities[i]
		for _, read := range batch {
			if entity.Blueprint == blueprint && entity.Identifier == read.identifier {
				read.entity = entity
			}
		}
	}
}

func queryFor(blueprint string, batch []*entityRead) (json.RawMessage, error) {
	type rule struct {
		Property string `json:"property"`
		Operator string `json:"operator"`
		Value    any    `json:"value"`
	}
	identifiers := make([]string, len(batch))
	for i, read := range batch {
		identifiers[i] = read.identifier
	}
	return json.Marshal(map[string]any{"combinator": "and", "rules": []rule{
		{Property: "$blueprint", Operator: "=", Value: blueprint},
		{Property: "$identifier", Operator: "in", Value: identifiers},
	}})
}

// join returns a batch of the read alone if it may go at once, and else nil: the
// read waits.
func (r *entityReads) join(blueprint string, read *entityRead) []*entityRead {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.lanes == nil {
		r.lanes = map[string]*lane{}
	}
	l, exists := r.lanes[blueprint]
	if !exists {
		l = &lane{}
		r.lanes[blueprint] = l
	}
	if l.running < maxReads {
		l.running++
		return []*entityRead{read}
	}
	l.waiting = append(l.waiting, read)
	return nil
}

// leave takes back a read whose caller waits no longer. It returns the batch
// that the caller was to read, if it was: the others wait for that.
func (r *entityReads) leave(blueprint string, read *entityRead) []*entityRead {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if l, exists := r.lanes[blueprint]; exists {
		l.waiting = slices.DeleteFunc(l.waiting, func(other *entityRead) bool { return other == read })
	}
	select {
	case batch := <-read.lead:
		return batch
	default:
		return nil
	}
}

// next has the first of those who wait read for all of them.
func (r *entityReads) next(blueprint string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	l := r.lanes[blueprint]
	if len(l.waiting) == 0 {
		l.running--
		if l.running == 0 {
			delete(r.lanes, blueprint)
		}
		return
	}
	size := min(len(l.waiting), maxBatch)
	batch := slices.Clone(l.waiting[:size])
	l.waiting = slices.Delete(l.waiting, 0, size)
	batch[0].lead <- batch
}
