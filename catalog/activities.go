package catalog

// activities are immutable and only some 30 days of them can be read: what has
// aged out upstream is not deleted here.
func activities() *Entity {
	return &Entity{
		Name: "activities", Page: true,
		Doc:   "What happened to people: messages, events, page views, changed attributes; the API keeps about 30 days.",
		Key:   []string{"id"},
		Shown: []string{"id", "type", "timestamp", "customer_id", "name", "delivery_id"},
		List: List{Path: "/v1/activities", Items: "activities", Paged: true, Size: 100,
			Views: []View{{Param: "deleted", Value: "true"}},
			Feed:  &Feed{Field: "timestamp", Days: 30}},
		Indexes: []Index{
			{"timestamp", "what happened between two times, and what happened last"},
			{"type", "all of one kind"},
			{"customer_id", "one person's history"},
			{"delivery_id", "what became of one message"},
		},
		Fields: []Field{
			{Name: "id", Types: []Kind{String}, Marks: Listed | Personal, Doc: "ULID; its order is roughly that of time"},
			{Name: "type", Types: []Kind{String}, Marks: Listed | Indexed, Doc: "what happened: sent_email, event, attribute_change …; over a hundred names, an open list"},
			{Name: "timestamp", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | Indexed | ZeroIsNever, Doc: "when it happened; can lie before activities that came earlier"},
			{Name: "name", Types: []Kind{String}, Doc: "name of the event or screen"},
			{Name: "url", Types: []Kind{String}, Marks: Personal, Doc: "the page that was viewed"},
			{Name: "customer_id", Types: []Kind{String}, Marks: Listed | Personal | Indexed, Doc: "id of the person; may be null, and can pass to another person"},
			{Name: "customer_identifiers", Types: []Kind{Object}, Marks: Listed | Personal, Aliases: []string{"identifiers"}, Doc: "the person as {id, email, cio_id}; keys may be missing, ids may be numbers, cio_id never changes"},
			{Name: "delivery_id", Types: []Kind{String}, Refers: []string{"messages"}, Marks: Listed | Personal | Indexed, Doc: "the message concerned, an id of messages"},
			{Name: "delivery_type", Types: []Kind{String}, Marks: Listed, Doc: "where that message went: ios, android, email, phone"},
			{Name: "data", Types: []Kind{Object, Array}, Marks: Listed | Personal, Doc: "details, shaped by the type: an event's payload, from and to of an attribute, segments entered; opened is a boolean here"},
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/activities", Envelope: "activities", Effect: Reads,
				Doc: "Activities, page by page; the order is not documented, and there is no filter by time.", Page: 10, Order: "-timestamp",
				Params: []Param{
					startParam(),
					{Name: "limit", Types: []Kind{Integer}, In: InQuery, Limits: "default 10, at most 100", Bounds: Bounds{Min: 1, Max: 100}, Act: Sizes, Example: "100", Doc: "records on a page"},
					{Name: "type", Types: []Kind{String}, In: InQuery, Limits: "an open list of more than a hundred names", Act: Equals, On: "type", Example: `"sent_email"`, Doc: "one kind only"},
					{Name: "name", Types: []Kind{String}, In: InQuery, Limits: "of an event or an attribute", Act: Equals, On: "name", Example: `"purchase"`, Doc: "one name only"},
					{Name: "deleted", Types: []Kind{Boolean}, In: InQuery, Beyond: true, Limits: "default false", Act: LiveOnly, Doc: "activities of deleted people, which the plain list leaves out"},
					{Name: "customer_id", Types: []Kind{String}, In: InQuery, Beyond: true, Act: Equals, On: "customer_id", Example: `"42"`, Doc: "one person only"},
					{Name: "id_type", Types: []Kind{String}, Enum: []string{"id", "email", "phone", "cio_id"}, In: InQuery, Beyond: true,
						Limits: "a cio_id is written with the prefix cio_", Act: LiveOnly, Doc: "what customer_id is"},
				}},
		},
	}
}
