package recall

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Conclude makes the plan the state after a write, as Terraform demands, and remembers which values
// Port answered differently. planned and answered are models of the resource. warn says what people
// should know of a difference, such as [Difference.Warning].
func Conclude(ctx context.Context, state *tfsdk.State, private Private, planned, answered any, warn func(Difference) diag.Diagnostics) diag.Diagnostics {
	before, diagnostics := Load(ctx, private)
	diagnostics.Append(state.Set(ctx, planned)...)
	observed := tfsdk.State{Schema: state.Schema, Raw: tftypes.NewValue(state.Schema.Type().TerraformType(ctx), nil)}
	diagnostics.Append(observed.Set(ctx, answered)...)
	if diagnostics.HasError() {
		return diagnostics
	}
	differences := Differences(state.Raw, observed.Raw)
	after := New(differences)
	for _, difference := range differences {
		at := difference.Path.String()
		difference.IsKnown = before[at] == after[at]
		diagnostics.Append(warn(difference)...)
	}
	return append(diagnostics, after.Save(ctx, private)...)
}

// Warning says, on the attribute, that Port keeps a value other than the one it was
// sent, when that is news. It shows neither value, since either may be a secret. There
// is none for what Port added of its own, such as a default.
func (d Difference) Warning() diag.Diagnostics {
	if d.IsKnown || isAbsent(d.Sent) || d.Sent.IsNull() {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(d.Path, "Value Changed by Port", fmt.Sprintf(
		"Port stores another value of %s than the one that was written; numbers, for example, lose the digits beyond the 15th. "+
			"The configured value stays in the state, and plans show no difference, until Port's value changes. "+
			"To end the difference, configure the value that Port shows, or a string where a number needs all its digits.", d.Path))}
}
