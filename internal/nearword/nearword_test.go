package nearword_test

import (
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/nearword"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	possible := []string{"Timer", "Title", "To", "destination", "rules"}
	for word, want := range map[string]string{
		"Titel": "Title", "Title": "Title", "Tiemr": "Timer", "Tmer": "Timer", "rulez": "rules", "destinations": "destination", "RULES": "rules", "dest": "", "größe": "", "x": "", "": "",
	} {
		if got, ok := nearword.Nearest(word, possible); got != want || ok != (want != "") {
			t.Errorf("Nearest(%q) = %q (%t), want %q", word, got, ok, want)
		}
	}
}
