package catalog

import "github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"

// page is the catalog page of a blueprint.
type page struct {
	stamp
	identifier, title, blueprint string
}

// Page returns a catalog page. By default Port creates one for each blueprint, with the blueprint's
// identifier.
//
// [?page-identifier] A page keeps its identifier when its blueprint is renamed, and is deleted with
// its blueprint.
func (c *Catalog) Page(identifier string) (*document.Object, error) {
	defer c.read()()
	p, ok := c.pages[identifier]
	if !ok {
		return nil, refuse(NotFound, "Page with identifier %q was not found", identifier)
	}
	return p.render(), nil
}

func (c *Catalog) addPage(blueprint, title string, s stamp) {
	c.pages[blueprint] = &page{stamp: s, identifier: blueprint, title: title, blueprint: blueprint}
}

func (p *page) render() *document.Object {
	return p.addTo(document.New().
		With("identifier", p.identifier).
		With("title", p.title).
		With("type", "blueprint-entities").
		With("blueprint", p.blueprint))
}
