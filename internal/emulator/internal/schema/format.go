package schema

import (
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// matchesFormat checks the formats of Port that restrict a string. The others
// (markdown, yaml, team, blueprints, proto) only tell the portal how to show it,
// and a format nobody knows yet is accepted.
//
// [?] Whether Port holds a user to the form of an email address: its examples
// all do, and this is the stricter form.
func matchesFormat(format, text string) bool {
	switch format {
	case "date-time", "timer":
		return isDateTime(text)
	case "url":
		return isURL(text)
	case "uri":
		return isURI(text)
	case "email", "idn-email", "user":
		return isEmail(text)
	case "ipv4":
		address, err := netip.ParseAddr(text)
		return err == nil && address.Is4()
	case "ipv6":
		address, err := netip.ParseAddr(text)
		return err == nil && address.Is6() && address.Zone() == ""
	default:
		return true
	}
}

// isDateTime accepts RFC 3339, which needs a time zone.
func isDateTime(text string) bool {
	_, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	return err == nil
}

// isURL accepts what a browser opens.
func isURL(text string) bool {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" || strings.ContainsAny(text, " \t\r\n") {
		return false
	}
	switch address.Scheme {
	case "http", "https", "ftp":
		return true
	default:
		return false
	}
}

// isURI accepts any absolute URI.
func isURI(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.IsAbs() && !strings.ContainsAny(text, " \t\r\n")
}

// isEmail accepts a bare address, without a display name.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text
}
