package changelog

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

const (
	// A mark consists of nameBytes of the hash of a name, followed by bytes of the hash of its
	// value.
	nameBytes = 5
	markBytes = 8
	// maxMarks limits a fingerprint. If there are more, those with the smallest name hashes are
	// kept, so that two fingerprints still have names in common.
	maxMarks = 1000
)

// Fingerprint summarises the properties of an object before and after a change: a sorted mark of 8
// bytes for each property that has a value.
type Fingerprint []byte

// fingerprint returns the fingerprint of an event. The organization and an expired timer count as
// properties. Null and empty values do not, since some sources omit them.
func (e *Event) fingerprint() (Fingerprint, error) {
	var marks [][markBytes]byte
	add := func(kind, name string, value any) error {
		written, err := appendWithoutEmpty(nil, value)
		if err != nil || isEmpty(string(written[:min(len(written), len("null"))])) {
			return err
		}
		nameHash, valueHash := sha256.Sum256([]byte(kind+name)), sha256.Sum256(written)
		marks = append(marks, [markBytes]byte(slices.Concat(nameHash[:nameBytes], valueHash[:markBytes-nameBytes])))
		return nil
	}
	for name, text := range map[string]string{"organization": e.Trigger.By.OrgID, "property": e.timer()} {
		if text != "" {
			if err := add("event.", name, text); err != nil {
				return nil, err
			}
		}
	}
	for kind, state := range map[string]Snapshot{"before.": e.Diff.Before, "after.": e.Diff.After} {
		for name, value := range object(state, "properties") {
			if err := add(kind, name, value); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(marks, func(a, b [markBytes]byte) int { return bytes.Compare(a[:], b[:]) })
	fingerprint := make(Fingerprint, 0, markBytes*min(len(marks), maxMarks))
	for _, mark := range marks[:min(len(marks), maxMarks)] {
		fingerprint = append(fingerprint, mark[:]...)
	}
	return fingerprint, nil
}

// timer returns the property of a timer event, or "".
func (e *Event) timer() string {
	if e.IsTimer() {
		return e.Context.Property
	}
	return ""
}

// Contradicts reports whether both contain a property with different values.
func (f Fingerprint) Contradicts(other Fingerprint) bool {
	for len(f) >= markBytes && len(other) >= markBytes {
		a, b := binary.BigEndian.Uint64(f), binary.BigEndian.Uint64(other)
		const valueBits = 8 * (markBytes - nameBytes)
		switch nameA, nameB := a>>valueBits, b>>valueBits; {
		case nameA < nameB:
			f = f[markBytes:]
		case nameA > nameB:
			other = other[markBytes:]
		case a != b:
			return true
		default:
			f, other = f[markBytes:], other[markBytes:]
		}
	}
	return false
}
