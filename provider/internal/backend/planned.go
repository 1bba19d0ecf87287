package backend

import (
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// PlannedBlueprints are the blueprints that this process has planned, by their
// identifiers. Terraform plans a blueprint before the resources that refer to
// it, and hands no resource the configuration of another: this is how an entity
// learns what its blueprint will be once the plan is applied. The zero value is
// ready to use.
type PlannedBlueprints struct {
	mutex sync.Mutex
	byID  map[string]PlannedBlueprint
}

// PlannedBlueprint is a blueprint as one plan leaves it.
type PlannedBlueprint struct {
	// Before is the identifier that the blueprint has now, or "" if it is new.
	Before string
	// After is the identifier that it will have.
	After string
	// Definition is the planned blueprint, or nil where parts of it are known
	// only after the apply. Its relations are nil where it leaves them to others.
	// Nobody may change it.
	Definition *port.Blueprint
}

// Add remembers a blueprint under both its identifiers.
func (p *PlannedBlueprints) Add(planned PlannedBlueprint) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.byID == nil {
		p.byID = map[string]PlannedBlueprint{}
	}
	if planned.Before != "" {
		p.byID[planned.Before] = planned
	}
	p.byID[planned.After] = planned
}

// Find returns the blueprint that has this identifier now or will have it.
func (p *PlannedBlueprints) Find(identifier string) (planned PlannedBlueprint, found bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	planned, found = p.byID[identifier]
	return planned, found
}

// Renames reports whether the plan gives the blueprint another identifier.
func (p *PlannedBlueprints) Renames(before, after string) bool {
	planned, found := p.Find(before)
	return found && before != after && planned.Before == before && planned.After == after
}
