package oracle

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Search is a search that the contract allows.
type Search struct {
	entity *Entity
	filter condition
	sort   []sortKey
	// lenience is an extension of ours: the contract has no typing errors.
	lenience lenience
	// Limit is how many records a page has.
	Limit int
}

type sortKey struct {
	field string
	down  bool
}

// Parse reads the params of a search. An error means that the contract has it
// refused. The cursor is passed over: it is the asker's business.
func Parse(e *Entity, params []byte) (*Search, error) {
	v, err := Decode(params)
	if err != nil {
		return nil, err
	}
	object, ok := v.(Object)
	if !ok {
		return nil, fmt.Errorf("params are an object")
	}
	s := &Search{entity: e, filter: every(nil), Limit: 1000}
	switch n, ok := object.Get("typos").(*big.Rat); {
	case !object.has("typos") || object.Get("typos") == nil:
	case !ok || n.Cmp(big.NewRat(1, 1)) != 0 && n.Cmp(big.NewRat(2, 1)) != 0:
		return nil, fmt.Errorf("typos are 1 or 2")
	default:
		s.lenience.typos = int(n.Num().Int64())
	}
	for _, m := range object {
		switch m.Name {
		case "query":
			err = s.query(m.Value)
		case "limit":
			n, ok := m.Value.(*big.Rat)
			if !ok || !n.IsInt() || n.Cmp(big.NewRat(1, 1)) < 0 || n.Cmp(big.NewRat(10_000, 1)) > 0 {
				return nil, fmt.Errorf("a limit is an integer of 1 to 10000")
			}
			s.Limit = int(n.Num().Int64())
		case "cursor", "typos":
		case "fields":
			err = s.fields(m.Value)
		default:
			err = fmt.Errorf("unknown parameter %q", m.Name)
		}
		if err != nil {
			return nil, err
		}
	}
	if s.lenience.typos > 0 && !s.lenience.used {
		return nil, fmt.Errorf("there is no word that could have typing errors")
	}
	return s, nil
}

func (s *Search) query(v any) error {
	object, ok := v.(Object)
	if !ok {
		return fmt.Errorf("a query is an object")
	}
	for _, m := range object {
		switch m.Name {
		case "filter":
			if o, ok := m.Value.(Object); m.Value == nil || ok && len(o) == 0 {
				continue
			}
			c, err := parseCondition(s.entity, &s.lenience, m.Value)
			if err != nil {
				return err
			}
			s.filter = c
		case "sort":
			if err := s.order(m.Value); err != nil {
				return err
			}
		default:
			return fmt.Errorf("unknown part of a query %q", m.Name)
		}
	}
	return nil
}

// order reads a list of keys or a single object.
func (s *Search) order(v any) error {
	if o, ok := v.(Object); ok {
		v = []any{o}
	}
	list, ok := v.([]any)
	if !ok {
		return fmt.Errorf("a sort is a list")
	}
	for _, item := range list {
		o, ok := item.(Object)
		if !ok {
			return fmt.Errorf("a sort key is an object")
		}
		if o.has("field") {
			name, _ := o.Get("field").(string)
			o = Object{{name, o.Get("order")}}
		}
		for _, m := range o {
			p, err := resolve(s.entity, m.Name)
			if err != nil {
				return err
			}
			if !p.declared() || p.field.Type == Array || p.field.Type == Obj {
				return fmt.Errorf("%q has no order", m.Name)
			}
			direction, _ := m.Value.(string)
			switch strings.ToLower(direction) {
			case "asc", "desc":
			default:
				return fmt.Errorf("a direction is asc or desc")
			}
			s.sort = append(s.sort, sortKey{p.field.Name, strings.EqualFold(direction, "desc")})
		}
	}
	return nil
}

// fields checks only that the roots exist.
func (s *Search) fields(v any) error {
	list, ok := v.([]any)
	if !ok {
		return fmt.Errorf("fields are a list")
	}
	for _, item := range list {
		root := item
		if segments, ok := item.([]any); ok && len(segments) > 0 {
			root = segments[0]
		}
		name, ok := root.(string)
		if !ok {
			return fmt.Errorf("a field is a name")
		}
		if _, err := resolve(s.entity, name); err != nil {
			return err
		}
	}
	return nil
}

// Answer is the records that the search finds, in its order, on all pages.
func (s *Search) Answer(records []Object) []Object {
	var found []Object
	for _, r := range records {
		if s.filter(r) == yes {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, s.compare)
	return found
}

// compare puts what is absent last, whatever the direction.
func (s *Search) compare(a, b Object) int {
	for _, k := range s.sort {
		x, y := a.Get(k.field), b.Get(k.field)
		if x == nil || y == nil {
			if d := cmp.Compare(absent(x), absent(y)); d != 0 {
				return d
			}
			continue
		}
		order, _ := compare(x, y)
		if k.down {
			order = -order
		}
		if order != 0 {
			return order
		}
	}
	for _, name := range s.entity.Key {
		f, _ := s.entity.field(name)
		x, y := keyValue(f, a.Get(name)), keyValue(f, b.Get(name))
		order, ok := compare(x, y)
		if _, first := x.(*big.Rat); !ok && first {
			order = -1 // a number before a word
		} else if !ok {
			order = 1
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

func keyValue(f Field, v any) any {
	if s, ok := v.(string); ok && f.Counted && wholeNumber.MatchString(s) {
		n, _ := new(big.Rat).SetString(s)
		return n
	}
	return v
}

func absent(v any) int {
	if v == nil {
		return 1
	}
	return 0
}
