package mcp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

// tickets prove that a request was shown before it is sent: a ticket is for exactly
// one request, once, and for a short while.
type tickets struct {
	secret []byte
	now    func() time.Time

	mu     sync.Mutex
	number uint64
	used   map[uint64]time.Time // with their ends; older ones are forgotten
}

// valid is how long a ticket is good: a person reads the request meanwhile.
const valid = 10 * time.Minute

const ticketHead = 8 + 8 // number, end in Unix milliseconds

// issue makes a ticket for a request.
func (t *tickets) issue(request []byte) (ticket string, end time.Time) {
	t.mu.Lock()
	t.number++
	number := t.number
	t.mu.Unlock()
	end = t.now().Add(valid).Truncate(time.Millisecond)
	head := binary.BigEndian.AppendUint64(nil, number)
	head = binary.BigEndian.AppendUint64(head, uint64(end.UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(head, t.seal(head, request)...)), end
}

func (t *tickets) seal(head, request []byte) []byte {
	h := hmac.New(sha256.New, t.secret)
	h.Write(head)
	h.Write(request)
	return h.Sum(nil)
}

// good reports whether a ticket is for this request, and still to be used.
func (t *tickets) good(ticket string, request []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _, ok := t.read(ticket, request)
	return ok
}

// use makes a ticket worthless and reports whether it was good.
func (t *tickets) use(ticket string, request []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	number, end, ok := t.read(ticket, request)
	if !ok {
		return false
	}
	for n, e := range t.used {
		if !t.now().Before(e) {
			delete(t.used, n)
		}
	}
	if t.used == nil {
		t.used = map[uint64]time.Time{}
	}
	t.used[number] = end
	return true
}

// read opens a ticket. The caller holds the lock.
func (t *tickets) read(ticket string, request []byte) (number uint64, end time.Time, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil || len(b) != ticketHead+sha256.Size || !hmac.Equal(b[ticketHead:], t.seal(b[:ticketHead], request)) {
		return 0, end, false
	}
	number, end = binary.BigEndian.Uint64(b), time.UnixMilli(int64(binary.BigEndian.Uint64(b[8:])))
	_, used := t.used[number]
	return number, end, !used && t.now().Before(end)
}
