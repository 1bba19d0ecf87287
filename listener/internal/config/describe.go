package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// Section is a part of a configuration for display.
type Section struct {
	Name     string    `json:"name"`
	Settings []Setting `json:"settings"`
}

// Setting is a value of a configuration, without secrets.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Describe returns the active configuration, including defaults, with the keys of the file. It
// hides secrets, and replaces values of variables with their names.
func (c *Config) Describe() []Section {
	shown := describer{variables: c.replacer()}
	var sections []Section
	general := Section{Name: "port"}
	general.Settings = append(general.Settings, Setting{"client_secrets", fmt.Sprintf("%d × %s", len(c.ClientSecrets), redacted)})
	general.Settings = append(general.Settings, shown.settings("", reflect.ValueOf(c.Port))...)
	sections = append(sections, general)
	all := reflect.ValueOf(*c)
	for i := range all.NumField() {
		field, value := all.Type().Field(i), all.Field(i)
		switch {
		case !field.IsExported(), field.Name == "Port", field.Name == "ClientSecrets":
		case value.Kind() == reflect.Struct:
			if settings := shown.settings("", value); len(settings) > 0 {
				sections = append(sections, Section{Name: keyOfField(field.Name), Settings: settings})
			}
		case value.Kind() == reflect.Slice:
			for j := range value.Len() {
				name := value.Index(j).FieldByName("Name").String()
				sections = append(sections, Section{
					Name: strings.TrimSuffix(keyOfField(field.Name), "s") + " " + name, Settings: shown.settings("", value.Index(j)),
				})
			}
		}
	}
	return sections
}

// replacer replaces values of variables with their names, longest first.
func (c *Config) replacer() *strings.Replacer {
	variables := slices.Clone(c.variables)
	slices.SortStableFunc(variables, func(a, b variable) int { return len(b.value) - len(a.value) })
	var pairs []string
	for _, held := range variables {
		pairs = append(pairs, held.value, "${"+held.name+"}")
	}
	return strings.NewReplacer(pairs...)
}

// describer formats values.
type describer struct{ variables *strings.Replacer }

// settings returns the fields of a struct that are not empty.
func (d describer) settings(prefix string, section reflect.Value) []Setting {
	var settings []Setting
	for i := range section.NumField() {
		field, value := section.Type().Field(i), section.Field(i)
		key := prefix + keyOfField(field.Name)
		if field.Name == "Interval" && section.Type() == reflect.TypeFor[Destination]() {
			key = "rate"
		}
		switch {
		case !field.IsExported(), field.Name == "Name" || value.IsZero() && field.Name != "Sync":
		case field.Anonymous:
			settings = append(settings, d.settings(prefix, value)...)
		default:
			if text := d.text(key, value); text != "" {
				settings = append(settings, Setting{key, d.variables.Replace(text)})
			} else if value.Kind() == reflect.Struct {
				settings = append(settings, d.settings(key+".", value)...)
			}
		}
	}
	return settings
}

// text formats a value. It returns "" for a value that is shown field by field or not at all.
func (d describer) text(key string, value reflect.Value) string {
	switch held := value.Interface().(type) {
	case Secret:
		return redacted
	case *rule.Condition:
		return held.String()
	case *message.Template:
		return "its own"
	case time.Duration:
		return describeDuration(key, held)
	case int64:
		return describeSize(held)
	case string:
		return held
	case bool:
		return strconv.FormatBool(held)
	case []string:
		return strings.Join(held, ", ")
	case []any:
		texts := make([]string, len(held))
		for i, element := range held {
			written, err := changelog.Stringify(element)
			if err != nil {
				return ""
			}
			texts[i] = string(written)
		}
		return strings.Join(texts, ", ")
	}
	return ""
}

func describeDuration(key string, held time.Duration) string {
	switch {
	case key == "rate" && time.Second%held == 0:
		return fmt.Sprintf("%d/s", time.Second/held)
	case key == "rate" && time.Minute%held == 0:
		return fmt.Sprintf("%d/m", time.Minute/held)
	case key == "sync" && held == 0:
		return "always"
	}
	return shorten(held)
}

func describeSize(bytes int64) string {
	for shift, unit := range []string{"", "KiB", "MiB", "GiB"} {
		if shifted := bytes >> (10 * shift); shifted<<(10*shift) == bytes && shifted < 1<<10 {
			return fmt.Sprintf("%d%s", shifted, unit)
		}
	}
	return strconv.FormatInt(bytes, 10)
}

// keyOfField returns the key of a field in the file.
func keyOfField(name string) string {
	if name == "Blueprints" || name == "ResourceTypes" {
		name = strings.TrimSuffix(name, "s")
	}
	return strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(name, "${1}_${2}"))
}
