package catalog

// Entity is one thing that Customer.io keeps: what it is called, what its records
// hold, how to list it and what else can be done with it.
type Entity struct {
	// Name is the table, the CLI argument, the URL segment and the resource: one
	// word for all.
	Name string
	// Doc is one sentence.
	Doc string
	// Page: the entity stands on the connector reference page.
	Page bool
	// HostedStore: the hosted context store has it.
	HostedStore bool
	// Key are the fields that identify a record, outermost first.
	Key []string
	// Shown are the columns by which people know a record: what a table shows that
	// nobody chose columns for. Their order is that of the table.
	Shown []string
	// Parent is set when there is one list per record of another entity.
	Parent *Parent
	// List says how to page through the records. Its Path is empty for an entity
	// that can only be created.
	List List
	// Attribution is set when another list says whose the records are.
	Attribution *Attribution
	Fields      []Field
	// Indexes tells what each index is for: one for each field that is marked
	// Indexed.
	Indexes []Index
	// Derived are columns of ours, made from the fields.
	Derived []Derived
	// Result are the fields of the answer of a create-only entity.
	Result  []Field
	Actions []Action
}

// Parent ties a nested list to the entity whose ids its path needs.
type Parent struct {
	Entity string // campaigns
	Param  string // the name between braces in List.Path: campaign_id
	Field  string // the child's field that holds the parent's id
}

// List is one list endpoint of the App API.
type List struct {
	Path  string // "/v1/campaigns/{campaign_id}/actions"
	Items string // the envelope key of the records; never guessable from the path
	// Paged: the answer has a next token, sent back as the query parameter start.
	Paged bool
	// Size is the limit to ask for; 0 when the endpoint takes none.
	Size int
	// Sort is sent as it is where the endpoint takes a sort order.
	Sort string
	// Views are query parameters of further walks of the same list that show
	// records which the plain walk leaves out (hidden senders, activities of
	// deleted people). The union of all walks is the list.
	Views []View
	// Window is set when the list is read in windows of time.
	Window *Window
	// Feed is set when the list shows what happened lately, the newest first.
	Feed *Feed
	// Complete: a full walk shows every live record, so one that is not seen is gone.
	Complete bool
}

// View is one query parameter of an additional walk.
type View struct{ Param, Value string }

// Window names the query parameters that bound a list in time. Both bounds are
// inclusive Unix seconds, and the API serves at most MaxDays of them at once.
type Window struct {
	Field    string // the field that the bounds apply to
	From, To string // query parameters
	MaxDays  int
}

// Feed describes a list of what happened lately. There is no filter by time, and
// what is older than some days is not shown for long.
type Feed struct {
	Field string // the time of a record, Unix seconds
	Days  int    // at least so far back
}

// Attribution is a further list of an entity's records, one for each record of
// another entity. It says what the records themselves do not: whose they are.
type Attribution struct {
	By    string // the other entity: transactional_messages
	Path  string // of the list, windowed as the entity's own
	Param string // the name between braces in Path
	Field string // the mirror's field for the other's id
	// Others are the fields that name another sender; a record that has none of
	// them may have come from By.
	Others []string
}

// Index is an index that the store keeps beside that of the key. In it the rows of
// one value stand in the order of the window's field, where the list has a window.
type Index struct {
	Field string
	// Serves is the query that the index is there for: one line, without a full stop.
	Serves string
}

// Mirrored reports whether the entity has a list, and so a table.
func (e *Entity) Mirrored() bool { return e.List.Path != "" }

