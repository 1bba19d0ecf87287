// Package weburl reads addresses of the web that come from a configuration or from an event. Some
// of them are credentials: no error quotes one.
package weburl

import (
	"errors"
	"net/url"
)

// Parse returns an absolute http or https URL with a host. Its error says in the form of a sentence
// what else was given.
func Parse(address string) (*url.URL, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("it is not a URL")
	}
	if parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, errors.New("it is not an http or https URL")
	}
	if parsed.Hostname() == "" {
		return nil, errors.New("it is a URL without a host")
	}
	return parsed, nil
}
