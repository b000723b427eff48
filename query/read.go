package query

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
)

// node is one JSON value of a request, with all its parts.
type node struct {
	kind    catalog.Kind // 0 for null
	text    string       // of a string, a number (canonical) or a boolean
	raw     []byte       // of an array or object, as it was written
	members []member     // of an object, in the order of the document
	nodes   []node       // of an array
}

// value is the node as an operand.
func (n node) value() Value {
	if n.raw == nil {
		return Value{Kind: n.kind, Text: n.text}
	}
	text, _ := canon.JSON(n.raw) // it was read without an error before
	return Value{Kind: n.kind, Text: string(text)}
}

type member struct {
	name string
	node
}

// get finds a member.
func (n node) get(name string) (node, bool) {
	for _, m := range n.members {
		if m.name == name {
			return m.node, true
		}
	}
	return node{}, false
}

// read takes the params apart. A name given twice is refused: it would silently
// take a condition away.
func read(params []byte) (node, error) {
	if len(params) > MaxParams {
		return node{}, fault(TooLarge, "", "the params have %d bytes; at most %d are read", len(params), MaxParams).
			show("split the request:", exampleOf("in"))
	}
	r := reader{src: params, dec: jsontext.NewDecoder(bytes.NewReader(params))}
	n, err := r.value(0)
	if err == nil {
		if _, more := r.dec.ReadToken(); more == nil {
			err = errors.New("there is something after the JSON value")
		} else if !errors.Is(more, io.EOF) {
			err = more
		}
	}
	if err == nil {
		return n, nil
	}
	if f, ok := errors.AsType[*Error](err); ok {
		return node{}, f
	}
	return node{}, syntaxFault(params, err)
}

// LooksLikePython reports words and quotes that Python prints and JSON does not know.
func LooksLikePython(params []byte) bool {
	return regexp.MustCompile(`(^|[\s:,\[{])('|True\b|False\b|None\b)`).Match(params)
}

func syntaxFault(params []byte, err error) *Error {
	at := ""
	detail := err.Error()
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at = string(s.JSONPointer)
		if rest := strings.TrimPrefix(at, "/query"); strings.HasPrefix(rest, "/filter") || strings.HasPrefix(rest, "/sort") {
			at = rest
		}
		if s.Err != nil {
			detail = s.Err.Error()
		}
		if errors.Is(s.Err, jsontext.ErrDuplicateName) {
			return fault(InvalidFilter, at, "the name %q is given twice in one object", s.JSONPointer.LastToken()).
				show("join conditions with and:", exampleOf("and"))
		}
	}
	f := fault(InvalidFilter, at, "the params are no JSON: %s", detail)
	if LooksLikePython(params) {
		return f.show(`this looks like Python: JSON writes true, false, null and "double quotes":`, exampleQuery)
	}
	return f.show("check quotes, commas and braces:", exampleQuery)
}

type reader struct {
	src []byte
	dec *jsontext.Decoder
}

func (r *reader) value(depth int) (node, error) {
	if depth > canon.MaxDepth {
		return node{}, fault(TooLarge, "", "the params nest more than %d deep", canon.MaxDepth).
			show("nothing is so deep:", exampleQuery)
	}
	tok, err := r.dec.ReadToken()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("they are empty or end too early")
		}
		return node{}, err
	}
	start := r.dec.InputOffset() - 1
	var n node
	switch tok.Kind() {
	case 'n':
		return n, nil
	case 't', 'f':
		n.kind, n.text = catalog.Boolean, tok.String()
		return n, nil
	case '"':
		n.kind, n.text = catalog.String, tok.String()
		return n, nil
	case '0':
		text, err := canon.Number(tok.String())
		n.kind, n.text = numberKind(text), text
		return n, err
	case '[':
		n.kind = catalog.Array
		for r.dec.PeekKind() != ']' {
			v, err := r.value(depth + 1)
			if err != nil {
				return node{}, err
			}
			n.nodes = append(n.nodes, v)
		}
	case '{':
		n.kind = catalog.Object
		for r.dec.PeekKind() != '}' {
			name, err := r.dec.ReadToken()
			if err != nil {
				return node{}, err
			}
			m := member{name: name.String()}
			if m.node, err = r.value(depth + 1); err != nil {
				return node{}, err
			}
			n.members = append(n.members, m)
		}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return node{}, err
	}
	n.raw = r.src[start:r.dec.InputOffset()]
	return n, nil
}
