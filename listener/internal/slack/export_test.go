package slack

import (
	"context"
	"net/http"
	"net/url"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
)

// SendVia sends through a proxy, as with HTTPS_PROXY.
func (d *Destination) SendVia(ctx context.Context, proxy *url.URL, content message.Message) error {
	d.client.Transport.(*http.Transport).Proxy = http.ProxyURL(proxy)
	return d.Send(ctx, content)
}
