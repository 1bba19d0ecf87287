package recall

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// SetState makes the plan the state after a write, as Terraform requires, and remembers which
// values Port returned differently. planned and returned are models of the resource. warn returns
// the diagnostics for a difference, as [Difference.Warning] does.
func SetState(ctx context.Context, state *tfsdk.State, private Private, planned, returned any, warn func(Difference) diag.Diagnostics) diag.Diagnostics {
	before, diagnostics := Load(ctx, private)
	diagnostics.Append(state.Set(ctx, planned)...)
	observed := tfsdk.State{Schema: state.Schema, Raw: tftypes.NewValue(state.Schema.Type().TerraformType(ctx), nil)}
	diagnostics.Append(observed.Set(ctx, returned)...)
	if diagnostics.HasError() {
		return diagnostics
	}
	differences := Differences(state.Raw, observed.Raw)
	after := New(differences)
	for _, difference := range differences {
		at := difference.Path.String()
		difference.IsReported = before[at] == after[at]
		diagnostics.Append(warn(difference)...)
	}
	return append(diagnostics, after.Save(ctx, private)...)
}

// Warning returns a warning on the attribute that Port stores a different value from the one it was
// sent, unless that has been reported before. It shows neither value, because either may be a
// secret. Values that Port added itself, such as defaults, cause no warning.
func (d Difference) Warning() diag.Diagnostics {
	if d.IsReported || isAbsent(d.Sent) || d.Sent.IsNull() {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(d.Path, "Value Changed by Port", fmt.Sprintf(
		"Port stores a different value of %s from the one that was written; numbers, for example, lose digits beyond the 15th. "+
			"The configured value stays in the state, and plans show no difference, until the value in Port changes. "+
			"To resolve the difference, configure the value that Port shows, or use a string if a number needs all its digits.", d.Path))}
}
