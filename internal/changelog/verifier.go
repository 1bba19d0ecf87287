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

// DefaultTolerance is how far the clocks of Port and of the receiver may be
// apart, both ways, before a delivery counts as stale.
const DefaultTolerance = 5 * time.Minute

// Rejection is why a delivery does not verify. The set is closed, so that it can
// label a metric; the sender is told one and the same text for all of them.
type Rejection string

// The reasons for which a delivery is rejected.
const (
	// RejectedMissing says that the signature or the timestamp header is absent.
	RejectedMissing Rejection = "missing"
	// RejectedMalformed says that the timestamp is not an integer, or that no
	// signature has the form "v1,<base64 of 32 bytes>".
	RejectedMalformed Rejection = "malformed"
	// RejectedWrong says that no signature matches the body under any secret.
	RejectedWrong Rejection = "wrong"
	// RejectedStale says that the signature is right, but older, or further in
	// the future, than the tolerance allows.
	RejectedStale Rejection = "stale"
)

// Error makes a Rejection an error; errors.As recovers the reason.
func (r Rejection) Error() string {
	return "the signature or the timestamp is " + string(r)
}

// Verifier decides whether a delivery was signed with one of several client
// secrets, and recently. It is safe for concurrent use.
type Verifier struct {
	secrets   []string
	tolerance time.Duration
	now       func() time.Time
}

// NewVerifier returns a Verifier that accepts what any of the secrets signed (several of them while
// one is being rotated), at most tolerance before or after now. It refuses to exist without a
// secret, or with one that CheckSecret refuses.
func NewVerifier(secrets []string, tolerance time.Duration, now func() time.Time) (*Verifier, error) {
	if len(secrets) == 0 {
		return nil, errors.New("a verifier needs at least one client secret")
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

// Verify checks the text of the two headers against the body as it was received
// and returns the bytes that verified: the body itself or, since Port's own agent
// signs the compact JSON and then sends it with spaces, its compact form. Parse
// those bytes and no others. The error is a Rejection.
func (v *Verifier) Verify(signature, timestamp string, body []byte) ([]byte, error) {
	offered, signedAt, err := parseHeaders(signature, timestamp)
	if err != nil {
		return nil, err
	}
	verified, ok := v.match(offered, timestamp, body)
	if !ok {
		return nil, RejectedWrong
	}
	if v.now().Sub(signedAt).Abs() > v.tolerance {
		return nil, RejectedStale
	}
	return verified, nil
}

// CheckHeaders says what is wrong with the two headers whatever the body is, so that
// a body that cannot verify need not be read. The error is a Rejection.
func (v *Verifier) CheckHeaders(signature, timestamp string) error {
	_, _, err := parseHeaders(signature, timestamp)
	return err
}

func parseHeaders(signature, timestamp string) (offered [][]byte, signedAt time.Time, err error) {
	if signature == "" || timestamp == "" {
		return nil, time.Time{}, RejectedMissing
	}
	if signedAt, err = parseTimestamp(timestamp); err != nil {
		return nil, time.Time{}, RejectedMalformed
	}
	if offered = parseSignatures(signature); len(offered) == 0 {
		return nil, time.Time{}, RejectedMalformed
	}
	return offered, signedAt, nil
}

// match returns the form of the body that one of the offered signatures signs.
func (v *Verifier) match(offered [][]byte, timestamp string, body []byte) ([]byte, bool) {
	if v.signed(offered, timestamp, body) {
		return body, true
	}
	var compact bytes.Buffer
	if json.Compact(&compact, body) != nil || compact.Len() == len(body) {
		return nil, false
	}
	return compact.Bytes(), v.signed(offered, timestamp, compact.Bytes())
}

// signed reports whether any secret yields any of the offered signatures.
func (v *Verifier) signed(offered [][]byte, timestamp string, body []byte) bool {
	for _, secret := range v.secrets {
		want := digest(secret, timestamp, body)
		for _, signature := range offered {
			if hmac.Equal(signature, want) {
				return true
			}
		}
	}
	return false
}

// parseSignatures returns the well-formed v1 signatures of a header. Others are
// passed over: a future Port may send a second scheme beside the first.
func parseSignatures(header string) [][]byte {
	var signatures [][]byte
	for field := range strings.FieldsSeq(header) {
		text, found := strings.CutPrefix(field, signatureVersion+",")
		if !found {
			continue
		}
		// The length is checked because the decoder passes over line breaks even when it is strict.
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

// parseTimestamp reads the timestamp header: digits alone, milliseconds from
// 1e11 on (in seconds that would be the year 5138), seconds below.
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
