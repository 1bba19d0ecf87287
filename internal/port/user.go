package port

import (
	"context"
	"maps"
	"net/http"
	"slices"
)

// UserService holds the operations on the users and the applications of the organization: /v1/users
// and /v1/apps.
type UserService struct {
	client *Client
}

// User is a user of the organization.
type User struct {
	// ID identifies the user in events, such as "auth0|5f3".
	ID        string `json:"id,omitzero"`
	Email     string `json:"email,omitzero"`
	FirstName string `json:"firstName,omitzero"`
	LastName  string `json:"lastName,omitzero"`
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (u *User) UnmarshalJSON(data []byte) error {
	*u = User{}
	return decodeObject(data, u)
}

// App is an application with credentials.
type App struct {
	// ID is the client id of its credentials. In events "@clients" may follow it.
	ID   string `json:"id,omitzero"`
	Name string `json:"name,omitzero"`
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (a *App) UnmarshalJSON(data []byte) error {
	*a = App{}
	return decodeObject(data, a)
}

// List reads all users of the organization: GET /v1/users. Port returns all of them at once.
func (s *UserService) List(ctx context.Context) ([]User, error) {
	return readList[User](ctx, s.client, "users")
}

// Apps reads all applications: GET /v1/apps. Port returns all of them at once.
func (s *UserService) Apps(ctx context.Context) ([]App, error) {
	return readList[App](ctx, s.client, "apps")
}

func readList[T any](ctx context.Context, client *Client, path string) ([]T, error) {
	var response firstList[T]
	_, err := client.do(ctx, request{method: http.MethodGet, path: []string{path}}, &response)
	return response.elements, err
}

// firstList decodes a response whose envelope Port does not document: the first list in the object,
// whatever its key, or a bare list.
type firstList[T any] struct {
	elements []T
}

// UnmarshalJSON implements [encoding/json.Unmarshaler].
func (a *firstList[T]) UnmarshalJSON(data []byte) error {
	if kindOf(data) == "a list" {
		return decodeInto(data, &a.elements)
	}
	keys, err := objectKeys(data)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if kindOf(keys[key]) != "a list" {
			continue
		}
		if err := decodeInto(keys[key], &a.elements); err != nil {
			return at(key, err)
		}
		return nil
	}
	return &shapeError{want: "an object with a list", got: "one without"}
}
