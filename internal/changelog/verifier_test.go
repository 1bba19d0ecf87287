package changelog_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
)

const (
	secret     = "a-client-secret-for-tests"
	oldSecret  = "the-secret-before-the-rotation"
	milliTime  = "1781541896288"
	secondTime = "1781541896"
)

// signedAt is the time of milliTime.
func signedAt() time.Time { return time.UnixMilli(1781541896288) }

func verifierAt(t *testing.T, now time.Time) *changelog.Verifier {
	t.Helper()
	verifier, err := changelog.NewVerifier([]string{secret, oldSecret}, changelog.DefaultTolerance, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

// TestSign has values computed by OpenSSL:
//
//	printf '1781541896288.{"a":1}' | openssl dgst -sha256 -hmac SECRET -binary | base64
func TestSign(t *testing.T) {
	t.Parallel()
	const want = "v1,NgVHsyOq/mCOShNmXpTZyob/88IKNIrRXE5PkS9fNsM="
	if got := changelog.Sign(secret, milliTime, []byte(`{"a":1}`)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestVerifyAccepts(t *testing.T) {
	t.Parallel()
	body := `{"a":"<é>"}`
	right := changelog.Sign(secret, milliTime, []byte(body))
	tests := []struct {
		name      string
		signature string
		timestamp string
		received  string
		verified  string
		now       time.Time
	}{
		{name: "a timestamp in milliseconds", signature: right},
		{name: "a timestamp in seconds", timestamp: secondTime, signature: changelog.Sign(secret, secondTime, []byte(body))},
		{name: "the second secret", signature: changelog.Sign(oldSecret, milliTime, []byte(body))},
		{name: "the second of several signatures", signature: changelog.Sign("another secret", milliTime, []byte(body)) + " " + right},
		{name: "among unknown and malformed signatures", signature: "v2,abc v1,abc  " + right + " v1a,x"},
		{name: "the compact form was signed", received: "{ \"a\" :\n\t\"<é>\" }\n", signature: right},
		{name: "signed spaces", received: "{ \"a\" : 1 }", verified: "{ \"a\" : 1 }", signature: changelog.Sign(secret, milliTime, []byte("{ \"a\" : 1 }"))},
		{name: "bytes that are not JSON", received: "\xff\x00", verified: "\xff\x00", signature: changelog.Sign(secret, milliTime, []byte("\xff\x00"))},
		{name: "leading zeros are signed as received", timestamp: "0" + milliTime, signature: changelog.Sign(secret, "0"+milliTime, []byte(body))},
		{name: "just within the past", signature: right, now: signedAt().Add(changelog.DefaultTolerance)},
		{name: "just within the future", signature: right, now: signedAt().Add(-changelog.DefaultTolerance)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			received, timestamp, verified, now := body, milliTime, body, signedAt()
			if test.received != "" {
				received = test.received
			}
			if test.timestamp != "" {
				timestamp = test.timestamp
			}
			if test.verified != "" {
				verified = test.verified
			}
			if !test.now.IsZero() {
				now = test.now
			}
			got, err := verifierAt(t, now).Verify(test.signature, timestamp, []byte(received))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != verified {
				t.Errorf("verified %q, want %q", got, verified)
			}
		})
	}
}

func TestVerifyRejects(t *testing.T) {
	t.Parallel()
	body := []byte(`{"a":1}`)
	right := changelog.Sign(secret, milliTime, body)
	encoded := strings.TrimPrefix(right, "v1,")
	tests := []struct {
		name      string
		signature string
		timestamp string
		body      string
		now       time.Time
		want      changelog.Rejection
	}{
		{"no signature", "", milliTime, "", signedAt(), changelog.RejectedMissing},
		{"no timestamp", right, "", "", signedAt(), changelog.RejectedMissing},
		{"a timestamp that is a date", right, "2026-06-15T16:44:56Z", "", signedAt(), changelog.RejectedMalformed},
		{"a timestamp with a sign", right, "+" + milliTime, "", signedAt(), changelog.RejectedMalformed},
		{"a fractional timestamp", right, "1781541896.288", "", signedAt(), changelog.RejectedMalformed},
		{"a timestamp beyond an int64", right, "99999999999999999999", "", signedAt(), changelog.RejectedMalformed},
		{"no version", encoded, milliTime, "", signedAt(), changelog.RejectedMalformed},
		{"another version", "v2," + encoded, milliTime, "", signedAt(), changelog.RejectedMalformed},
		{"an upper-case version", "V1," + encoded, milliTime, "", signedAt(), changelog.RejectedMalformed},
		{"base64 without padding", strings.TrimSuffix(right, "="), milliTime, "", signedAt(), changelog.RejectedMalformed},
		{"base64 of too few bytes", "v1,AAAA", milliTime, "", signedAt(), changelog.RejectedMalformed},
		{"base64 with leftover bits", "v1," + looseBits(encoded), milliTime, "", signedAt(), changelog.RejectedMalformed},
		{"base64 of the URL alphabet", "v1," + strings.Repeat("_", 43) + "=", milliTime, "", signedAt(), changelog.RejectedMalformed},
		{"another body", right, milliTime, `{"a":2}`, signedAt(), changelog.RejectedWrong},
		{"another timestamp", right, secondTime, "", signedAt(), changelog.RejectedWrong},
		{"another secret", changelog.Sign("not ours", milliTime, body), milliTime, "", signedAt(), changelog.RejectedWrong},
		{"an empty body", right, milliTime, " ", signedAt(), changelog.RejectedWrong},
		{"too old", right, milliTime, "", signedAt().Add(changelog.DefaultTolerance + 1), changelog.RejectedStale},
		{"too far in the future", right, milliTime, "", signedAt().Add(-changelog.DefaultTolerance - 1), changelog.RejectedStale},
		{"in the far future", changelog.Sign(secret, "9223372036854775807", body), "9223372036854775807", "", signedAt(), changelog.RejectedStale},
		{"at the epoch", changelog.Sign(secret, "0", body), "0", "", signedAt(), changelog.RejectedStale},
		{"wrong and old", "v1," + strings.Repeat("A", 43) + "=", "1", "", signedAt(), changelog.RejectedWrong},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			received := body
			if test.body != "" {
				received = []byte(test.body)
			}
			got, err := verifierAt(t, test.now).Verify(test.signature, test.timestamp, received)
			rejection, ok := errors.AsType[changelog.Rejection](err)
			if !ok || rejection != test.want {
				t.Errorf("got %v, want the rejection %q", err, test.want)
			}
			if got != nil {
				t.Errorf("rejected bytes were returned: %q", got)
			}
			clue := map[changelog.Rejection]string{
				changelog.RejectedMissing: "missing", changelog.RejectedMalformed: "malformed", changelog.RejectedWrong: "client secret", changelog.RejectedStale: "clocks",
			}[test.want]
			if !strings.Contains(err.Error(), clue) {
				t.Errorf("the error reads %q, without %q", err, clue)
			}
		})
	}
}

// looseBits changes the unused bits of the last character.
func looseBits(encoded string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	last := strings.IndexByte(alphabet, encoded[42])
	return encoded[:42] + string(alphabet[last|1]) + "="
}

func TestNewVerifierRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		secrets   []string
		tolerance time.Duration
		want      string
		is        error
	}{
		{"no secret", nil, time.Minute, "at least one client secret", nil},
		{"an empty secret", []string{secret, ""}, time.Minute, "client secret 2 of 2", changelog.ErrEmptySecret},
		{"white space", []string{" \n"}, time.Minute, "client secret 1 of 1", changelog.ErrEmptySecret},
		{"a word of a template", []string{"Change-Me"}, time.Minute, "placeholder", changelog.ErrPlaceholderSecret},
		{"an unexpanded variable", []string{"${PORT_CLIENT_SECRET}"}, time.Minute, "placeholder", changelog.ErrPlaceholderSecret},
		{"angle brackets", []string{"<secret>"}, time.Minute, "placeholder", changelog.ErrPlaceholderSecret},
		{"filler", []string{"xxxxxxxx"}, time.Minute, "placeholder", changelog.ErrPlaceholderSecret},
		{"no tolerance", []string{secret}, 0, "tolerance", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := changelog.NewVerifier(test.secrets, test.tolerance, time.Now)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want an error about %q", err, test.want)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v is not %v", err, test.is)
			}
		})
	}
}

