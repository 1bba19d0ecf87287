package port

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"net/http"
	"slices"
)

// SearchOptions are the options of [EntityService.Search].
type SearchOptions struct {
	GetEntityOptions

	// AllowPartialResults returns results even if some blueprints could not be searched.
	AllowPartialResults bool
}

// SearchResult is the result of a search over all blueprints.
type SearchResult struct {
	Entities           []Entity `json:"entities"`
	MatchingBlueprints []string `json:"matchingBlueprints"`
	// FailedBlueprints are the blueprints that could not be searched.
	FailedBlueprints []string `json:"failedBlueprints"`
}

// QueryIdentifiers is the query of [EntityService.Search] for entities by their blueprints and
// identifiers.
func QueryIdentifiers(identifiers map[string][]string) (json.RawMessage, error) {
	type rules struct {
		Combinator string `json:"combinator"`
		Rules      []any  `json:"rules"`
	}
	type rule struct {
		Property string `json:"property"`
		Operator string `json:"operator"`
		Value    any    `json:"value"`
	}
	all := rules{Combinator: "or"}
	for _, blueprint := range slices.Sorted(maps.Keys(identifiers)) {
		all.Rules = append(all.Rules, rules{"and", []any{
			rule{"$blueprint", "=", blueprint}, rule{"$identifier", "in", identifiers[blueprint]},
		}})
	}
	if len(all.Rules) == 1 {
		return json.Marshal(all.Rules[0])
	}
	return json.Marshal(all)
}

// Search finds entities of all blueprints: POST /v1/entities/search. The query is an object of
// combinator ("and" or "or") and rules; its operators are documented at
// https://docs.port.io/search-and-query/. Port returns all of them at once, without pages.
func (s *EntityService) Search(ctx context.Context, query json.RawMessage, options SearchOptions) (*SearchResult, error) {
	parameters := options.query()
	if options.AllowPartialResults {
		parameters.Set("allow_partial_results", "true")
	}
	var result SearchResult
	_, err := s.client.do(ctx, request{
		method:   http.MethodPost,
		path:     []string{"entities", "search"},
		query:    parameters,
		body:     query,
		readOnly: true,
	}, &result)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

// SearchBlueprintOptions are the options of [EntityService.SearchBlueprint].
type SearchBlueprintOptions struct {
	// PageSize is the number of entities per request, at most 1000; 0 uses Port's default, 200.
	PageSize int
	// Include and Exclude limit the returned properties; empty returns all.
	Include []string
	Exclude []string
}

// searchPage is the body of one request for a page.
type searchPage struct {
	Query   json.RawMessage `json:"query,omitzero"`
	Limit   int             `json:"limit,omitzero"`
	From    string          `json:"from,omitzero"`
	Include []string        `json:"include,omitempty"`
	Exclude []string        `json:"exclude,omitempty"`
}

// errSearchLoop stops a search that would never end.
var errSearchLoop = errors.New("the response refers to the same next page again")

// SearchBlueprint yields the entities of a blueprint that match a query, nil for all: POST
// /v1/blueprints/{blueprint}/entities/search. It reads the next page when the sequence reaches it.
// An error ends the sequence.
func (s *EntityService) SearchBlueprint(
	ctx context.Context, blueprint string, query json.RawMessage, options SearchBlueprintOptions,
) iter.Seq2[*Entity, error] {
	return func(yield func(*Entity, error) bool) {
		page := searchPage{Query: query, Limit: options.PageSize, Include: options.Include, Exclude: options.Exclude}
		for {
			entities, next, err := s.searchPage(ctx, blueprint, page)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range entities {
				if !yield(&entities[i], nil) {
					return
				}
			}
			if next == "" {
				return
			}
			page.From = next
		}
	}
}

// searchPage reads one page and returns the cursor of the next one, "" after the last.
func (s *EntityService) searchPage(ctx context.Context, blueprint string, page searchPage) ([]Entity, string, error) {
	call := request{method: http.MethodPost, path: entitiesPath(blueprint, "search"), body: page, readOnly: true}
	var response struct {
		Entities []Entity `json:"entities"`
		Next     string   `json:"next"`
	}
	if _, err := s.client.do(ctx, call, &response); err != nil {
		return nil, "", err
	}
	if response.Next != "" && response.Next == page.From {
		return nil, "", call.malformed(http.StatusOK, errSearchLoop)
	}
	return response.Entities, response.Next, nil
}
