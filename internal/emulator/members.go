package emulator

import (
	"net/http"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// members are the users of the organization and the applications with credentials. A seed defines
// them; the API is read-only.
type members struct {
	mutex       sync.Mutex
	users, apps []any
}

// reset keeps only the application whose credentials the emulator accepts.
func (m *members) reset(clientID string) {
	m.set(nil, []any{document.New().With("id", clientID).With("name", "Port Emulator").With("enabled", true)})
}

func (m *members) get() (users, apps []any) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.users, m.apps
}

func (m *members) set(users, apps []any) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.users, m.apps = append([]any{}, users...), apps
}

// load replaces users and applications if the seed contains them.
func (m *members) load(seed *document.Object) {
	users, apps := m.get()
	if seed.Has("users") {
		users = seed.List("users")
	}
	if seed.Has("apps") {
		apps = seed.List("apps")
	}
	m.set(users, apps)
}

// listUsers is GET /v1/users. [?envelopes] The envelope is not documented.
func (m *members) listUsers(*call) (int, *document.Object, error) {
	users, _ := m.get()
	return http.StatusOK, success().With("users", users), nil
}

// listApps is GET /v1/apps. [?envelopes] The envelope is not documented.
func (m *members) listApps(*call) (int, *document.Object, error) {
	_, apps := m.get()
	return http.StatusOK, success().With("apps", apps), nil
}
