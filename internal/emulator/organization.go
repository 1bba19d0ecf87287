package emulator

import (
	"net/http"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// organization is the only organization of the emulator.
type organization struct {
	mutex    sync.Mutex
	document *document.Object // immutable, only replaced
}

func (o *organization) reset(identifier string) {
	o.set(document.New().With("id", identifier).With("name", "Port Emulator"))
}

func (o *organization) get() *document.Object {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.document
}

func (o *organization) set(d *document.Object) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.document = d
}

// change replaces the document with the result of the function.
func (o *organization) change(apply func(*document.Object) *document.Object) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.document = apply(o.document)
}

// show is GET /v1/organization.
func (o *organization) show(*call) (int, *document.Object, error) {
	return http.StatusOK, success().With("organization", o.get()), nil
}

// replace is PUT /v1/organization.
func (o *organization) replace(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.OrganizationReplacement)
	if err != nil {
		return 0, nil, err
	}
	o.change(func(present *document.Object) *document.Object {
		return document.New().With("id", present.Value("id")).Merge(body)
	})
	return http.StatusOK, success(), nil
}

// update is PATCH /v1/organization. [?patch-depth] Its settings merge too.
func (o *organization) update(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.OrganizationUpdate)
	if err != nil {
		return 0, nil, err
	}
	o.change(func(present *document.Object) *document.Object {
		changed := present.Clone().Merge(body)
		if body.Has("settings") {
			changed.Set("settings", present.Object("settings").Clone().Merge(body.Object("settings")))
		}
		return changed
	})
	return http.StatusOK, success(), nil
}
