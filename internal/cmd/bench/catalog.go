package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
)

// A catalog of many entities is not created one by one: a small one is created
// with Terraform, and its first entity, in the state and at Port, is copied.

// errNoEntity means that there is nothing to copy.
var errNoEntity = errors.New("there is no entity to copy")

// object is a JSON object.
type object = map[string]any

// grow copies the entity of a state until there are n.
func grow(path string, entities, blueprints int) error {
	text, err := os.ReadFile(path) //nolint:gosec // A file of our own.
	if err != nil {
		return err
	}
	var state struct {
		Version          int      `json:"version"`
		TerraformVersion string   `json:"terraform_version"`
		Serial           int      `json:"serial"`
		Lineage          string   `json:"lineage"`
		Outputs          object   `json:"outputs"`
		Resources        []object `json:"resources"`
		CheckResults     any      `json:"check_results"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return err
	}
	for _, resource := range state.Resources {
		if resource["type"] != "port_entity" {
			continue
		}
		instances, _ := resource["instances"].([]any)
		if len(instances) == 0 {
			return errNoEntity
		}
		first, _ := instances[0].(object)
		attributes, _ := first["attributes"].(object)
		grown := make([]object, entities)
		for i := range grown {
			grown[i] = maps.Clone(first)
			grown[i]["index_key"] = i
			grown[i]["attributes"] = numbered(attributes, i, blueprints)
			delete(grown[i], "identity")
		}
		resource["instances"] = grown
	}
	encoded, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return os.WriteFile(path, encoded, 0o600)
}

// numbered is an entity's document or attributes with the identifiers of another.
func numbered(entity object, i, blueprints int) object {
	copied := maps.Clone(entity)
	copied["identifier"], copied["title"] = "entity-"+strconv.Itoa(i), fmt.Sprintf("Entity %d", i)
	copied["blueprint"] = "kind-" + strconv.Itoa(i%blueprints)
	if _, hasID := copied["id"]; hasID {
		copied["id"] = fmt.Sprintf("%s:%s", copied["blueprint"], copied["identifier"])
	}
	return copied
}

// seed returns a dump with the first entity copied until there are n.
func seed(dump []byte, entities, blueprints int) ([]byte, error) {
	var catalog object
	decoder := json.NewDecoder(bytes.NewReader(dump))
	decoder.UseNumber()
	if err := decoder.Decode(&catalog); err != nil {
		return nil, err
	}
	all, _ := catalog["entities"].([]any)
	var first object
	for _, entity := range all {
		if document, _ := entity.(object); document["identifier"] == "entity-0" {
			first = document
		}
	}
	if first == nil {
		return nil, errNoEntity
	}
	delete(first, "shout") // It is computed by Port.
	grown := make([]object, entities)
	for i := range grown {
		grown[i] = numbered(first, i, blueprints)
	}
	catalog["entities"] = grown
	return json.Marshal(catalog)
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from) //nolint:gosec // A file of our own.
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600) //nolint:gosec // A file of our own.
}
