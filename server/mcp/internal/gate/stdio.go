package gate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// Stdio serves one client over lines of JSON, until the client closes its end or the
// context ends. Both are good ends. What was asked before the client closed its end is
// answered first.
func Stdio(ctx context.Context, s *sdk.Server, in io.Reader, out io.Writer) error {
	err := s.Run(ctx, &pipes{in, out})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// pipes are how a client is reached that started this program. The library has a
// transport for them too, but that one ends with the first line that is no message,
// and the end of the input takes the answers under way with it.
type pipes struct {
	in  io.Reader
	out io.Writer
}

// Connect implements sdk.Transport.
func (p *pipes) Connect(context.Context) (sdk.Connection, error) {
	t := &talk{
		out: p.out, lines: make(chan []byte), closed: make(chan struct{}), changed: make(chan struct{}, 1),
		asked: map[jsonrpc.ID]bool{}, asking: map[jsonrpc.ID]bool{},
	}
	// A read of a pipe cannot be interrupted: the goroutine ends with its next line, or
	// with the program.
	go t.listen(p.in)
	return t, nil
}

// talk is the conversation with one client.
type talk struct {
	lines  chan []byte // what the client says; closed at the end of it
	end    error       // why it ended, to be read when lines is closed
	batch  []json.RawMessage
	closed chan struct{}
	once   sync.Once

	writing sync.Mutex // held for one line to out
	out     io.Writer

	mu     sync.Mutex
	asked  map[jsonrpc.ID]bool // by the client, and not answered yet
	asking map[jsonrpc.ID]bool // of the client, which has not answered yet
	// changed wakes who waits for asked or asking to change.
	changed chan struct{}
}

// longest is the most bytes of a line: what is longer was not meant for this program.
const longest = sdk.DefaultMaxLineLength

func (t *talk) listen(in io.Reader) {
	defer close(t.lines)
	r := bufio.NewReader(in)
	for {
		line, err := readLine(r)
		if len(bytes.TrimSpace(line)) > 0 {
			select {
			case t.lines <- line:
			case <-t.closed:
				return
			}
		}
		if err != nil {
			t.end = err
			return
		}
	}
}

// readLine reads a line of any length and keeps one byte more of it than the longest
// may have.
func readLine(r *bufio.Reader) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part[:min(len(part), longest+1-len(line))]...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// Read implements sdk.Connection. A line that is no message is answered here, and the
// next one is read.
func (t *talk) Read(ctx context.Context) (jsonrpc.Message, error) {
	for {
		for len(t.batch) > 0 {
			text := t.batch[0]
			t.batch = t.batch[1:]
			msg, err := jsonrpc.DecodeMessage(text)
			if err == nil {
				t.heard(msg)
				return msg, nil
			}
			if err := t.refuse(jsonrpc.CodeInvalidRequest, noMessage); err != nil {
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-t.closed:
			return nil, io.EOF
		case line, more := <-t.lines:
			if !more {
				return t.rest(ctx)
			}
			if err := t.open(line); err != nil {
				return nil, err
			}
		}
	}
}

const noMessage = `this is no JSON-RPC 2.0 message: it needs "jsonrpc":"2.0", a method and, to be answered, an id that is a text or a whole number`

// open makes a batch of a line. The revision 2025-03-26 lets clients send several
// messages as one array; each is answered in a line of its own, since nobody has to
// wait for the slowest.
func (t *talk) open(line []byte) error {
	switch {
	case len(line) > longest:
		return t.refuse(jsonrpc.CodeInvalidRequest, fmt.Sprintf("the line has more than %d bytes", longest))
	case !json.Valid(line):
		return t.refuse(jsonrpc.CodeParseError, "the line is no JSON: send one JSON-RPC message a line")
	case bytes.TrimSpace(line)[0] != '[':
		t.batch = []json.RawMessage{line}
		return nil
	}
	var batch []json.RawMessage // a new one: what was read of the last may still be in use
	if err := json.Unmarshal(line, &batch); err != nil || len(batch) == 0 {
		return t.refuse(jsonrpc.CodeInvalidRequest, "the array has no message in it")
	}
	t.batch = batch
	return nil
}

// refuse answers what is no message. Whose answer it is cannot be told: its id is null.
func (t *talk) refuse(code int64, text string) error {
	answer, err := json.Marshal(struct { // the library leaves out an id that is null
		Version string        `json:"jsonrpc"`
		ID      *string       `json:"id"`
		Error   jsonrpc.Error `json:"error"`
	}{"2.0", nil, jsonrpc.Error{Code: code, Message: text}})
	if err != nil {
		return err
	}
	return t.say(answer)
}

// unending is a request that is answered when the conversation is over.
const unending = "subscriptions/listen"

// heard notes what the client asked or answered.
func (t *talk) heard(msg jsonrpc.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch msg := msg.(type) {
	case *jsonrpc.Request:
		if msg.IsCall() && msg.Method != unending {
			t.asked[msg.ID] = true
		}
	case *jsonrpc.Response:
		delete(t.asking, msg.ID)
	}
}

// rest is what there is to read when the client has closed its end: an answer of ours
// to whatever it is asked, since it gives none any more, and the end when it has its
// own answers. Those come by themselves: each tool has a time limit.
func (t *talk) rest(ctx context.Context) (jsonrpc.Message, error) {
	for {
		id, done := t.left()
		switch {
		case id.IsValid():
			return &jsonrpc.Response{ID: id, Error: &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "the client closed its end and cannot be asked"}}, nil
		case done:
			return nil, t.end
		}
		select {
		case <-t.changed:
		case <-t.closed:
			return nil, io.EOF
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// left takes a question that the client will not answer, and reports whether the
// client has its answers.
func (t *talk) left() (question jsonrpc.ID, done bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id := range t.asking {
		delete(t.asking, id)
		return id, false
	}
	return jsonrpc.ID{}, len(t.asked) == 0
}

// Write implements sdk.Connection. An answer counts as given even when it cannot be
// written: nobody will get it any more.
func (t *talk) Write(_ context.Context, msg jsonrpc.Message) error {
	switch msg := msg.(type) {
	case *jsonrpc.Request:
		if msg.IsCall() {
			t.note(func() { t.asking[msg.ID] = true }) // before an answer can come
		}
	case *jsonrpc.Response:
		msg.Error = plain(msg.Error)
		defer t.note(func() { delete(t.asked, msg.ID) }) // not before the answer is out
	}
	text, err := jsonrpc.EncodeMessage(msg)
	if err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	return t.say(text)
}

// plain is an error without the names that the library has for what it could not read.
func plain(err error) error {
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams,
			Message: `params has to be an object as the protocol has it for this method: for tools/call, "name" is a text and "arguments" an object`}
	}
	return err
}

// note changes asked or asking.
func (t *talk) note(change func()) {
	t.mu.Lock()
	change()
	t.mu.Unlock()
	select {
	case t.changed <- struct{}{}:
	default: // a change is told already
	}
}

// say writes one line.
func (t *talk) say(text []byte) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	_, err := t.out.Write(append(text, '\n'))
	return err
}

// Close implements sdk.Connection. The streams are the program's, and stay open.
func (t *talk) Close() error {
	t.once.Do(func() { close(t.closed) })
	return nil
}

// SessionID implements sdk.Connection: a program has one client and no sessions.
func (t *talk) SessionID() string { return "" }
