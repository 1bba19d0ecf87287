// Package recall remembers, in the private state of a resource, which values came back from Port
// other than they were sent: a number that was rounded, a URL that was normalised, a default that
// Port filled in, a key that it dropped. After a write the state holds what was planned, as
// Terraform demands; a refresh then keeps each such value for as long as Port still answers what it
// answered to the write, so that the plan is empty, and shows anything else.
package recall

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// privateKey is where a memory lives among the private state of a resource.
const privateKey = "answered_differently"

// Difference is a value that came back other than it was sent. The zero
// [tftypes.Value] stands for an element that one side lacks.
type Difference struct {
	Path           path.Path
	Sent, Answered tftypes.Value
	// IsKnown says that Port answered the same to the write before.
	IsKnown bool
}

// Differences compares what was written with what Port answered, both as a state of the resource.
// Objects and maps are compared by their members, also one that was sent as null, and everything
// else as a whole. Unknown values are left out: nobody sent them.
func Differences(sent, answered tftypes.Value) []Difference {
	return differencesAt(path.Empty(), sent, answered)
}

func differencesAt(at path.Path, sent, answered tftypes.Value) []Difference {
	if !sent.IsKnown() || isSame(sent, answered) {
		return nil
	}
	old, fresh, areContainers := bothMembers(sent, answered)
	var inside []Difference
	if areContainers {
		for _, name := range keys(old, fresh) {
			inside = append(inside, differencesAt(child(at, answered, name), old[name], fresh[name])...)
		}
	}
	if !areContainers || (len(inside) == 0 && sent.IsNull()) {
		return []Difference{{Path: at, Sent: sent, Answered: answered}}
	}
	return inside
}

// Memory holds digests of the values in differences by the path of each.
type Memory map[string]pair

type pair struct {
	Sent     string `json:"sent"`
	Answered string `json:"answered"`
}

// New remembers differences.
func New(differences []Difference) Memory {
	memory := Memory{}
	for _, d := range differences {
		memory[d.Path.String()] = pair{Sent: digest(d.Sent), Answered: digest(d.Answered)}
	}
	return memory
}

// Restore returns the fresh state with every remembered value as it was sent
// where the prior state holds what was sent, and Port still has its answer.
func (m Memory) Restore(prior, fresh tftypes.Value) tftypes.Value {
	return m.restore(path.Empty(), prior, fresh)
}

// WasDropped reports whether Port answered to a value at a path without it, so
// that sending it again would end the same way.
func (m Memory) WasDropped(at path.Path, value tftypes.Value) bool {
	remembered, ok := m[at.String()]
	return ok && remembered.Answered == digestNull && remembered.Sent == digest(value)
}

func (m Memory) restore(at path.Path, prior, fresh tftypes.Value) tftypes.Value {
	if remembered, ok := m[at.String()]; ok && remembered.Sent == digest(prior) && remembered.Answered == digest(fresh) {
		return prior
	}
	old, current, areContainers := bothMembers(prior, fresh)
	if !areContainers {
		return fresh
	}
	restored, isNothing, isChanged := map[string]tftypes.Value{}, true, false
	for _, name := range keys(old, current) {
		value := m.restore(child(at, fresh, name), old[name], current[name])
		isChanged = isChanged || !isSame(value, current[name])
		if !isAbsent(value) {
			restored[name] = value
			isNothing = isNothing && value.IsNull()
		}
	}
	if prior.IsNull() && isNothing && isChanged {
		return prior
	}
	return tftypes.NewValue(fresh.Type(), restored)
}

// Reader gives access to private state; requests and responses of the framework have one.
type Reader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// Writer is a private state that can be written.
type Writer interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Private is a private state that can be read and written.
type Private interface {
	Reader
	Writer
}

// Load reads the memory of a resource; it is empty if nothing was remembered.
func Load(ctx context.Context, private Reader) (Memory, diag.Diagnostics) {
	memory := Memory{}
	diagnostics := LoadKey(ctx, private, privateKey, &memory)
	return memory, diagnostics
}

// Save stores the memory in place of what was there.
func (m Memory) Save(ctx context.Context, private Writer) diag.Diagnostics {
	return SaveKey(ctx, private, privateKey, m)
}

// LoadKey reads what [SaveKey] stored under a key. The target stays as it is if there is nothing.
func LoadKey(ctx context.Context, private Reader, key string, target any) diag.Diagnostics {
	stored, diagnostics := private.GetKey(ctx, key)
	if len(stored) == 0 || diagnostics.HasError() {
		return diagnostics
	}
	decoder := json.NewDecoder(bytes.NewReader(stored))
	decoder.UseNumber()
	if err := decoder.Decode(target); err != nil {
		diagnostics.AddError("Unable to Read Private State",
			fmt.Sprintf("The private state of the resource is damaged: %s. Remove the resource from the state and import it.", err))
	}
	return diagnostics
}

// SaveKey stores a value that has a JSON form under a key of the private state.
func SaveKey(ctx context.Context, private Writer, key string, value any) diag.Diagnostics {
	stored, err := jsonvalue.Encode(value)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Write Private State", err.Error())}
	}
	return private.SetKey(ctx, key, stored)
}

// bothMembers are the members of two values if the second is an object or a map, and
// the first one too, or null: then it has none.
func bothMembers(prior, fresh tftypes.Value) (old, current map[string]tftypes.Value, areContainers bool) {
	current, isContainer := members(fresh)
	if !isContainer || isAbsent(prior) {
		return nil, nil, false
	}
	if !prior.IsNull() {
		old, isContainer = members(prior)
		return old, current, isContainer
	}
	old = map[string]tftypes.Value{}
	if fresh.Type().Is(tftypes.Object{}) {
		for name, member := range current {
			old[name] = tftypes.NewValue(member.Type(), nil)
		}
	}
	return old, current, true
}

// members are those of an object or a map; ok is false for anything else, also
// for a null or an unknown one.
func members(value tftypes.Value) (out map[string]tftypes.Value, ok bool) {
	if isAbsent(value) || value.IsNull() || !value.IsKnown() || !isKeyed(value.Type()) {
		return nil, false
	}
	return out, value.As(&out) == nil
}

func isKeyed(t tftypes.Type) bool { return t.Is(tftypes.Object{}) || t.Is(tftypes.Map{}) }

func isAbsent(value tftypes.Value) bool { return value.Type() == nil }

func child(at path.Path, container tftypes.Value, name string) path.Path {
	if container.Type().Is(tftypes.Map{}) {
		return at.AtMapKey(name)
	}
	return at.AtName(name)
}

func keys(a, b map[string]tftypes.Value) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func isSame(a, b tftypes.Value) bool {
	if isAbsent(a) || isAbsent(b) {
		return isAbsent(a) && isAbsent(b)
	}
	return a.Equal(b)
}

// digestNull stands for null.
const digestNull = "null"

// digest identifies a value without showing it: private state is not encrypted.
func digest(value tftypes.Value) string {
	if isAbsent(value) {
		return "absent"
	}
	if value.IsNull() {
		return digestNull
	}
	hash := sha256.Sum256([]byte(canonical(value)))
	return base64.RawStdEncoding.EncodeToString(hash[:])
}
