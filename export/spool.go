package export

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
)

// spool sets rows aside in a file, for a format that must know all of them before it
// writes the first. Of a value it has a letter for the type and then the value.
type spool struct {
	file       *os.File
	out        *bufio.Writer
	b          []byte
	size, most int64 // bytes; most is 0 where there is no bound
}

// ErrTooLarge says that the rows need more room than Options.MostScratch.
var ErrTooLarge = errors.New("the rows are too large to be set aside")

func newSpool(folder string, most int64) (*spool, error) {
	file, err := os.CreateTemp(folder, ".ciomirror-*.part")
	if err != nil {
		return nil, fmt.Errorf("set rows aside: %w", err)
	}
	// Where the system allows it the file has no name from now on, so that nothing is
	// left of it however we end.
	_ = os.Remove(file.Name())
	return &spool{file: file, out: bufio.NewWriterSize(file, 1<<16), most: most}, nil
}

func (s *spool) drop() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}

// The letters.
const (
	isNull, isTrue, isFalse           = 'n', 't', 'f'
	isInteger, isNumeric              = 'i', 'x'
	isString, isByteString, isRawJSON = 's', 'b', 'j'
)

func (s *spool) write(values []any) error {
	b := s.b[:0]
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			b = append(b, isNull)
		case bool:
			if v {
				b = append(b, isTrue)
			} else {
				b = append(b, isFalse)
			}
		case int64:
			b = binary.AppendVarint(append(b, isInteger), v)
		case float64:
			b = binary.LittleEndian.AppendUint64(append(b, isNumeric), math.Float64bits(v))
		case string:
			b = append(binary.AppendUvarint(append(b, isString), uint64(len(v))), v...)
		case []byte:
			b = append(binary.AppendUvarint(append(b, isByteString), uint64(len(v))), v...)
		case json.RawMessage:
			b = append(binary.AppendUvarint(append(b, isRawJSON), uint64(len(v))), v...)
		default:
			return fmt.Errorf("set a row aside: %T is no type of a value", v)
		}
	}
	s.b = b
	if s.size += int64(len(b)); s.most > 0 && s.size > s.most {
		return ErrTooLarge
	}
	if _, err := s.out.Write(b); err != nil {
		return fmt.Errorf("set rows aside: %w", err)
	}
	return nil
}

// rows yields what was written, in rows of so many values.
func (s *spool) rows(width int) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		err := s.out.Flush()
		if err == nil {
			_, err = s.file.Seek(0, io.SeekStart)
		}
		in := bufio.NewReaderSize(s.file, 1<<16)
		values := make([]any, width)
		for err == nil {
			if _, err = in.Peek(1); err != nil {
				break
			}
			for i := range values {
				if values[i], err = readValue(in); err != nil {
					break
				}
			}
			if err == nil && !yield(values, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, fmt.Errorf("read the rows set aside: %w", err))
		}
	}
}

func readValue(in *bufio.Reader) (any, error) {
	letter, err := in.ReadByte()
	if err != nil {
		return nil, err
	}
	switch letter {
	case isNull:
		return nil, nil
	case isTrue, isFalse:
		return letter == isTrue, nil
	case isInteger:
		return binary.ReadVarint(in)
	case isNumeric:
		var b [8]byte
		_, err := io.ReadFull(in, b[:])
		return math.Float64frombits(binary.LittleEndian.Uint64(b[:])), err
	}
	n, err := binary.ReadUvarint(in)
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, err
	}
	switch letter {
	case isString:
		return string(b), nil
	case isByteString:
		return b, nil
	default:
		return json.RawMessage(b), nil
	}
}
