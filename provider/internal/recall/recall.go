// Package recall remembers, in the private state of a resource, which values Port returned
// differently from how they were sent: a rounded number, a normalised URL, a default that Port
// filled in, a key that it dropped. After a write the state holds what was planned, as Terraform
// requires. A refresh preserves each such value as long as Port returns what it returned after the
// write, so that the plan is empty; any other change shows.
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

// privateKey is the key of a memory in the private state of a resource.
const privateKey = "answered_differently"

// Difference is a value that Port returned differently from how it was sent. The zero
// [tftypes.Value] represents an element that one side does not have.
type Difference struct {
	Path           path.Path
	Sent, Returned tftypes.Value
	// IsReported means that the previous write had the same difference.
	IsReported bool
}

// Differences compares what was written with what Port returned, both as a state of the resource.
// Objects and maps, including one that was sent as null, are compared member by member, and
// everything else as a whole. Unknown values are skipped, because they were not sent.
func Differences(sent, returned tftypes.Value) []Difference {
	return differencesAt(path.Empty(), sent, returned)
}

func differencesAt(at path.Path, sent, returned tftypes.Value) []Difference {
	if !sent.IsKnown() || isSame(sent, returned) {
		return nil
	}
	old, current, areContainers := bothMembers(sent, returned)
	var inside []Difference
	if areContainers {
		for _, name := range keys(old, current) {
			inside = append(inside, differencesAt(child(at, returned, name), old[name], current[name])...)
		}
	}
	if !areContainers || (len(inside) == 0 && sent.IsNull()) {
		return []Difference{{Path: at, Sent: sent, Returned: returned}}
	}
	return inside
}

// Memory holds digests of the values of differences, by path.
type Memory map[string]pair

type pair struct {
	Sent     string `json:"sent"`
	Returned string `json:"answered"`
}

// New returns a memory of differences.
func New(differences []Difference) Memory {
	memory := Memory{}
	for _, d := range differences {
		memory[d.Path.String()] = pair{Sent: digest(d.Sent), Returned: digest(d.Returned)}
	}
	return memory
}

// Restore returns the refreshed state, in which each remembered value is restored to what was sent
// if the prior state still holds that and Port still returns what it returned then.
func (m Memory) Restore(prior, refreshed tftypes.Value) tftypes.Value {
	return m.restore(path.Empty(), prior, refreshed)
}

// WasDropped reports whether Port dropped this value at this path when it was last sent, so that it
// would drop it again.
func (m Memory) WasDropped(at path.Path, value tftypes.Value) bool {
	remembered, ok := m[at.String()]
	return ok && remembered.Returned == digestNull && remembered.Sent == digest(value)
}

func (m Memory) restore(at path.Path, prior, refreshed tftypes.Value) tftypes.Value {
	if remembered, ok := m[at.String()]; ok && remembered.Sent == digest(prior) && remembered.Returned == digest(refreshed) {
		return prior
	}
	old, current, areContainers := bothMembers(prior, refreshed)
	if !areContainers {
		return refreshed
	}
	restored, isNothing, isChanged := map[string]tftypes.Value{}, true, false
	for _, name := range keys(old, current) {
		value := m.restore(child(at, refreshed, name), old[name], current[name])
		isChanged = isChanged || !isSame(value, current[name])
		if !isAbsent(value) {
			restored[name] = value
			isNothing = isNothing && value.IsNull()
		}
	}
	if prior.IsNull() && isNothing && isChanged {
		return prior
	}
	return tftypes.NewValue(refreshed.Type(), restored)
}

// Reader reads private state, as the framework's requests and responses provide it.
type Reader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// Writer writes private state.
type Writer interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Private reads and writes private state.
type Private interface {
	Reader
	Writer
}

// Load reads the memory of a resource; it is empty if there is none.
func Load(ctx context.Context, private Reader) (Memory, diag.Diagnostics) {
	memory := Memory{}
	diagnostics := LoadKey(ctx, private, privateKey, &memory)
	return memory, diagnostics
}

// Save stores the memory and replaces the previous one.
func (m Memory) Save(ctx context.Context, private Writer) diag.Diagnostics {
	return SaveKey(ctx, private, privateKey, m)
}

// LoadKey reads what [SaveKey] stored under a key. It leaves target unchanged if there is nothing.
func LoadKey(ctx context.Context, private Reader, key string, target any) diag.Diagnostics {
	stored, diagnostics := private.GetKey(ctx, key)
	if len(stored) == 0 || diagnostics.HasError() {
		return diagnostics
	}
	decoder := json.NewDecoder(bytes.NewReader(stored))
	decoder.UseNumber()
	if err := decoder.Decode(target); err != nil {
		diagnostics.AddError("Unable to Read Private State",
			fmt.Sprintf("The private state of the resource is damaged: %s. Remove the resource from the state and import it again.", err))
	}
	return diagnostics
}

// SaveKey stores a value as JSON under a key of the private state.
func SaveKey(ctx context.Context, private Writer, key string, value any) diag.Diagnostics {
	stored, err := jsonvalue.Encode(value)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Write Private State", err.Error())}
	}
	return private.SetKey(ctx, key, stored)
}

// bothMembers returns the members of two values if the second is an object or a map and the first
// is one too or null. The members of a null object are null, and a null map has none.
func bothMembers(prior, refreshed tftypes.Value) (old, current map[string]tftypes.Value, areContainers bool) {
	current, isContainer := members(refreshed)
	if !isContainer || isAbsent(prior) {
		return nil, nil, false
	}
	if !prior.IsNull() {
		old, isContainer = members(prior)
		return old, current, isContainer
	}
	old = map[string]tftypes.Value{}
	if refreshed.Type().Is(tftypes.Object{}) {
		for name, member := range current {
			old[name] = tftypes.NewValue(member.Type(), nil)
		}
	}
	return old, current, true
}

// members returns the members of an object or a map; ok is false for anything else, including null
// and unknown.
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

// digestNull is the digest of null.
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