func TestCheckSecretAcceptsRealSecrets(t *testing.T) {
	t.Parallel()
	for _, real := range []string{"s", "secret", "demo-secret", "xK9x", "nullable", "äöü", "h7$K<2>q"} {
		if err := changelog.CheckSecret(real); err != nil {
			t.Errorf("%q: %v", real, err)
		}
	}
}

// FuzzVerify checks that every accepted delivery has a signature over exactly the returned bytes.
func FuzzVerify(f *testing.F) {
	f.Add("v1,AAAA", milliTime, []byte(`{"a":1}`))
	f.Add(changelog.Sign(secret, milliTime, []byte(`{"a":1}`)), milliTime, []byte(`{ "a": 1 }`))
	f.Add(" v1, v1", "-1", []byte("\xef\xbb\xbf{}"))
	f.Fuzz(func(t *testing.T, signature, timestamp string, body []byte) {
		verified, err := verifierAt(t, signedAt()).Verify(signature, timestamp, body)
		if err != nil {
			if _, ok := errors.AsType[changelog.Rejection](err); !ok {
				t.Fatalf("%v is not a rejection", err)
			}
			return
		}
		for field := range strings.FieldsSeq(signature) {
			if field == changelog.Sign(secret, timestamp, verified) || field == changelog.Sign(oldSecret, timestamp, verified) {
				return
			}
		}
		t.Fatalf("%q verified without a signature over it", verified)
	})
}
