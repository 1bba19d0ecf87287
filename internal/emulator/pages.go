package emulator

import (
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// getPage is GET /v1/pages/{identifier}: whether a catalog page exists.
func (b *blueprints) getPage(c *call) (int, *document.Object, error) {
	page, err := b.catalog.Page(c.variable("identifier"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, success().With("page", page), nil
}
