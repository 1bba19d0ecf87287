package emulator

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

// tokens issues and checks access tokens. They are JSON Web Tokens, as Port's are, so no state is
// needed.
type tokens struct {
	options Options
	key     []byte
}

func newTokens(options Options) tokens {
	return tokens{options: options, key: []byte(rand.Text())}
}

// claims are the claims of a token. In addition to exp, which has whole seconds, there are
// milliseconds, so that short lifetimes are exact.
type claims struct {
	Subject      string `json:"sub"`
	Organization string `json:"orgId"`
	Issued       int64  `json:"iat"`
	Expires      int64  `json:"exp"`
	ExpiresMilli int64  `json:"expMs"`
	ID           string `json:"jti"`
	// Chain is the number of automations that led to the request, if Port added the token itself.
	Chain int `json:"chain,omitempty"`
}

// createToken is POST /v1/auth/access_token.
func (e *Emulator) createToken(c *call) (int, *document.Object, error) {
	body, err := c.body(shape.Authentication)
	if err != nil {
		return 0, nil, err
	}
	if !e.tokens.accepts(body.Text("clientId"), body.Text("clientSecret")) {
		return 0, nil, unauthorized("invalid_credentials", "The client id or the client secret is wrong")
	}
	token, err := e.tokens.issue(0)
	if err != nil {
		return 0, nil, err
	}
	lifetime := int64(e.options.TokenTTL / time.Second)
	return http.StatusOK, success().
		With("accessToken", token).
		With("expiresIn", json.Number(strconv.FormatInt(lifetime, 10))).
		With("tokenType", "Bearer"), nil
}

func unauthorized(code, message string) *failure {
	return &failure{status: http.StatusUnauthorized, code: code, message: message}
}

func (t tokens) accepts(id, secret string) bool {
	sameID := subtle.ConstantTimeCompare([]byte(id), []byte(t.options.ClientID))
	sameSecret := subtle.ConstantTimeCompare([]byte(secret), []byte(t.options.ClientSecret))
	return sameID&sameSecret == 1
}

// issue returns a new token.
func (t tokens) issue(chain int) (string, error) {
	now := t.options.Now()
	expires := now.Add(t.options.TokenTTL)
	payload, err := json.Marshal(claims{
		Subject: t.options.ClientID, Organization: t.options.OrganizationID,
		Issued: now.Unix(), Expires: expires.Unix(), ExpiresMilli: expires.UnixMilli(), ID: rand.Text(), Chain: chain,
	})
	if err != nil {
		return "", err
	}
	unsigned := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(payload)
	return unsigned + "." + encode(t.sign(unsigned)), nil
}

func (t tokens) sign(unsigned string) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(unsigned))
	return mac.Sum(nil)
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// check validates the token in the value of an Authorization header and returns its claims.
func (t tokens) check(header string) (claims, error) {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return claims{}, unauthorized("unauthorized", "The Authorization header must contain a bearer token")
	}
	read, ok := t.read(token)
	if !ok {
		return claims{}, unauthorized("invalid_token", "The access token is not valid")
	}
	if t.options.Now().UnixMilli() >= read.ExpiresMilli {
		return claims{}, unauthorized("token_expired", "The access token has expired")
	}
	return read, nil
}

// read returns the claims of a token if its signature is valid.
func (t tokens) read(token string) (claims, bool) {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return claims{}, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil || !hmac.Equal(signature, t.sign(token[:dot])) {
		return claims{}, false
	}
	_, payload, _ := strings.Cut(token[:dot], ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return claims{}, false
	}
	var read claims
	err = json.Unmarshal(raw, &read)
	return read, err == nil
}
