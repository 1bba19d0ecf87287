package port

import (
	"context"
	"errors"
	"net/http"
)

// PageService holds the operations under /v1/pages: the pages of the portal.
type PageService struct {
	client *Client
}

// Exists says whether there is a page: GET /v1/pages/{identifier}. The page that Port makes for a blueprint has the
// blueprint's identifier.
func (s *PageService) Exists(ctx context.Context, identifier string) (bool, error) {
	_, err := s.client.do(ctx, request{method: http.MethodGet, path: []string{"pages", identifier}}, nil)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
