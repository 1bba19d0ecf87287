package changelog

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

const (
	// A mark has so many bytes of the hash of a name, and the rest are of its value.
	nameBytes = 5
	markBytes = 8
	// mostMarks bounds a fingerprint. Of more, each fingerprint keeps those whose names
	// have the smallest hashes, so that two still have names in common.
	mostMarks = 1000
)

// Fingerprint is what is remembered of the properties of a thing before and after a
// change: a mark for each that has a value, sorted, of 8 bytes.
type Fingerprint []byte

// fingerprint returns that of an event. The organization counts as a property, and so does the
// timer that has expired; what is null or empty, which some sources leave out, does not count.
func (e *Event) fingerprint() (Fingerprint, error) {
	var marks [][markBytes]byte
	add := func(kind, name string, value any) error {
		written, err := appendWithoutNothing(nil, value)
		if err != nil || isNothing(string(written[:min(len(written), len("null"))])) {
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
	fingerprint := make(Fingerprint, 0, markBytes*min(len(marks), mostMarks))
	for _, mark := range marks[:min(len(marks), mostMarks)] {
		fingerprint = append(fingerprint, mark[:]...)
	}
	return fingerprint, nil
}

// timer returns the property of an event about a timer.
func (e *Event) timer() string {
	if e.IsTimer() {
		return e.Context.Property
	}
	return ""
}

// Contradicts reports whether a property has a value in both, and not the same.
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
