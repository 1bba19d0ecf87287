package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// settingsFile is written to a folder without configuration.
const settingsFile = "providers.tf"

const settings = `terraform {
  required_providers {
    port = {
      source = "port-changelog/port"
    }
  }
}

provider "port" {}
`

// organization is the name of the files with objects that do not belong to a blueprint.
const organization = "organization"

// kinds are the suffixes of the files of a blueprint, by the type of their objects.
var kinds = map[string]string{blueprintType: ".tf", entityType: ".entities.tf", actionType: ".actions.tf"}

const importsKind = ".imports.tf"

// ErrFileExists means that a file to be written exists already.
var ErrFileExists = errors.New("the file already exists; move it, or choose another folder with -out")

// Written says what was exported.
type Written struct {
	Blueprints, Entities, Actions int
	// Files are the names of the files, sorted.
	Files []string
}

// Write writes the catalog to a folder, which it creates if necessary: for each blueprint a file
// with the blueprint, one with its entities, one with its actions, and one with import blocks. If
// one of the files exists, it writes nothing and returns [ErrFileExists]. Resources get names that
// the folder does not declare yet.
func (c *Catalog) Write(ctx context.Context, folder string) (Written, error) {
	existing, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil {
		return Written{}, err
	}
	taken, err := labelsIn(existing)
	if err != nil {
		return Written{}, err
	}
	c.label(taken)
	files, err := c.files(ctx)
	if err != nil {
		return Written{}, err
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return Written{}, err
	}
	if len(existing) == 0 {
		files[settingsFile] = settings
	}
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		_, err := os.Lstat(filepath.Join(folder, name))
		if err == nil {
			return Written{}, fmt.Errorf("%s: %w", filepath.Join(folder, name), ErrFileExists)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return Written{}, err
		}
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(files[name]), 0o600); err != nil {
			return Written{}, err
		}
	}
	return Written{Blueprints: c.count(blueprintType), Entities: c.count(entityType), Actions: c.count(actionType), Files: names}, nil
}

// files returns the content of the files, by name.
func (c *Catalog) files(ctx context.Context) (map[string]string, error) {
	texts, groups := map[string]*strings.Builder{}, c.groups()
	add := func(name, block string) {
		text, exists := texts[name]
		if !exists {
			text = &strings.Builder{}
			texts[name] = text
		} else {
			text.WriteByte('\n')
		}
		text.Write(hclwrite.Format([]byte(block)))
	}
	for _, one := range c.objects {
		body, err := c.body(ctx, one, func(path []string, text string) string { return c.refer(one, path, text) })
		if err != nil {
			return nil, err
		}
		group := groups[one.group()]
		add(group+kinds[one.typeName], fmt.Sprintf("resource %q %q {\n%s}\n", one.typeName, one.label, body))
		add(group+importsKind, fmt.Sprintf("import {\n  to = %s\n  id = %s\n}\n", one.address(), quoted(one.importID())))
	}
	files := map[string]string{}
	for name, text := range texts {
		files[name] = text.String()
	}
	return files, nil
}

// group returns the blueprint whose files contain the object.
func (o *object) group() string {
	if o.typeName == blueprintType {
		return o.identifier
	}
	return o.parent
}

// groups returns the base names of the files, by blueprint.
func (c *Catalog) groups() map[string]string {
	taken := labels{strings.TrimSuffix(settingsFile, ".tf"): 1, organization: 1}
	groups := map[string]string{"": organization}
	for _, identifier := range c.blueprints {
		groups[identifier] = taken.take(identifier)
	}
	return groups
}

// body returns the attributes of a resource. Blank lines separate those that span several lines.
func (c *Catalog) body(ctx context.Context, one *object, refer func(path []string, text string) string) (string, error) {
	w := &writer{ctx: ctx, refer: refer}
	var out strings.Builder
	wasLong := false
	for i, attribute := range w.attributes(c.provider.schemas[one.typeName].Attributes, one.state, nil, step) {
		isLong := strings.Contains(attribute.expression, "\n")
		if i > 0 && (isLong || wasLong) {
			out.WriteByte('\n')
		}
		out.WriteString(step + attribute.name + " = " + attribute.expression + "\n")
		wasLong = isLong
	}
	if w.err != nil {
		return "", fmt.Errorf("%s %q: %w", one.typeName, one.identifier, w.err)
	}
	return out.String(), nil
}
