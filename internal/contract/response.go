package contract

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// response is a response of the emulator.
type response struct {
	// flags are the query parameters of the request.
	flags       url.Values
	status      int
	contentType string
	body        []byte
}

// checkResponse validates the response of an operation against the document, except for what the
// exceptions allow.
func (d *document) checkResponse(o *operation, a response) error {
	described := d.formOf(o, a)
	if described == nil {
		return fmt.Errorf("the document has no status %d here", a.status)
	}
	value, found, err := described.read(a.contentType, a.body)
	if err != nil || !found {
		return err
	}
	for _, e := range d.exceptions {
		if !e.appliesTo(o, a.flags) {
			continue
		}
		for _, key := range e.keys {
			removeKey(value, strings.Split(key, "."))
		}
	}
	return described.check(value)
}

// formOf returns the documented form of a status, or of the status that an exception substitutes;
// nil if there is none.
func (d *document) formOf(o *operation, a response) *form {
	if described, found := o.responses[a.status]; found {
		return described
	}
	for _, e := range d.exceptions {
		if e.status != a.status || !e.appliesTo(o, a.flags) {
			continue
		}
		if e.like == 0 {
			return anySuccess()
		}
		return o.responses[e.like]
	}
	return nil
}

// anySuccess is the form that all successful responses share: an object with ok: true.
func anySuccess() *form {
	ok := &openapi3.Schema{Enum: []any{true}}
	object := openapi3.NewObjectSchema().WithPropertyRef("ok", ok.NewRef()).WithRequired([]string{"ok"})
	return newForm(openapi3.NewContentWithJSONSchema(object), true)
}

// removeKey removes the value at a path from a parsed body, in every element of the lists on the
// path.
func removeKey(value any, path []string) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			removeKey(item, path)
		}
	case map[string]any:
		if len(path) == 1 {
			delete(value, path[0])
			return
		}
		removeKey(value[path[0]], path[1:])
	}
}
