package sim

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
)

// Generated people are numbers from 0 to the size's people-1; a few numbers above
// it are people who were deleted. Nothing about them is stored.
const firstPersonID = 1000

// stranger is a person that a send made: the API creates unknown recipients.
type stranger struct{ id, email, cio string }

// who is a generated person, or a stranger when that is set.
type who struct {
	number int64
	made   *stranger
}

func (s *Sim) deletedPeople() int64 { return int64(s.size.people)/40 + 5 }

func (s *Sim) namesOf(p int64) (first, last personName) {
	r := draw(s.o.Seed, saltPerson, p)
	return pick(&r, firstNames), pick(&r, lastNames)
}

func (s *Sim) appendEmail(b []byte, w who) []byte {
	if w.made != nil {
		return append(b, w.made.email...)
	}
	first, last := s.namesOf(w.number)
	b = append(append(append(b, first.plain...), '.'), last.plain...)
	b = strconv.AppendInt(append(b, '.'), w.number, 10)
	if w.number%9 == 0 {
		return append(b, "@mail.test"...)
	}
	return append(b, "@example.com"...)
}

func (s *Sim) appendPersonID(b []byte, w who) []byte {
	if w.made != nil {
		return append(b, w.made.id...)
	}
	return strconv.AppendInt(b, firstPersonID+w.number, 10)
}

// A cio_id is a fixed prefix and the person's number scrambled by an odd factor,
// so that the number can be found again.
const (
	cioPrefix  = "a3000b"
	cioFactor  = 0x9e3779b1
	cioInverse = 0x0e8b2f51 // cioFactor * cioInverse = 1 modulo 2^32
)

func cioNumber(p int64) uint32 { return uint32(p+1) * cioFactor }

func appendCioID(b []byte, w who) []byte {
	if w.made != nil {
		return append(b, w.made.cio...)
	}
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], cioNumber(w.number))
	return hex.AppendEncode(append(b, cioPrefix...), n[:])
}

func appendPhone(b []byte, p int64) []byte {
	b = append(b, "+1555"...)
	digits := strconv.FormatInt(10_000_000+p%10_000_000, 10)
	return append(b, digits[1:]...)
}

// appendIdentifiers appends the customer_identifiers object, with the noise of the
// real one: a missing e-mail, a numeric id or cio_id now and then.
func (s *Sim) appendIdentifiers(b []byte, w who, noise uint64) []byte {
	b = append(b, `{"id":`...)
	if w.made == nil && noise%53 == 0 {
		b = s.appendPersonID(b, w)
	} else {
		b = append(s.appendPersonID(append(b, '"'), w), '"')
	}
	switch {
	case w.made == nil && noise%31 == 0: // the key is missing
	case w.made != nil && w.made.email == "":
		b = append(b, `,"email":null`...)
	default:
		b = append(s.appendEmail(append(b, `,"email":"`...), w), '"')
	}
	if w.made == nil && noise%41 == 0 {
		b = strconv.AppendUint(append(b, `,"cio_id":`...), uint64(cioNumber(w.number)), 10)
	} else {
		b = append(appendCioID(append(b, `,"cio_id":"`...), w), '"')
	}
	return append(b, '}')
}

// person finds a generated person by one of the identifier kinds id, email, phone
// and cio_id.
func (s *Sim) person(kind, value string) (int64, bool) {
	p := int64(-1)
	parse := func(text string) {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			p = n
		}
	}
	switch kind {
	case "id", "":
		parse(value)
		p -= firstPersonID
	case "email":
		local, _, _ := strings.Cut(value, "@")
		parse(local[strings.LastIndexByte(local, '.')+1:])
		if p >= 0 && string(s.appendEmail(nil, who{number: p})) != strings.ToLower(value) {
			return 0, false
		}
	case "phone":
		parse(strings.TrimPrefix(value, "+1555"))
	case "cio_id":
		value = strings.TrimPrefix(strings.TrimPrefix(value, "cio_"), cioPrefix)
		if n, err := strconv.ParseUint(value, 16, 32); err == nil {
			p = int64(uint32(n)*uint32(cioInverse)) - 1
		}
	}
	return p, p >= 0 && p < int64(s.size.people)
}
