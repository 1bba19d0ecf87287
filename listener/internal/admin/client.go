package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	jsonType = "application/json"
	// clientTimeout is longer than a listener takes for an order.
	clientTimeout = 2 * time.Minute
	// responseLimit is ample for MaxPage dead letters.
	responseLimit = 16 << 20
)

// ErrNoListener reports that nothing listens at an admin address.
var ErrNoListener = errors.New("nothing answers there")

// ErrToken reports that a listener requires a token, or another one.
var ErrToken = errors.New("it requires the token in admin.token_file; pass that file with -token-file, or the configuration with -config")

// Client implements API with the admin address of a listener.
type Client struct {
	base *url.URL
	// token is "" if none is needed.
	token string
	http  *http.Client
}

var _ API = (*Client)(nil)

// NewClient returns a client for an address: a host and port, or a URL. token may be "". The errors
// of its methods wrap ErrNoListener if nothing listens there, and ErrToken if the listener requires
// another token.
func NewClient(address, token string) (*Client, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	base, err := url.Parse(address)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return nil, errors.New("the admin address must be a host and a port, such as 127.0.0.1:8081, or an http URL")
	}
	transport := &http.Transport{
		// A proxy would respond instead of the listener.
		Proxy: nil, DisableKeepAlives: true,
	}
	return &Client{base: base, token: token, http: &http.Client{
		Transport: transport, Timeout: clientTimeout,
		// The API never redirects.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Address returns the URL of the admin address.
func (c *Client) Address() string { return c.base.String() }

// Destinations implements API.
func (c *Client) Destinations(ctx context.Context) ([]Destination, error) {
	var result destinationsResponse
	if err := c.call(ctx, http.MethodGet, destinationsPath, nil, nil, &result); err != nil {
		return nil, err
	}
	if result.Destinations == nil {
		return nil, c.foreign(http.StatusOK)
	}
	return result.Destinations, nil
}

// Unpark implements API. It requests the destinations first: the plain-text response to unparking
// does not show whether it comes from a listener.
func (c *Client) Unpark(ctx context.Context, name string) (bool, error) {
	destinations, err := c.Destinations(ctx)
	if err != nil {
		return false, err
	}
	var configured []string
	for _, destination := range destinations {
		if destination.State != StateNotConfigured {
			configured = append(configured, destination.Name)
		}
	}
	if !slices.Contains(configured, name) {
		return false, &Refusal{fmt.Sprintf("the destination %q is not configured; %s", name, listConfigured(configured))}
	}
	response, err := c.send(ctx, http.MethodPost, unparkPath, url.Values{"destination": {name}}, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusAccepted:
		return true, nil
	case http.StatusOK:
		return false, nil
	case http.StatusServiceUnavailable:
		return false, fmt.Errorf("the listener at %s says that %s", c.Address(), storeProblem)
	}
	return false, c.problem(response)
}

// DeadLetters implements API.
func (c *Client) DeadLetters(ctx context.Context, query Query) ([]DeadLetter, error) {
	values := url.Values{"after": {strconv.FormatUint(query.After, 10)}}
	if query.Destination != "" {
		values.Set("destination", query.Destination)
	}
	if query.Limit != 0 {
		values.Set("limit", strconv.Itoa(query.Limit))
	}
	var result lettersResponse
	if err := c.call(ctx, http.MethodGet, lettersPath, values, nil, &result); err != nil {
		return nil, err
	}
	if result.DeadLetters == nil {
		return nil, c.foreign(http.StatusOK)
	}
	return result.DeadLetters, nil
}

// Events implements API.
func (c *Client) Events(ctx context.Context, query EventQuery) (EventPage, error) {
	var page EventPage
	if err := c.call(ctx, http.MethodGet, eventsPath, query.Values(), nil, &page); err != nil {
		return EventPage{}, err
	}
	if page.Events == nil {
		return EventPage{}, c.foreign(http.StatusOK)
	}
	return page, nil
}

// Event implements API.
func (c *Client) Event(ctx context.Context, id string) (Event, error) {
	var event Event
	if err := c.call(ctx, http.MethodGet, eventsPath+"/"+url.PathEscape(id), nil, nil, &event); err != nil {
		return Event{}, err
	}
	if event.ID == "" {
		return Event{}, c.foreign(http.StatusOK)
	}
	return event, nil
}

// Replay implements API.
func (c *Client) Replay(ctx context.Context, order Order) (Report, error) {
	return c.order(ctx, replayPath, order)
}

// Drop implements API.
func (c *Client) Drop(ctx context.Context, order Order) (Report, error) {
	return c.order(ctx, dropPath, order)
}

func (c *Client) order(ctx context.Context, path string, order Order) (Report, error) {
	body, err := json.Marshal(order)
	if err != nil {
		return Report{}, err
	}
	var report Report
	if err := c.call(ctx, http.MethodPost, path, nil, body, &report); err != nil {
		return Report{}, err
	}
	if report.Results == nil {
		return Report{}, c.foreign(http.StatusOK)
	}
	return report, nil
}

// Reload makes the listener read its configuration again, and returns its response. The error is a
// *Refusal if the listener refuses the configuration. Like Unpark, it requests the destinations
// first.
func (c *Client) Reload(ctx context.Context) (string, error) {
	if _, err := c.Destinations(ctx); err != nil {
		return "", err
	}
	response, err := c.send(ctx, http.MethodPost, reloadPath, nil, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, responseLimit))
	if err != nil {
		return "", fmt.Errorf("reading the response of %s: %w", c.Address(), err)
	}
	text := strings.TrimSpace(string(content))
	switch response.StatusCode {
	case http.StatusOK:
		return text, nil
	case http.StatusUnprocessableEntity:
		return "", &Refusal{text}
	}
	return "", c.problem(response)
}

// call sends a request and decodes the response.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body []byte, result any) error {
	response, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK || !isJSON(response) {
		return c.problem(response)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, responseLimit))
	if err != nil {
		return fmt.Errorf("reading the response of %s: %w", c.Address(), err)
	}
	if err := json.Unmarshal(content, result); err != nil {
		return c.foreign(response.StatusCode)
	}
	return nil
}

