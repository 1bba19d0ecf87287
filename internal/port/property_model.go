package port

import "encoding/json"

// Property is one property of a blueprint: an open JSON Schema with a few additional keys.
type Property struct {
	// Type is string, number, boolean, object or array.
	Type        string  `json:"type"`
	Title       *string `json:"title,omitzero"`
	Description *string `json:"description,omitzero"`
	Icon        *string `json:"icon,omitzero"`
	// Default is any JSON value of the property's type, kept exactly as written.
	Default            json.RawMessage     `json:"default,omitzero"`
	Format             *string             `json:"format,omitzero"`
	DateFormat         *string             `json:"dateFormat,omitzero"`
	Spec               *string             `json:"spec,omitzero"`
	SpecAuthentication *SpecAuthentication `json:"specAuthentication,omitzero"`
	// Enum holds strings or json.Numbers.
	Enum       []any                      `json:"enum,omitzero"`
	EnumColors map[string]string          `json:"enumColors,omitzero"`
	MinLength  *json.Number               `json:"minLength,omitzero"`
	MaxLength  *json.Number               `json:"maxLength,omitzero"`
	Pattern    *string                    `json:"pattern,omitzero"`
	Minimum    *json.Number               `json:"minimum,omitzero"`
	Maximum    *json.Number               `json:"maximum,omitzero"`
	MinItems   *json.Number               `json:"minItems,omitzero"`
	MaxItems   *json.Number               `json:"maxItems,omitzero"`
	Items      *Items                     `json:"items,omitzero"`
	Extra      map[string]json.RawMessage `json:"-"`
}

// Items describes the elements of an array property. Many arrays have no Items: they accept any
// element.
type Items struct {
	Type       string                     `json:"type,omitzero"`
	Format     *string                    `json:"format,omitzero"`
	Default    json.RawMessage            `json:"default,omitzero"`
	Enum       []any                      `json:"enum,omitzero"`
	EnumColors map[string]string          `json:"enumColors,omitzero"`
	Pattern    *string                    `json:"pattern,omitzero"`
	MinLength  *json.Number               `json:"minLength,omitzero"`
	MaxLength  *json.Number               `json:"maxLength,omitzero"`
	Minimum    *json.Number               `json:"minimum,omitzero"`
	Maximum    *json.Number               `json:"maximum,omitzero"`
	Extra      map[string]json.RawMessage `json:"-"`
}

// SpecAuthentication is the OAuth client with which the portal opens an embedded page.
type SpecAuthentication struct {
	ClientID         string                     `json:"clientId"`
	AuthorizationURL string                     `json:"authorizationUrl"`
	TokenURL         string                     `json:"tokenUrl"`
	Scope            []string                   `json:"authorizationScope,omitzero"`
	Extra            map[string]json.RawMessage `json:"-"`
}
