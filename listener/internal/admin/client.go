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
	// clientTimeout is longer than a listener works at an order.
	clientTimeout = 2 * time.Minute
	// answerLimit is ample for MaxPage dead letters.
	answerLimit = 16 << 20
)

// ErrNobody says that nothing listens at an admin address.
var ErrNobody = errors.New("nothing answers there")

// ErrToken says that a listener needs a token, or another one.
var ErrToken = errors.New("it needs the token of admin.token_file; give its file with -token-file, or the configuration with -config")

// Client is a Desk at the admin address of a listener.
type Client struct {
	base *url.URL
	// token is "" where none is needed.
	token string
	http  *http.Client
}

var _ Desk = (*Client)(nil)

// NewClient returns a client of an address: a host and a port, or the URL of one. token is "" for
// none. Its methods return an error that wraps ErrNobody when nothing listens there, and ErrToken
// when the listener needs another token.
func NewClient(address, token string) (*Client, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	base, err := url.Parse(address)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return nil, errors.New("the admin address must be a host and a port, such as 127.0.0.1:8081, or an http URL of one")
	}
	transport := &http.Transport{
		// The address is near; a proxy would answer in its place.
		Proxy: nil, DisableKeepAlives: true,
	}
	return &Client{base: base, token: token, http: &http.Client{
		Transport: transport, Timeout: clientTimeout,
		// A listener redirects nobody.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Address returns the URL that is asked.
func (c *Client) Address() string { return c.base.String() }

// Destinations implements Desk.
func (c *Client) Destinations(ctx context.Context) ([]Destination, error) {
	var answer destinationsAnswer
	if err := c.call(ctx, http.MethodGet, destinationsPath, nil, nil, &answer); err != nil {
		return nil, err
	}
	if answer.Destinations == nil {
		return nil, c.foreign(http.StatusOK)
	}
	return answer.Destinations, nil
}

// Unpark implements Desk. It asks for the destinations first: whether it speaks to a listener at
// all does not show in a sentence for people.
func (c *Client) Unpark(ctx context.Context, name string) (bool, error) {
	seen, err := c.Destinations(ctx)
	if err != nil {
		return false, err
	}
	var configured []string
	for _, destination := range seen {
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

// DeadLetters implements Desk.
func (c *Client) DeadLetters(ctx context.Context, query Query) ([]DeadLetter, error) {
	values := url.Values{"after": {strconv.FormatUint(query.After, 10)}}
	if query.Destination != "" {
		values.Set("destination", query.Destination)
	}
	if query.Limit != 0 {
		values.Set("limit", strconv.Itoa(query.Limit))
	}
	var answer lettersAnswer
	if err := c.call(ctx, http.MethodGet, lettersPath, values, nil, &answer); err != nil {
		return nil, err
	}
	if answer.DeadLetters == nil {
		return nil, c.foreign(http.StatusOK)
	}
	return answer.DeadLetters, nil
}

// Events implements Desk.
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

// Event implements Desk.
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

// Replay implements Desk.
func (c *Client) Replay(ctx context.Context, order Order) (Report, error) {
	return c.order(ctx, replayPath, order)
}

// Drop implements Desk.
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

// Reload has the listener read its configuration again, and returns what it says to that. A
// configuration that it does not take is a *Refusal. It asks for the destinations first, as Unpark
// does.
func (c *Client) Reload(ctx context.Context) (string, error) {
	if _, err := c.Destinations(ctx); err != nil {
		return "", err
	}
	response, err := c.send(ctx, http.MethodPost, reloadPath, nil, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return "", fmt.Errorf("reading the answer of %s: %w", c.Address(), err)
	}
	said := strings.TrimSpace(string(content))
	switch response.StatusCode {
	case http.StatusOK:
		return said, nil
	case http.StatusUnprocessableEntity:
		return "", &Refusal{said}
	}
	return "", c.problem(response)
}

// call sends a request and decodes its answer.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body []byte, answer any) error {
	response, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK || !isJSON(response) {
		return c.problem(response)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return fmt.Errorf("reading the answer of %s: %w", c.Address(), err)
	}
	if err := json.Unmarshal(content, answer); err != nil {
		return c.foreign(response.StatusCode)
	}
	return nil
}

func isJSON(response *http.Response) bool {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return kind == jsonType
}

// problem reads the answer to what was refused or has failed.
func (c *Client) problem(response *http.Response) error {
	var problem problemAnswer
	if !isJSON(response) || json.NewDecoder(io.LimitReader(response.Body, answerLimit)).Decode(&problem) != nil || problem.Error == "" {
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
		return nil, fmt.Errorf("asking %s: %w", c.Address(), ErrNobody)
	}
	if err != nil {
		return nil, fmt.Errorf("asking the listener: %w", err)
	}
	return response, nil
}

// isRefused reports whether nothing listens at an address, as opposed to an address that is not
// reached or does not exist.
func isRefused(err error) bool {
	// Windows has a number of its own, which no other system uses.
	const windowsRefused = syscall.Errno(10061)
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, windowsRefused)
}

// foreign says that whatever answers is not what was expected. What it wrote may be a whole page,
// and is left out.
func (c *Client) foreign(status int) error {
	return fmt.Errorf("%s answers with status %d, but not like the admin address of a listener of this version: "+
		"give the listener's -admin-listen address with -admin, or update the listener", c.Address(), status)
}
