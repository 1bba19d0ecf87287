package emulator

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/query"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// defaultPage is the default page size of a search.
const defaultPage = 200

// search is POST /v1/entities/search: all matches at once.
func (e *entities) search(c *call) (int, *document.Object, error) {
	view, err := c.view()
	if err != nil {
		return 0, nil, err
	}
	body, err := c.body(shape.Search)
	if err != nil {
		return 0, nil, err
	}
	q, err := query.Parse("body", body, query.Everywhere)
	if err != nil {
		return 0, nil, unprocessable(err.Error())
	}
	entities, blueprints := e.catalog.Search(q, view)
	return http.StatusOK, success().With("matchingBlueprints", blueprints).With("entities", entities), nil
}

// searchBlueprint is POST /v1/blueprints/{blueprint_identifier}/entities/search: the matches page
// by page.
func (e *entities) searchBlueprint(c *call) (int, *document.Object, error) {
	body, err := c.optionalBody(shape.BlueprintSearch)
	if err != nil {
		return 0, nil, err
	}
	page, err := readPage(body)
	if err != nil {
		return 0, nil, err
	}
	var q *query.Query
	if rules := body.Object("query"); rules != nil {
		if q, err = query.Parse("body/query", rules, query.InBlueprint); err != nil {
			return 0, nil, unprocessable(err.Error())
		}
	}
	view := catalog.View{Include: viewKeys(body.List("include")), Exclude: viewKeys(body.List("exclude"))}
	entities, next, err := e.catalog.SearchBlueprint(c.variable("blueprint_identifier"), q, page, view)
	if err != nil {
		return 0, nil, err
	}
	result := success().With("entities", entities)
	if next != "" {
		result.Set("next", next)
	}
	return http.StatusOK, result, nil
}

func readPage(body *document.Object) (catalog.Page, error) {
	page := catalog.Page{Limit: defaultPage, From: body.Text("from")}
	if limit, ok := body.Value("limit").(json.Number); ok {
		exact, inRange := document.Rational(limit)
		if !inRange || !exact.IsInt() {
			return page, unprocessable("body/limit must be integer")
		}
		page.Limit = int(exact.Num().Int64())
	}
	return page, nil
}

// viewKeys turns include and exclude of a search of a blueprint into keys of a view: they have
// properties and relations by bare identifier, and meta-properties such as $title.
func viewKeys(list []any) []string {
	var keys []string
	for _, name := range textsOf(list) {
		if meta, isMeta := strings.CutPrefix(name, "$"); isMeta {
			keys = append(keys, meta)
			continue
		}
		keys = append(keys, name, "properties."+name, "relations."+name)
	}
	return keys
}

// textsOf returns the strings in an array whose shape is already validated.
func textsOf(list []any) []string {
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i], _ = item.(string)
	}
	return texts
}
