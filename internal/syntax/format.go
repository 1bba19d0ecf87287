package syntax

import (
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// formats are the formats that restrict a text. The others (markdown, yaml, team, blueprints,
// proto) only affect how the portal shows it. They follow AJV, which Port uses for validation.
//
// [?user-format] It is unknown whether Port requires a user to be an email address: all its
// examples are, so this check is strict.
var formats = map[string]func(text string) bool{
	"date-time": isDateTime,
	"timer":     isDateTime,
	"url":       isURL,
	"uri":       isURI,
	"email":     isEmail,
	"idn-email": isEmail,
	"user":      isEmail,
	"ipv4":      isIPv4,
	"ipv6":      isIPv6,
}

// Restricting returns the formats that restrict a text, each with its check. The caller must not
// modify it.
func Restricting() map[string]func(text string) bool { return formats }

// HasFormat reports whether a text has a format. It returns true for a format that does not
// restrict a text, and for an unknown one.
func HasFormat(format, text string) bool {
	check, ok := formats[format]
	return !ok || check(text)
}

// isDateTime accepts RFC 3339, which requires a time zone.
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

func isIPv4(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is4()
}

// isIPv6 accepts an address without a zone, which is meaningful on one machine only.
func isIPv6(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is6() && address.Zone() == ""
}