// FullTexts are the names of the fields that the entity's text index holds, in the
// order of the catalog.
func (e *Entity) FullTexts() (names []string) {
	for _, f := range e.Fields {
		if f.Is(FullText) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Field finds a field by name.
func (e *Entity) Field(name string) (Field, bool) {
	for _, f := range e.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Action finds an action by name.
func (e *Entity) Action(name string) (Action, bool) {
	for _, a := range e.Actions {
		if a.Name == name {
			return a, true
		}
	}
	return Action{}, false
}

// Place says where a parameter goes in a request.
type Place uint8

// The places of a parameter. InStore parameters belong to a search of the store
// and are never sent to the App API.
const (
	InPath Place = iota + 1
	InQuery
	InBody
	InStore
)

var placeNames = [...]string{InPath: "path", InQuery: "query", InBody: "body", InStore: "store"}

// String returns the place's name: path, query, body or store.
func (p Place) String() string {
	if int(p) < len(placeNames) && placeNames[p] != "" {
		return placeNames[p]
	}
	return "Place(?)"
}

// MarshalText makes a place its name in JSON.
func (p Place) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Effect is what an action does to the world outside the mirror.
type Effect uint8

// The effects. Reaches means that people get a message.
const (
	Reads Effect = iota
	Writes
	Reaches
)

var effectNames = [...]string{Reads: "reads", Writes: "writes", Reaches: "reaches people"}

// String returns "reads", "writes" or "reaches people".
func (x Effect) String() string { return effectNames[x] }

// MarshalText makes an effect its name in JSON.
func (x Effect) MarshalText() ([]byte, error) { return []byte(x.String()), nil }

// Action is one operation of the reference page on an entity.
type Action struct {
	Name string // list, get, create, update, context_store_search
	// Method and Path are empty for a search, which is no App API call.
	Method, Path string
	// Envelope is the key that holds the answer's record or records; empty when
	// the answer is bare.
	Envelope string
	Effect   Effect
	Params   []Param
	// Groups, Totals and MaxBytes (of the request's body, 0 for no bound) are checked
	// beside each parameter's own Bounds.
	Groups   []Group
	Totals   []Total
	MaxBytes int
	// Every is the least time between two such calls of one path, in seconds.
	Every int
	// Page is how many records a page of a list has when no parameter says, and Order
	// how the mirror sorts them: a field, with a minus before it from the end. A list
	// without Page is not paged.
	Page  int
	Order string
	// Chosen is the path parameter with the key of the record that is meant, where the
	// answer is an array.
	Chosen string
	// Shown tells where one sees whether the call took effect, as the end of a sentence.
	Shown string
	Doc   string
}

// Param is one parameter of an action.
type Param struct {
	// Name as people give it. A dot enters an object: segment.name.
	Name  string
	Types []Kind
	// Enum are the only values allowed, where the page names them.
	Enum []string
	// Required is true, or When says in words on what it depends.
	Required bool
	When     string
	// Null: JSON null is a value of its own, and is sent.
	Null bool
	In   Place
	// Wire is the name in the request where it differs from Name.
	Wire string
	Unit Unit
	// Beyond: the API takes it, the reference page does not show it.
	Beyond bool
	// Limits in words: sizes, ranges, defaults. What of it can be checked stands in
	// Bounds, Form and Items as well.
	Limits string
	Bounds Bounds
	Form   Form
	// Items is the type of an array's items; 0 for any.
	Items Kind
	// Unless: required unless all of these are given. With: sent only beside one of
	// these, and left out of any other call.
	Unless, With []string
	// Named: null and an empty value are refused, not left out. Whoever gives them means
	// nobody, and a call without the parameter means everybody.
	Named bool
	// Plain: the value is neither personal nor secret, and may be written down.
	Plain bool
	// Act and On say what the parameter does to a list.
	Act Act
	On  string
	// Example is a value that would do, as JSON. Empty: see Sample.
	Example string
	Doc     string
}

// Sample is a value that would do, as JSON.
func (p Param) Sample() string {
	switch {
	case p.Example != "":
		return p.Example
	case len(p.Enum) > 0:
		return `"` + p.Enum[0] + `"`
	}
	return samples[p.Types[0]]
}

var samples = map[Kind]string{String: `"text"`, Integer: "7", Number: "1.5", Boolean: "true", Array: "[]", Object: "{}", Any: "1"}

// WireName is the parameter's name in the request.
func (p Param) WireName() string {
	if p.Wire != "" {
		return p.Wire
	}
	return p.Name
}
