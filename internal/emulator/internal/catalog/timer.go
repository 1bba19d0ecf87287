package catalog

import (
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Timer is a timer property of an entity.
type Timer struct {
	Blueprint, Entity, Property string
	At                          time.Time
	// After is the entity, and AfterMirrors are the values of its mirror properties.
	After, AfterMirrors *document.Object
}

// Timers returns the timers that expire after one time and up to another, in order, and the time of
// the next one after that; the zero time if there is none.
func (c *Catalog) Timers(after, until time.Time) (expired []Timer, next time.Time) {
	defer c.read()()
	for _, b := range c.graph.ordered() {
		if !b.definition.hasTimers() {
			continue
		}
		for _, e := range b.order {
			for _, t := range e.timers() {
				switch {
				case t.at.After(until):
					if next.IsZero() || t.at.Before(next) {
						next = t.at
					}
				case t.at.After(after):
					image := c.viewer.image(e)
					expired = append(expired, Timer{
						Blueprint: b.definition.identifier, Entity: e.identifier, Property: t.property,
						At: t.at, After: image.stored, AfterMirrors: image.mirrors,
					})
				}
			}
		}
	}
	slices.SortStableFunc(expired, func(a, b Timer) int { return a.At.Compare(b.At) })
	return expired, next
}

// timerValue is the value of a timer property.
type timerValue struct {
	property string
	at       time.Time
}

// timers returns the timer properties of an entity that have a value.
func (e *entity) timers() []timerValue {
	var values []timerValue
	for _, name := range e.blueprint.definition.names {
		if !e.blueprint.definition.properties[name].isTimer() {
			continue
		}
		text, _ := e.properties.Value(name).(string)
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			values = append(values, timerValue{property: name, at: at})
		}
	}
	return values
}

func (p *property) isTimer() bool { return p.kind.Format == "timer" }

func (d *definition) hasTimers() bool {
	return slices.ContainsFunc(d.names, func(name string) bool { return d.properties[name].isTimer() })
}
