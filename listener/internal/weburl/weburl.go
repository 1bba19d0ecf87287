// Package weburl parses web URLs from configurations and events. Some of them are credentials, so
// errors never quote them.
package weburl

import (
	"errors"
	"net/url"
)

// Parse parses an absolute http or https URL with a host.
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
