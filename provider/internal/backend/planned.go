package backend

import (
	"slices"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// PlannedBlueprints are the blueprints that this process has planned, by their identifiers.
// Terraform plans a blueprint before the resources that refer to it, and hands no resource the
// configuration of another: this is how an entity learns what its blueprint will be once the plan
// is applied. The zero value is ready to use.
type PlannedBlueprints struct {
	mutex sync.Mutex
	byID  map[string]PlannedBlueprint
	parts map[string][]PlannedPart
}

// PlannedBlueprint is a blueprint as one plan leaves it.
type PlannedBlueprint struct {
	// Before is the identifier that the blueprint has now, or "" if it is new.
	Before string
	// After is the identifier that it will have.
	After string
	// Inline are the attributes that the blueprint declares parts of itself with.
	Inline map[string]InlineParts
	// DeletedRelations are the keys of the relations that the plan deletes.
	DeletedRelations []string
	// Definition is the planned blueprint, or nil where parts of it are known only after the apply.
	// Its relations and its aggregation properties are nil where others may declare some. Nobody
	// may change it.
	Definition *port.Blueprint
}

// InlineParts says what an attribute of a blueprint declares.
type InlineParts struct {
	// IsAuthoritative says that it deletes what it does not declare.
	IsAuthoritative bool
	// Keys are those that it declares.
	Keys []string
}

// PlannedPart is a part of a blueprint that is planned as a resource of its own.
type PlannedPart struct {
	// Attribute is the one that such parts have in the blueprint, such as relations.
	Attribute string
	// Key is the key of the part, or "" for all that the attribute holds.
	Key string
	// IsNew says that the run creates the resource.
	IsNew bool
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

// AddPart remembers a part of a blueprint that is planned as a resource of its own.
func (p *PlannedBlueprints) AddPart(blueprint string, part PlannedPart) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.parts == nil {
		p.parts = map[string][]PlannedPart{}
	}
	p.parts[blueprint] = append(p.parts[blueprint], part)
}

// Parts are those that were planned of a blueprint as resources of their own.
func (p *PlannedBlueprints) Parts(blueprint string) []PlannedPart {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.parts[blueprint])
}
