package server

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// nameAttributes adds the path of its attribute to each diagnostic of a response, unless its text
// contains the path. Terraform shows where a top-level attribute is set, but of a nested attribute
// only the resource: an error about one of many properties would not say about which.
func nameAttributes(response any) {
	for _, diagnostic := range diagnosticsOf(response) {
		if diagnostic.Attribute == nil || len(diagnostic.Attribute.Steps()) < 2 {
			continue
		}
		if name := nameOf(diagnostic.Attribute); !strings.Contains(diagnostic.Summary+diagnostic.Detail, name) {
			diagnostic.Detail += "\n\nAttribute: " + name
		}
	}
}

func diagnosticsOf(response any) []*tfprotov6.Diagnostic {
	switch response := response.(type) {
	case *tfprotov6.ValidateResourceConfigResponse:
		return response.Diagnostics
	case *tfprotov6.PlanResourceChangeResponse:
		return response.Diagnostics
	case *tfprotov6.ApplyResourceChangeResponse:
		return response.Diagnostics
	case *tfprotov6.ValidateDataResourceConfigResponse:
		return response.Diagnostics
	case *tfprotov6.ReadDataSourceResponse:
		return response.Diagnostics
	default:
		return nil
	}
}

// nameOf returns a path as a configuration refers to it. An element of a set, which has no name,
// ends it.
func nameOf(at *tftypes.AttributePath) string {
	var name strings.Builder
	for _, step := range at.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			if name.Len() > 0 {
				name.WriteByte('.')
			}
			name.WriteString(string(step))
		case tftypes.ElementKeyString:
			fmt.Fprintf(&name, "[%q]", string(step))
		case tftypes.ElementKeyInt:
			fmt.Fprintf(&name, "[%d]", int64(step))
		default:
			return name.String()
		}
	}
	return name.String()
}
