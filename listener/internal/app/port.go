package app

import (
	"slices"
	"sync/atomic"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
)

// portRetries is how often a request to Port's API is repeated at once. Whoever asks tries again
// later anyway.
const portRetries = 1

// mostAnswer is the most bytes of an answer: of what is asked for much, less is asked then.
const maxAnswer = 16 << 20

// portAPI is the client of Port's API, which can be replaced while it is used.
type portAPI struct {
	current atomic.Pointer[portClient]
}

// Client returns the client that there is now, nil when Port is not to be asked. It is to be asked
// for again for each piece of work: a reload may replace it.
func (p *portAPI) Client() *port.Client {
	if used := p.current.Load(); used != nil {
		return used.Client
	}
	return nil
}

// portClient is a client of Port's API with what it was made of.
type portClient struct {
	*port.Client
	id, baseURL string
	secrets     []string
}

// prepare returns the client that a configuration describes, nil if it has no client id. The one in
// use is kept where nothing changes, with its token and what it knows of the rate limit.
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
		port.WithMaxResponseSize(maxAnswer),
	}, more...)...)
}
