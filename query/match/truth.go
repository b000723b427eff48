package match

// Truth is a truth value of Kleene's three-valued logic.
type Truth int8

// The truth values, in such order that and is the least and or the greatest.
const (
	False   Truth = -1
	Unknown Truth = 0
	True    Truth = 1
)

func truth(b bool) Truth {
	if b {
		return True
	}
	return False
}

// Not is the negation. Of what is unknown the negation is unknown.
func (t Truth) Not() Truth { return -t }

// String returns false, unknown or true.
func (t Truth) String() string { return [...]string{"false", "unknown", "true"}[t+1] }

// cell is the truth value for SQL: 0, 1 or NULL.
func (t Truth) cell() any {
	switch t {
	case True:
		return int64(1)
	case False:
		return int64(0)
	}
	return nil
}
