package directory

import (
	"net/url"
	"strings"
)

// AppURL returns the base URL of Port's web application in the region of an API, or "" if the API
// is unknown.
func AppURL(api string) string {
	parsed, err := url.Parse(api)
	if err != nil {
		return ""
	}
	switch parsed.Hostname() {
	case "api.getport.io", "api.port.io":
		return "https://app.getport.io"
	case "api.us.getport.io", "api.us.port.io":
		return "https://app.us.getport.io"
	}
	return ""
}

// Link returns the URL of an entity's page, or "" if a part of it is missing.
func Link(app, blueprint, entity string) string {
	if app == "" || blueprint == "" || entity == "" {
		return ""
	}
	return strings.TrimRight(app, "/") + "/" + url.PathEscape(blueprint) + "Entity?identifier=" + url.QueryEscape(entity)
}
