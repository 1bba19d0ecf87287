package emulator

import (
	"bytes"
	"fmt"
	"io"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// Seed adds the blueprints, entities and actions of a file in the form that Dump writes:
//
//	{"blueprints": [{…}], "entities": [{"blueprint": "…", "identifier": "…", …}],
//	 "actions": [{…}], "users": [{…}], "apps": [{…}]}
//
// They have the form of the API's responses; generated keys are optional. They may refer to each
// other in any order. No events are sent. An error names the invalid entry, and nothing is added. A
// reset restores the state after the last Seed.
func (e *Emulator) Seed(r io.Reader) error {
	if err := e.load(r); err != nil {
		return err
	}
	var dump bytes.Buffer
	if err := e.Dump(&dump); err != nil {
		return err
	}
	baseline := dump.Bytes()
	e.baseline.Store(&baseline)
	e.automations.timers.Refresh()
	return nil
}

// load adds the content of a file.
func (e *Emulator) load(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("reading the seed: %w", err)
	}
	value, err := document.Parse(text, e.number())
	if err != nil {
		return fmt.Errorf("reading the seed: %w", err)
	}
	s := shape.Seed.Schema()
	s.Fill(value)
	if violation := s.Validate("seed", value); violation != nil {
		return fmt.Errorf("reading the seed: %w", violation)
	}
	file, _ := value.(*document.Object) // The schema guarantees this.
	seed := catalog.Seed{Blueprints: file.List("blueprints"), Entities: file.List("entities"), Pages: file.List("pages")}
	actions, err := e.automations.actions.store.Stage(file.List("actions"))
	if err != nil {
		return fmt.Errorf("loading the seed: %w", err)
	}
	if err := e.catalog.Load(seed); err != nil {
		return fmt.Errorf("loading the seed: %w", err)
	}
	e.automations.actions.store.Add(actions)
	if stored := file.Object("organization"); stored != nil {
		e.organization.set(stored)
	}
	e.members.load(file)
	return nil
}

// Dump writes the whole catalog as JSON that Seed reads: exactly, with timestamps.
func (e *Emulator) Dump(w io.Writer) error {
	seed := e.catalog.Dump()
	users, apps := e.members.get()
	dump := document.New().
		With("organization", e.organization.get()).
		With("users", users).
		With("apps", apps).
		With("blueprints", seed.Blueprints).
		With("entities", seed.Entities).
		With("actions", e.automations.actions.store.Dump()).
		With("pages", seed.Pages)
	if _, err := w.Write(append(document.Append(nil, dump), '\n')); err != nil {
		return fmt.Errorf("writing the dump: %w", err)
	}
	return nil
}
