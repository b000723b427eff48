package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// tokens are the secrets that open the door: the token itself, and those that were
// issued for it and expire. An issued one carries its expiry and a seal, so nothing
// is remembered, none can be made to overflow anything, and a restart keeps them.
type tokens struct {
	secret []byte // nil: everything opens
	key    []byte // of the seal
	now    func() time.Time
	random io.Reader
}

// How long issued tokens are good: as the hosted service says, and a minute more for
// a clock that differs.
const (
	accessLife = 15 * time.Minute
	scopedLife = 20 * time.Minute
	grace      = time.Minute
)

func newTokens(secret string, now func() time.Time, random io.Reader) (tokens, error) {
	t := tokens{now: now, random: random}
	if secret != "" {
		t.secret = []byte(secret)
		t.key = seal([]byte(secret), []byte("ciomirror access token"))
		return t, nil
	}
	t.key = make([]byte, sha256.Size)
	if _, err := io.ReadFull(random, t.key); err != nil {
		return t, fmt.Errorf("read randomness: %w", err)
	}
	return t, nil
}

func seal(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	return h.Sum(nil)
}

// same compares without telling by its time how much is right, nor how long it is.
func same(a, b []byte) bool {
	x, y := sha256.Sum256(a), sha256.Sum256(b)
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// isSecret reports whether what a caller shows is the token itself.
func (t tokens) isSecret(shown string) bool { return t.secret == nil || same([]byte(shown), t.secret) }

const headLen = 8 + 16 // expiry in Unix seconds, then randomness

// issue makes a token that is good for a while.
func (t tokens) issue(life time.Duration) (string, error) {
	head := make([]byte, headLen)
	binary.BigEndian.PutUint64(head, uint64(t.now().Add(life+grace).Unix()))
	if _, err := io.ReadFull(t.random, head[8:]); err != nil {
		return "", fmt.Errorf("issue a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(head, seal(t.key, head)...)), nil
}

// opens reports whether a caller who shows this may come in.
func (t tokens) opens(shown string) bool {
	if t.isSecret(shown) {
		return true
	}
	b, err := base64.RawURLEncoding.DecodeString(shown)
	if err != nil || len(b) != headLen+sha256.Size {
		return false
	}
	head, sealed := b[:headLen], b[headLen:]
	return hmac.Equal(seal(t.key, head), sealed) && t.now().Unix() < int64(binary.BigEndian.Uint64(head))
}