func isJSON(response *http.Response) bool {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return kind == jsonType
}

// problem returns the error in a response.
func (c *Client) problem(response *http.Response) error {
	var problem problemResponse
	if !isJSON(response) || json.NewDecoder(io.LimitReader(response.Body, responseLimit)).Decode(&problem) != nil || problem.Error == "" {
		return c.foreign(response.StatusCode)
	}
	switch response.StatusCode {
	case http.StatusBadRequest:
		return &Refusal{problem.Error}
	case http.StatusUnauthorized:
		return fmt.Errorf("the listener at %s refuses this: %w", c.Address(), ErrToken)
	case http.StatusForbidden:
		return fmt.Errorf("the listener at %s refuses this: %s", c.Address(), problem.Error)
	case http.StatusServiceUnavailable:
		return fmt.Errorf("the listener at %s says that %s", c.Address(), problem.Error)
	}
	return c.foreign(response.StatusCode)
}

func (c *Client) send(ctx context.Context, method, path string, query url.Values, body []byte) (*http.Response, error) {
	target := c.base.JoinPath(path)
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", jsonType)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if isRefused(err) {
		return nil, fmt.Errorf("sending a request to %s: %w", c.Address(), ErrNoListener)
	}
	if err != nil {
		return nil, fmt.Errorf("sending a request to the listener: %w", err)
	}
	return response, nil
}

// isRefused reports whether nothing listens at an address, as opposed to an address that is
// unreachable or does not exist.
func isRefused(err error) bool {
	// Windows has its own error number, which no other system uses.
	const windowsRefused = syscall.Errno(10061)
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, windowsRefused)
}

// foreign returns the error for a response that does not come from a listener. It omits the body,
// which may be a whole HTML page.
func (c *Client) foreign(status int) error {
	return fmt.Errorf("%s responded with status %d, but not like the admin address of a listener of this version: "+
		"pass the listener's -admin-listen address with -admin, or update the listener", c.Address(), status)
}
