package catalog

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/query"
)

// Search returns every entity that matches a query, in creation order within each blueprint, and
// their blueprints.
func (c *Catalog) Search(q *query.Query, view View) (entities, blueprints []any) {
	defer c.read()()
	matches := q.Bind(c.graph, c.config.Now())
	entities, blueprints = []any{}, []any{}
	for _, b := range c.graph.searched(q) {
		matched := false
		for _, e := range b.candidates(q) {
			if matches(record{viewer: c.viewer, entity: e}) {
				entities = append(entities, c.viewer.render(e, view))
				matched = true
			}
		}
		if matched {
			blueprints = append(blueprints, b.definition.identifier)
		}
	}
	return entities, blueprints
}

// searched returns the blueprints that can contain matches of a query.
func (g *graph) searched(q *query.Query) []*blueprint {
	names, restricted := q.Only("$blueprint")
	if !restricted {
		return g.ordered()
	}
	selected := make([]*blueprint, 0, len(names))
	for _, name := range names {
		if b, ok := g.blueprints[name]; ok {
			selected = append(selected, b)
		}
	}
	slices.SortFunc(selected, func(x, y *blueprint) int { return cmp.Compare(x.sequence, y.sequence) })
	return slices.Compact(selected)
}

// candidates returns the entities that can match a query: all, or those that it names, by the
// index.
func (b *blueprint) candidates(q *query.Query) []*entity {
	names, restricted := q.Only("$identifier")
	if !restricted {
		return b.order
	}
	selected := make([]*entity, 0, len(names))
	for _, name := range names {
		if e, ok := b.entities[name]; ok {
			selected = append(selected, e)
		}
	}
	slices.SortFunc(selected, func(x, y *entity) int { return cmp.Compare(x.sequence, y.sequence) })
	return slices.Compact(selected)
}

// Page selects a page of a search result.
type Page struct {
	// Limit is the maximum number of entities; it is positive.
	Limit int
	// From is the Next of the previous page, or empty.
	From string
}

// SearchBlueprint returns one page of the entities of a blueprint that match a query, and the
// cursor of the next page, "" after the last. A nil query matches all. Entities created between two
// pages come last, so no entity is skipped or returned twice.
func (c *Catalog) SearchBlueprint(blueprint string, q *query.Query, page Page, view View) (entities []any, next string, err error) {
	after, err := page.after()
	if err != nil {
		return nil, "", err
	}
	defer c.read()()
	b, err := c.graph.find(blueprint)
	if err != nil {
		return nil, "", err
	}
	candidates, matches := b.order, func(query.Record) bool { return true }
	if q != nil {
		candidates, matches = b.candidates(q), q.Bind(c.graph, c.config.Now())
	}
	entities = []any{}
	var last uint64
	for _, e := range candidates {
		if e.sequence <= after || !matches(record{viewer: c.viewer, entity: e}) {
			continue
		}
		if len(entities) == page.Limit {
			return entities, cursor(last), nil
		}
		entities, last = append(entities, c.viewer.render(e, view)), e.sequence
	}
	return entities, "", nil
}

// cursor encodes the sequence number of the last entity of a page.
func cursor(sequence uint64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatUint(sequence, 10)))
}

// after decodes the sequence number.
func (p Page) after() (uint64, error) {
	if p.From == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(p.From)
	if err == nil {
		if sequence, err := strconv.ParseUint(string(text), 10, 64); err == nil {
			return sequence, nil
		}
	}
	return 0, refuse(Invalid, "body/from must be the 'next' of an earlier response")
}

// resolve returns the identifiers of the entities of a blueprint that match a query, which may
// replace an identifier.
func (v *viewer) resolve(blueprint, where string, rules *document.Object) ([]string, error) {
	q, err := query.Parse(where, rules, query.Everywhere)
	if err != nil {
		return nil, refuse(Invalid, "%s", err)
	}
	b, err := v.graph.find(blueprint)
	if err != nil {
		return nil, err
	}
	matches := q.Bind(v.graph, v.now())
	var matching []string
	for _, e := range b.candidates(q) {
		if matches(record{viewer: v, entity: e}) {
			matching = append(matching, e.identifier)
		}
	}
	return matching, nil
}
