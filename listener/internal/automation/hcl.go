package automation

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
)

// HCL returns the automations as Terraform resources, equivalent to Action.
func HCL(automations []Automation, address string) (string, error) {
	var all []string
	labels := make(map[string]bool)
	for _, one := range automations {
		block, err := one.hcl(labelOf(one.Identifier, labels), address)
		if err != nil {
			return "", err
		}
		all = append(all, block)
	}
	return strings.Join(all, "\n"), nil
}

// labelOf returns an unused name for a resource.
func labelOf(identifier string, taken map[string]bool) string {
	base := regexp.MustCompile(`[^A-Za-z0-9_-]`).ReplaceAllString(identifier, "_")
	label := base
	for i := 2; taken[label]; i++ {
		label = base + "_" + strconv.Itoa(i)
	}
	taken[label] = true
	return label
}

func (a Automation) hcl(label, address string) (string, error) {
	quoted := &quoter{}
	var out strings.Builder
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(&out, format+"\n", values...) }
	line(`resource "port_action" %s {`, quoted.text(label))
	line(`  identifier = %s`, quoted.text(a.Identifier))
	line(`  title      = %s`, quoted.text(a.Title))
	line(`  icon       = "Alert"`)
	line(``)
	line(`  automation_trigger = {`)
	trigger := "{ blueprint_identifier = " + quoted.text(a.Blueprint) + " }"
	if a.Timer != "" {
		trigger = "{ blueprint_identifier = " + quoted.text(a.Blueprint) + ", property_identifier = " + quoted.text(a.Timer) + " }"
	}
	line(`    %s_event = %s`, strings.ToLower(a.Event), trigger)
	if len(a.Expressions) > 0 {
		line(`    jq_condition = {`)
		line(`      expressions = [`)
		for _, expression := range a.Expressions {
			line(`        %s,`, quoted.text(expression))
		}
		line(`      ]`)
		if len(a.Expressions) > 1 {
			line(`      combinator = "or"`)
		}
		line(`    }`)
	}
	line(`  }`)
	line(``)
	line(`  webhook_method = {`)
	line(`    url          = %s`, quoted.text(address))
	line(`    method       = "POST"`)
	line(`    synchronized = true`)
	line(`    headers      = { RUN_ID = "{{ .run.id }}" }`)
	line(`    body = jsonencode({`)
	line(`      "{{ spreadValue() }}" = "{{ .event }}"`)
	line(`      run                   = { id = "{{ .run.id }}" }`)
	line(`    })`)
	line(`  }`)
	line(`}`)
	return out.String(), quoted.err
}

// quoter quotes strings for Terraform, and keeps the first error.
type quoter struct{ err error }

// text returns a quoted string: as JSON, but with template markers escaped, and without the two
// escapes that Terraform does not support.
func (q *quoter) text(text string) string {
	written, err := changelog.Stringify(text)
	if err != nil && q.err == nil {
		q.err = fmt.Errorf("writing %q for Terraform: %w", text, err)
	}
	return regexp.MustCompile(`\\.|\$\{|%\{`).ReplaceAllStringFunc(string(written), func(piece string) string {
		switch piece {
		case `\b`:
			return `\u0008`
		case `\f`:
			return `\u000c`
		case `${`:
			return `$${`
		case `%{`:
			return `%%{`
		}
		return piece
	})
}
