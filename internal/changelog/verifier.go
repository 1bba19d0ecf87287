package changelog

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DefaultTolerance is the maximum difference between the clocks of Port and the receiver, in either
// direction, before a delivery is considered stale.
const DefaultTolerance = 5 * time.Minute

// Rejection is the reason why verification of a delivery failed. The set is closed, so that it can
// be a metric label; the sender gets the same text for all of them.
type Rejection string

// The reasons for which a delivery is rejected.
const (
	// RejectedMissing means that the signature or the timestamp header is absent.
	RejectedMissing Rejection = "missing"
	// RejectedMalformed means that the timestamp is not an integer, or that no signature has the
	// form "v1,<base64 of 32 bytes>".
	RejectedMalformed Rejection = "malformed"
	// RejectedWrong means that no signature matches the body with any secret.
	RejectedWrong Rejection = "wrong"
	// RejectedStale means that the signature is correct, but older or further in the future than
	// the tolerance allows.
	RejectedStale Rejection = "stale"
)

// Error implements error; errors.As recovers the Rejection.
func (r Rejection) Error() string {
	switch r {
	case RejectedMissing:
		return "the signature or the timestamp is missing"
	case RejectedMalformed:
		return "the signature or the timestamp is malformed"
	case RejectedWrong:
		return "the signature is wrong: it was made with another client secret, or the body was changed"
	case RejectedStale:
		return "the timestamp is stale: it is too old or in the future; check the clocks of the sender and of this machine"
	}
	return "the signature is " + string(r)
}

// Verifier checks that a delivery was signed recently with one of several client secrets. It is
// safe for concurrent use.
type Verifier struct {
	secrets   []string
	tolerance time.Duration
	now       func() time.Time
}

// NewVerifier returns a Verifier that accepts signatures with any of the secrets (several during a
// rotation), at most tolerance before or after now. It returns an error if there is no secret, or
// if CheckSecret refuses one.
func NewVerifier(secrets []string, tolerance time.Duration, now func() time.Time) (*Verifier, error) {
	if len(secrets) == 0 {
		return nil, errors.New("a verifier requires at least one client secret")
	}
	for i, secret := range secrets {
		if err := CheckSecret(secret); err != nil {
			return nil, fmt.Errorf("client secret %d of %d: %w", i+1, len(secrets), err)
		}
	}
	if tolerance <= 0 {
		return nil, fmt.Errorf("the tolerance of a verifier must be positive, not %s", tolerance)
	}
	return &Verifier{secrets: append([]string(nil), secrets...), tolerance: tolerance, now: now}, nil
}

// Verify checks the two headers against the received body and returns the verified bytes: the body
// itself or, since Port's own agent signs compact JSON and then sends it with spaces, its compact
// form. Callers must parse only those bytes. The error is a Rejection.
func (v *Verifier) Verify(signature, timestamp string, body []byte) ([]byte, error) {
	signatures, signedAt, err := parseHeaders(signature, timestamp)
	if err != nil {
		return nil, err
	}
	verified, ok := v.match(signatures, timestamp, body)
	if !ok {
		return nil, RejectedWrong
	}
	if v.now().Sub(signedAt).Abs() > v.tolerance {
		return nil, RejectedStale
	}
	return verified, nil
}

// CheckHeaders checks the two headers without the body, so that the body of an invalid delivery
// need not be read. The error is a Rejection.
func (v *Verifier) CheckHeaders(signature, timestamp string) error {
	_, _, err := parseHeaders(signature, timestamp)
	return err
}

func parseHeaders(signature, timestamp string) (signatures [][]byte, signedAt time.Time, err error) {
	if signature == "" || timestamp == "" {
		return nil, time.Time{}, RejectedMissing
	}
	if signedAt, err = parseTimestamp(timestamp); err != nil {
		return nil, time.Time{}, RejectedMalformed
	}
	if signatures = parseSignatures(signature); len(signatures) == 0 {
		return nil, time.Time{}, RejectedMalformed
	}
	return signatures, signedAt, nil
}

// match returns the form of the body that one of the signatures matches.
func (v *Verifier) match(signatures [][]byte, timestamp string, body []byte) ([]byte, bool) {
	if v.signed(signatures, timestamp, body) {
		return body, true
	}
	var compact bytes.Buffer
	if json.Compact(&compact, body) != nil || compact.Len() == len(body) {
		return nil, false
	}
	return compact.Bytes(), v.signed(signatures, timestamp, compact.Bytes())
}

// signed reports whether any secret yields any of the signatures.
func (v *Verifier) signed(signatures [][]byte, timestamp string, body []byte) bool {
	for _, secret := range v.secrets {
		want := digest(secret, timestamp, body)
		for _, signature := range signatures {
			if hmac.Equal(signature, want) {
				return true
			}
		}
	}
	return false
}

// parseSignatures returns the well-formed v1 signatures of a header. It skips others: Port may add
// a second scheme.
func parseSignatures(header string) [][]byte {
	var signatures [][]byte
	for field := range strings.FieldsSeq(header) {
		text, found := strings.CutPrefix(field, signatureVersion+",")
		if !found {
			continue
		}
		// The length is checked because the decoder skips line breaks even in strict mode.
		if len(text) != base64.StdEncoding.EncodedLen(sha256.Size) {
			continue
		}
		signature, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(signature) != sha256.Size {
			continue
		}
		signatures = append(signatures, signature)
	}
	return signatures
}

// parseTimestamp parses the timestamp header, which has only digits: milliseconds if it is 1e11 or
// more (as seconds that would be the year 5138), otherwise seconds.
func parseTimestamp(text string) (time.Time, error) {
	const smallestMilliseconds = 100_000_000_000
	value, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading %s: %w", TimestampHeader, err)
	}
	if value >= smallestMilliseconds {
		return time.UnixMilli(int64(value)), nil
	}
	return time.Unix(int64(value), 0), nil
}
