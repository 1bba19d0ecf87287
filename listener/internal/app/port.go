package app

import (
	"slices"
	"sync/atomic"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
)

// portRetries is how often a request to Port's API is retried at once. The callers retry later
// anyway.
const portRetries = 1

// maxResponse is the maximum size of a response in bytes. After a larger response, a query requests
// less.
const maxResponse = 16 << 20

// portAPI holds the client of Port's API, which can be replaced at any time.
type portAPI struct {
	current atomic.Pointer[portClient]
}

// Client returns the current client, or nil if no client id is configured. Callers must not keep
// it, because a reload may replace it.
func (p *portAPI) Client() *port.Client {
	if used := p.current.Load(); used != nil {
		return used.Client
	}
	return nil
}

// portClient is a client of Port's API with its configuration.
type portClient struct {
	*port.Client
	id, baseURL string
	secrets     []string
}

// prepare returns the client for a configuration, or nil if it has no client id. It returns the
// current client if nothing changed, which keeps its token and rate-limit state.
func (p *portAPI) prepare(loaded *config.Config, version string) (*portClient, error) {
	id, secrets := loaded.Port.ClientID, reveal(loaded.ClientSecrets)
	if id == "" {
		return nil, nil
	}
	if used := p.current.Load(); used != nil && used.id == id && used.baseURL == loaded.Port.BaseURL && slices.Equal(used.secrets, secrets) {
		return used, nil
	}
	client, err := NewPortClient(loaded, version)
	if err != nil {
		return nil, err
	}
	return &portClient{Client: client, id: id, baseURL: loaded.Port.BaseURL, secrets: secrets}, nil
}

// NewPortClient returns a client of Port's API for a configuration with a client id.
func NewPortClient(loaded *config.Config, version string, more ...port.Option) (*port.Client, error) {
	secrets := reveal(loaded.ClientSecrets)
	return port.New(loaded.Port.BaseURL, append([]port.Option{
		port.WithCredentials(loaded.Port.ClientID, secrets[0], secrets[1:]...), port.WithUserAgent(userAgent(version)), port.WithMaxRetries(portRetries),
		port.WithMaxResponseSize(maxResponse),
	}, more...)...)
}
