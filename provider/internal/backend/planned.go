package backend

import (
	"slices"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// PlannedBlueprints holds the blueprints that this process has planned, by identifier. Terraform
// plans a blueprint before the resources that refer to it, but gives no resource access to the
// configuration of another. Through this map an entity knows what its blueprint will be after the
// apply. The zero value is ready to use.
type PlannedBlueprints struct {
	mutex sync.Mutex
	byID  map[string]PlannedBlueprint
	parts map[string][]PlannedPart
}

// PlannedBlueprint is a blueprint as planned.
type PlannedBlueprint struct {
	// Before is the identifier that the blueprint has now, or "" if it is new.
	Before string
	// After is the identifier that it will have.
	After string
	// Inline describes the attributes in which the blueprint declares its parts, by attribute name.
	Inline map[string]InlineParts
	// DeletedRelations are the keys of the relations that the plan deletes.
	DeletedRelations []string
	// Definition is the planned blueprint, or nil if parts of it are known only after the apply.
	// Its relations and aggregation properties are nil if other resources may declare some. It must
	// not be changed.
	Definition *port.Blueprint
}

// InlineParts describes what an attribute of a blueprint declares.
type InlineParts struct {
	// IsAuthoritative means that parts that the attribute does not declare are deleted.
	IsAuthoritative bool
	// Keys are the keys that the attribute declares.
	Keys []string
}

// PlannedPart is a part of a blueprint that a separate resource manages.
type PlannedPart struct {
	// Attribute is the blueprint's attribute for such parts, such as relations.
	Attribute string
	// Key is the key of the part, or "" for all parts of the attribute.
	Key string
	// IsNew means that the run creates the resource.
	IsNew bool
}

// Add records a planned blueprint under its current and its future identifier.
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

// Find returns the planned blueprint whose current or future identifier this is.
func (p *PlannedBlueprints) Find(identifier string) (planned PlannedBlueprint, isPlanned bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	planned, isPlanned = p.byID[identifier]
	return planned, isPlanned
}

// Renames reports whether the plan renames a blueprint from before to after.
func (p *PlannedBlueprints) Renames(before, after string) bool {
	planned, isPlanned := p.Find(before)
	return isPlanned && before != after && planned.Before == before && planned.After == after
}

// AddPart records a part of a blueprint that a separate resource manages.
func (p *PlannedBlueprints) AddPart(blueprint string, part PlannedPart) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.parts == nil {
		p.parts = map[string][]PlannedPart{}
	}
	p.parts[blueprint] = append(p.parts[blueprint], part)
}

// Parts returns the planned parts of a blueprint that separate resources manage.
func (p *PlannedBlueprints) Parts(blueprint string) []PlannedPart {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.parts[blueprint])
}
