package admin

import "net/http"

// RefuseScripts keeps what a page in a browser sends from a handler. No page has
// any business at the operator's address, not even one that seems to be of this
// site: the owner of a name decides to which address it leads, that of the
// operator as well. A person may type an address of the operator and look.
func RefuseScripts(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if sentByPage(request.Header) {
			http.Error(response, "This address takes nothing from a page in a browser.", http.StatusForbidden)
			return
		}
		handler.ServeHTTP(response, request)
	})
}

// sentByPage reports whether a browser says that a page had it send the request.
// For what a person asks for, Sec-Fetch-Site is "none" and there is no Origin.
// See https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header.
func sentByPage(header http.Header) bool {
	if len(header.Values("Origin")) > 0 {
		return true
	}
	for _, site := range header.Values("Sec-Fetch-Site") {
		if site != "none" {
			return true
		}
	}
	return false
}
