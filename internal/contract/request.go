package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// checkRequest validates a request against its operation: the parameters, the token and the body.
// It returns all violations.
func (o *operation) checkRequest(r *http.Request, variables map[string]string, body []byte) []error {
	mistakes := o.checkParameters(r, variables)
	// An undocumented parameter is most likely misspelled, and OpenAPI itself would allow it.
	for name := range r.URL.Query() {
		if o.route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			mistakes = append(mistakes, fmt.Errorf("request: the document has no query parameter %q here", name))
		}
	}
	if err := o.checkRequestBody(r, body); err != nil {
		mistakes = append(mistakes, fmt.Errorf("request body: %w", err))
	}
	return mistakes
}

func (o *operation) checkParameters(r *http.Request, variables map[string]string) []error {
	// The body is validated elsewhere; without it both this check and the emulator can read the
	// request.
	bare := r.Clone(r.Context())
	bare.Body, bare.GetBody = http.NoBody, nil
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request:    bare,
		PathParams: variables,
		Route:      o.route,
		Options: &openapi3filter.Options{
			ExcludeRequestBody:  true,
			SkipSettingDefaults: true,
			MultiError:          true,
			AuthenticationFunc:  checkToken,
		},
	})
	violations, several := errors.AsType[openapi3.MultiError](err)
	if err != nil && !several {
		violations = openapi3.MultiError{err}
	}
	mistakes := make([]error, len(violations))
	for i, mistake := range violations {
		// The following lines contain the schema and the value.
		line, _, _ := strings.Cut(mistake.Error(), "\n")
		mistakes[i] = errors.New("request: " + line)
	}
	return mistakes
}

// checkToken requires a token where the document does. The emulator checks whether it is valid.
func checkToken(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	scheme, token, _ := strings.Cut(input.RequestValidationInput.Request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, input.SecurityScheme.Scheme) || token == "" {
		return errors.New("the Authorization header contains no token")
	}
	return nil
}

func (o *operation) checkRequestBody(r *http.Request, body []byte) error {
	if o.request == nil {
		if len(body) > 0 {
			return errors.New("the document has no body here")
		}
		return nil
	}
	value, found, err := o.request.read(r.Header.Get("Content-Type"), body)
	if err != nil || !found {
		return err
	}
	return o.request.check(value)
}
