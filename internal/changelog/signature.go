package changelog

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// The headers that carry the signature of a delivery.
const (
	// SignatureHeader holds one or more space-separated signatures, each of the form "v1,<base64>".
	SignatureHeader = "x-port-signature"
	// TimestampHeader holds the time of signing as an integer, in milliseconds
	// or in seconds since the epoch. Its text is part of what is signed.
	TimestampHeader = "x-port-timestamp"
)

// signatureVersion is the only scheme Port has: HMAC-SHA256 over the timestamp, a dot and the body.
const signatureVersion = "v1"

// Sign returns the value of SignatureHeader for a body that is sent with the
// given TimestampHeader text, keyed with the client secret of the organization.
func Sign(secret, timestamp string, body []byte) string {
	return signatureVersion + "," + base64.StdEncoding.EncodeToString(digest(secret, timestamp, body))
}

// digest computes the HMAC over exactly the text and the bytes that travel.
func digest(secret, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return mac.Sum(nil)
}
