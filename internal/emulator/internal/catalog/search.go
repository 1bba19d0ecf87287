package catalog

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/query"
)

// Search returns every entity that a query finds, in the order in which they
// were made within their blueprints, and the blueprints they are of.
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

// searched returns the blueprints in which a query can find something.
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

// candidates returns the entities that a query can find: all, or by the index
// those that it names.
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

// Page is a piece of a search result.
type Page struct {
	// Limit is how many entities to return at most; it is positive.
	Limit int
	// From is the Next of the page before, or empty.
	From string
}

// SearchBlueprint returns one page of the entities of a blueprint that a query
// finds, and where the next one begins, "" after the last. A nil query finds all.
// Entities made meanwhile come last, so no entity is passed over or shown twice.
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

// cursor hides the sequence number of the last entity of a page in a text.
func cursor(sequence uint64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatUint(sequence, 10)))
}

// after reads the sequence number again.
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
	return 0, refuse(Invalid, "body/from must be the 'next' of an earlier answer")
}

// resolve returns the identifiers of the entities of a blueprint that a query in
// the place of an identifier finds.
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
