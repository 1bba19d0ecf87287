package recall

import (
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Warning says, on the attribute, that Port keeps a value other than the one it
// was sent. There is none for what Port added of its own, such as a default.
func (d Difference) Warning() diag.Diagnostics {
	if isAbsent(d.Sent) || d.Sent.IsNull() {
		return nil
	}
	summary, detail := "Value Changed by Port",
		"Port answered with another value for "+d.Path.String()+" than the one that was written. Terraform goes on with the configured value for as long as Port keeps this answer; "+
			"to end the difference, configure the value that Port shows."
	if d.isRounded() {
		summary = "Number Rounded by Port"
		detail = "Port stored the number at " + d.Path.String() + " as the nearest double, so the last digits are lost. Terraform goes on with the configured number for as long as " +
			"Port keeps the rounded one; to keep every digit, store it as a string."
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(d.Path, summary, detail)}
}

// isRounded reports whether the answer is the sent number as a double.
func (d Difference) isRounded() bool {
	if !d.Sent.Type().Is(tftypes.Number) || isAbsent(d.Answered) || d.Answered.IsNull() {
		return false
	}
	double, _ := as[*big.Float](d.Sent).Float64()
	return big.NewFloat(double).Cmp(as[*big.Float](d.Answered)) == 0
}
