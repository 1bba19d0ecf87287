package recall

import (
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Warning says, on the attribute, that Port keeps a value other than the one it
// was sent. There is none for what Port added of its own, such as a default. It
// shows both values: use it only for resources that hold no secrets.
func (d Difference) Warning() diag.Diagnostics {
	if isAbsent(d.Sent) || d.Sent.IsNull() {
		return nil
	}
	summary, cause, remedy := "Value Changed by Port", "", "configure the value that Port has"
	if isRounded(d.Sent, d.Answered) {
		summary, cause, remedy = "Number Rounded by Port", "Port keeps numbers as doubles, so the last digits are lost. ", "store the number as a string"
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(d.Path, summary, fmt.Sprintf(
		"%s was written as %s, and Port has %s. %sTerraform goes on with what is configured for as long as Port keeps this; to end the difference, %s.",
		d.Path, shown(d.Sent), shown(d.Answered), cause, remedy))}
}

// shown is a value for people.
func shown(value tftypes.Value) string {
	const most = 300
	if isAbsent(value) || value.IsNull() {
		return "nothing"
	}
	text := []rune(canonical(value))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// isRounded reports whether an answer is what was sent with its numbers as
// doubles.
func isRounded(sent, answered tftypes.Value) bool {
	if isAbsent(answered) || answered.IsNull() || sent.IsNull() || !sent.Type().Equal(answered.Type()) {
		return false
	}
	switch {
	case sent.Type().Is(tftypes.Number):
		double, _ := as[*big.Float](sent).Float64()
		return big.NewFloat(double).Cmp(as[*big.Float](answered)) == 0
	case sent.Type().Is(tftypes.List{}):
		return isRoundedList(as[[]tftypes.Value](sent), as[[]tftypes.Value](answered))
	default:
		return sent.Equal(answered)
	}
}

func isRoundedList(sent, answered []tftypes.Value) bool {
	if len(sent) != len(answered) {
		return false
	}
	for i := range sent {
		if !isRounded(sent[i], answered[i]) {
			return false
		}
	}
	return true
}
