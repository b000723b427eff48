package catalog

import "fmt"

// Kind is a JSON type, as the API or the hosted store declares it.
type Kind uint8

// The kinds. Integer is a number without a fraction; Any is a field whose type
// no source states.
const (
	String Kind = iota + 1
	Integer
	Number
	Boolean
	Array
	Object
	Any
)

var kindNames = [...]string{String: "string", Integer: "integer", Number: "number", Boolean: "boolean", Array: "array", Object: "object", Any: "any"}

// KindOf is the JSON type of a value in canonical form, 0 for null. There a number
// without a fraction has neither a point nor an exponent.
func KindOf[T string | []byte](v T) Kind {
	switch v[0] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Boolean
	case 'n':
		return 0
	}
	for i := range len(v) {
		if v[i] == '.' || v[i] == 'e' || v[i] == 'E' {
			return Number
		}
	}
	return Integer
}

// String returns the kind's JSON Schema name.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// MarshalText makes a kind its name in JSON.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Unit says what a number counts; empty when the field has none.
type Unit string

// The units. A UnixSeconds field is a time: seconds since 1970-01-01 UTC.
const (
	UnixSeconds Unit = "Unix s"
	Bytes       Unit = "bytes"
	Count       Unit = "count"
	Hour        Unit = "hour"
	Minute      Unit = "minute"
	NameToUnix  Unit = "name → Unix s"
	NameToIDTS  Unit = "name → {id, ts}"
	Unstated    Unit = "[?]" // the source gives none
)

// Mark is a set of yes/no facts about a field.
type Mark uint16

const (
	// Listed: the field stands in the reference page's list schema.
	Listed Mark = 1 << iota
	// Hosted: the field is searchable in the hosted store.
	Hosted
	// Personal: the value is, or can contain, data about an identifiable person.
	Personal
	// NotNull: the field is always present.
	NotNull
	// Volatile: the value moves by itself (live counters). It is kept up to date
	// in place and neither hashed nor versioned.
	Volatile
	// Indexed: the store keeps an index on the field, for search and sort.
	Indexed
	// ZeroIsNever: a time for which the API says 0 when it means never; stored
	// as null.
	ZeroIsNever
	// Upper: stored in upper case (HTTP methods).
	Upper
	// NameValueList: custom headers, which the API sends as a JSON string or an
	// array of {name, value}; stored as the array.
	NameValueList
	// FromParent: not in the record; filled with the parent's key.
	FromParent
	// FromMirror: not in the record; the mirror learns it from another list. It
	// is not hashed, and a walk of the entity's own list leaves it alone.
	FromMirror
	// FullText: the store keeps a text index on the field, for the operators that
	// search in texts. The field is a text, and its value moves with a version.
	FullText
	// Echo: the value follows from others and says nothing of its own; people are not
	// told that it changed.
	Echo
	// Crowded: so many rows can have one value of the field that a page of them needs an
	// index in the order of the key, beside the one of Indexed: the deliveries of one
	// campaign, but not those to one person. The field is an integer.
	Crowded
)

// Field is one field of an entity: a column of its table, and a name in filters,
// sorts, SQL and answers.
type Field struct {
	Name string
	// Types are the JSON types that the API is known to send besides null, the
	// declared one first. A value of another type is kept, and counted as drift.
	Types []Kind
	// Store is the type that the hosted store declares where it differs from
	// Types[0]; search rows are cast to it.
	Store Kind
	Unit  Unit
	Marks Mark
	// Refers names the entities one of whose records the value, or each element of
	// an array, is the id of: the last field of their key.
	Refers []string
	// Aliases are other keys under which the API sends the same value.
	Aliases []string
	// Doc is one line, without a full stop.
	Doc string
}

// Kind is the declared JSON type of the field in records.
func (f Field) Kind() Kind { return f.Types[0] }

// SearchKind is the type that filters compare by and search rows are cast to.
func (f Field) SearchKind() Kind {
	if f.Store != 0 {
		return f.Store
	}
	return f.Types[0]
}

// Is reports whether the field bears all of the marks.
func (f Field) Is(m Mark) bool { return f.Marks&m == m }

// Accepts reports whether a JSON value of kind k is one that the API is known to send.
func (f Field) Accepts(k Kind) bool {
	for _, t := range f.Types {
		if t == k || t == Any || t == Number && k == Integer {
			return true
		}
	}
	return false
}

// Derived is a column of ours that repeats one key of an object field, for SQL
// and for sorting: metric_opened is metrics.opened. Its kind is Integer.
type Derived struct {
	Name  string
	From  string // the object field
	Key   string // the key in it
	Unit  Unit
	Marks Mark // Indexed, or nothing
	Doc   string
}
