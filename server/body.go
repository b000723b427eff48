package server

import (
	"errors"
	"io"
	"net/http"
	"path"
	"slices"

	"golang.org/x/sync/semaphore"
)

// The bounds of a request's body, in bytes.
const (
	// MaxBody is for every route that is not named here.
	MaxBody = 4 << 20
	// MaxCall is for execute. The largest request that the API takes is a broadcast's
	// trigger of 25 MB; what the call adds to it has the rest.
	MaxCall = 26 << 20
	// MaxBodies is for all bodies at once. A body is in memory several times while its
	// call is checked and sent, so it is room for the largest one and some small ones.
	MaxBodies = 32 << 20
	// SmallBody is what every body has besides: so long as others fill MaxBodies, a
	// search still comes through, and a thousand of them have no more than 64 MB. It is
	// all that the routes have that ask for no token: without one nobody can fill MaxBodies.
	SmallBody = 64 << 10
	// maxUnread is how much of a refused body is read all the same: most clients write
	// all of theirs before they read, and would find a broken connection instead of
	// the answer.
	maxUnread = 64 << 20
)

// errCrowded says that other bodies fill the memory there is for them.
var errCrowded = errors.New("other requests fill the memory for bodies")

// mostOf is the largest body that a path takes.
func mostOf(target string) int64 {
	if call, _ := path.Match("/api/v1/integrations/connectors/*/execute", target); call {
		return MaxCall
	}
	if slices.Contains(open, target) {
		return SmallBody
	}
	return MaxBody
}

// body is a request's body that counts against what all have together. It counts what
// came and not what was announced: who announces much and sends nothing keeps nobody
// out. It counts until the call is over, since the call keeps what it read.
type body struct {
	io.ReadCloser
	all  io.Reader // without a bound
	room *semaphore.Weighted
	read int64 // in all
	held int64 // of room
}

func bounded(w http.ResponseWriter, r *http.Request, room *semaphore.Weighted) *body {
	return &body{ReadCloser: http.MaxBytesReader(w, r.Body, mostOf(r.URL.Path)), all: r.Body, room: room}
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		b.release()
		throwAway(b.all)
		return n, err
	}
	more := max(0, b.read-SmallBody) - b.held
	if !b.room.TryAcquire(more) {
		b.release() // at once, so that of many large ones some come through
		throwAway(b.all)
		return 0, errCrowded
	}
	b.held += more
	return n, err
}

func throwAway(rest io.Reader) { _, _ = io.CopyN(io.Discard, rest, maxUnread) }

// refuseBody reads what a client is about to write in vain, unless it is too much, or
// the client waits to be told that it may.
func refuseBody(r *http.Request) {
	if r.ContentLength <= maxUnread && r.Header.Get("Expect") == "" {
		throwAway(r.Body)
	}
}

func (b *body) release() {
	b.room.Release(b.held)
	b.held = 0
}
