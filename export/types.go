package export

import (
	"encoding/json"
	"math"
)

// seen is what the values of one column were.
type seen struct {
	texts, integers, numbers, booleans, bytes, json bool
	least, most                                     int64 // of the integers
}

func (s *seen) add(v any) {
	switch v := v.(type) {
	case string:
		s.texts = true
	case int64:
		if !s.integers {
			s.least, s.most = v, v
		}
		s.integers, s.least, s.most = true, min(s.least, v), max(s.most, v)
	case float64:
		s.numbers = true
	case bool:
		s.booleans = true
	case []byte:
		s.bytes = true
	case json.RawMessage:
		s.json = true
	}
}

// exact is the largest integer up to which float64 has them all.
const exact = 1 << 53

// only reports whether the column held nothing but the given.
func (s seen) only(of seen) bool {
	return (of.texts || !s.texts) && (of.integers || !s.integers) && (of.numbers || !s.numbers) &&
		(of.booleans || !s.booleans) && (of.bytes || !s.bytes) && (of.json || !s.json)
}

// fits reports whether a column of the type holds all the values exactly.
func (s seen) fits(t Type) bool {
	switch t {
	case Integer:
		return s.only(seen{integers: true})
	case Number:
		return s.only(seen{integers: true, numbers: true}) && (!s.integers || s.least >= -exact && s.most <= exact)
	case Boolean:
		return s.only(seen{booleans: true})
	case Time:
		return s.only(seen{integers: true}) && s.least >= math.MinInt64/1000 && s.most <= math.MaxInt64/1000
	case Bytes:
		return s.only(seen{bytes: true})
	}
	return true // as text, or as JSON
}

// settle is the type of a column whose values were seen: the one that was promised
// if they fit it, or else text; the narrowest that they fit if none was promised.
func (s seen) settle(promised Type) (t Type, widened bool) {
	if promised != 0 {
		if s.fits(promised) {
			return promised, false
		}
		return Text, true
	}
	if s == (seen{}) {
		return Text, false
	}
	for _, t := range []Type{Boolean, Integer, Number, Bytes} {
		if s.fits(t) {
			return t, false
		}
	}
	if s.only(seen{json: true}) {
		return JSON, false
	}
	return Text, false
}
