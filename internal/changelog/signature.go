package changelog

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// The headers with the signature of a delivery.
const (
	// SignatureHeader contains one or more space-separated signatures of the form "v1,<base64>".
	SignatureHeader = "x-port-signature"
	// TimestampHeader contains the time of signing as an integer, in milliseconds or seconds since
	// the epoch. The signature covers its text.
	TimestampHeader = "x-port-timestamp"
)

// signatureVersion is Port's only scheme: HMAC-SHA256 over the timestamp, a dot and the body.
const signatureVersion = "v1"

// Sign returns the value of SignatureHeader for a body that is sent with the given TimestampHeader
// text, keyed with the client secret of the organization.
func Sign(secret, timestamp string, body []byte) string {
	return signatureVersion + "," + base64.StdEncoding.EncodeToString(digest(secret, timestamp, body))
}

// digest computes the HMAC over the exact text and bytes of the delivery.
func digest(secret, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return mac.Sum(nil)
}
