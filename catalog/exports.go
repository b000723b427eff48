package catalog

func exports() *Entity {
	return &Entity{
		Name: "exports", Page: true,
		Doc:   "Files of people or deliveries that somebody asked Customer.io to make.",
		Key:   []string{"id"},
		Shown: []string{"id", "type", "status", "description", "total", "created_at", "user_email"},
		List:  List{Path: "/v1/exports", Items: "exports", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer}, Marks: Listed, Doc: "the export's number"},
			{Name: "deduplicate_id", Types: []Kind{String}, Marks: Echo | Listed, Doc: "id, colon and the second of the last update: a hint that something changed"},
			{Name: "type", Types: []Kind{String}, Marks: Listed, Doc: "what is in it: customers or deliveries"},
			{Name: "status", Types: []Kind{String}, Marks: Listed, Doc: "pending, done or failed"},
			{Name: "description", Types: []Kind{String}, Marks: Listed | FullText, Doc: "what was asked for"},
			{Name: "total", Types: []Kind{Integer}, Unit: Count, Marks: Listed, Doc: "rows in the file; 0 until it is done"},
			{Name: "downloads", Types: []Kind{Integer}, Unit: Count, Marks: Listed | Volatile, Doc: "how often it was fetched; moves by itself"},
			{Name: "failed", Types: []Kind{Boolean}, Marks: Listed, Doc: "true when it came to nothing"},
			{Name: "created_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when it was asked for"},
			{Name: "updated_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when its record last changed"},
			{Name: "user_id", Types: []Kind{Integer}, Marks: Listed | Personal, Doc: "the team member who asked; 0 is possible"},
			{Name: "user_email", Types: []Kind{String}, Marks: Listed | Personal, Doc: "that team member's mail address"},
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/exports", Envelope: "exports", Effect: Reads,
				Doc: "All exports, in one answer; the list is null when there are none."},
			{Name: "create", Method: "POST", Path: "/v1/exports/customers", Envelope: "export", Effect: Writes,
				Doc: "Ask for a file of the people who match.", Shown: "in the list of exports",
				Params: []Param{
					{Name: "filters", Types: []Kind{Object}, Required: true, In: InBody,
						Limits: "one key: and, or, not, segment {id} or attribute {field, operator: eq or exists, value}; not holds one object",
						Form:   Audience, Example: `{"segment":{"id":3}}`, Doc: "who is in it; {\"attribute\":{\"field\":\"id\",\"operator\":\"exists\"}} is everyone"},
					{Name: "attributes", Types: []Kind{Array}, In: InBody, Beyond: true, Items: String, Bounds: Bounds{MinItems: 1}, Plain: true, Example: `["email","plan"]`, Doc: "names of the attributes to export"},
				}},
			{Name: "get", Method: "GET", Path: "/v1/exports/{export_id}", Envelope: "export", Effect: Reads,
				Doc:    "One export.",
				Params: []Param{pathID("export_id", "the export's id")}},
		},
	}
}
