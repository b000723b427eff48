package cio

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

var errTooLarge = errors.New("too large")

// source is the body of an answer, read once. It stops at a limit, drops a byte
// order mark, and remembers what is needed to say what went wrong: how the body
// began, and whether it was the connection that broke.
type source struct {
	r     *bufio.Reader
	limit int64
	size  int64
	head  []byte // the beginning, at most maxText bytes
	err   error  // of the connection; nil at a proper end
}

func newSource(r io.Reader, limit int64) *source {
	return &source{r: bufio.NewReader(r), limit: limit}
}

// Read reads on. An error of the connection comes again at every further call.
func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.size == 0 {
		// What Peek cannot read, Read will say.
		if mark, _ := s.r.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
			_, _ = s.r.Discard(len(mark))
		}
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.limit-s.size+1)])
	s.size += int64(n)
	if room := maxText - len(s.head); room > 0 {
		s.head = append(s.head, p[:min(n, room)]...)
	}
	if s.size > s.limit {
		n, err = 0, errTooLarge
	}
	if err != nil && err != io.EOF { // a wrapped EOF is a broken body, not its end
		s.err = err
	}
	return n, err
}

// fault tells apart why reading failed: the connection broke, or what came is no
// JSON. In the second case it says what came instead.
func (s *source) fault(err error) error {
	if s.err != nil {
		return s.err
	}
	var own *bodyFault
	if errors.As(err, &own) {
		return err
	}
	f := &bodyFault{broken: true}
	head := bytes.TrimSpace(s.head)
	switch {
	case len(head) == 0:
		f.msg = "the answer is empty"
	case head[0] == '<':
		f.msg = "the answer is a web page: " + quote(string(head), maxText)
	case head[0] != '{' && head[0] != '[':
		f.msg = "the answer is no JSON: " + quote(string(head), maxText)
	default:
		// The decoder's own text may quote a record, and with it people's data.
		f.msg = "the answer is broken JSON, in the first " + strconv.FormatInt(s.size, 10) + " bytes"
	}
	return f
}

const byteOrderMark = "\xef\xbb\xbf"

func trimBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte(byteOrderMark)) }
