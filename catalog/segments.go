package catalog

func segments() *Entity {
	return &Entity{
		Name: "segments", Page: true,
		Doc:   "Saved audiences: dynamic ones follow a rule, manual ones a list; the members are not part of the record.",
		Key:   []string{"id"},
		Shown: []string{"id", "name", "state", "type", "tags", "updated_at"},
		List:  List{Path: "/v1/segments", Items: "segments", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer}, Marks: Listed, Doc: "the segment's number"},
			{Name: "deduplicate_id", Types: []Kind{String}, Marks: Echo | Listed, Doc: "id, colon and the second of the last update: a hint that something changed"},
			{Name: "name", Types: []Kind{String}, Marks: Listed | FullText, Doc: "what the segment is called"},
			{Name: "description", Types: []Kind{String}, Marks: Listed | FullText, Doc: "what the team wrote about it"},
			{Name: "type", Types: []Kind{String}, Marks: Listed, Doc: "dynamic (follows a rule) or manual (a list)"},
			{Name: "state", Types: []Kind{String}, Marks: Listed, Doc: "how far it is counted: events, build, events_queued, build_queued, finished; free text"},
			{Name: "progress", Types: []Kind{Integer, String}, Unit: Unstated, Marks: Listed | Volatile, Doc: "how far it is counted, null when done; moves by itself, the unit is not documented"},
			{Name: "tags", Types: []Kind{Array}, Marks: Listed, Doc: "labels, or null"},
			{Name: "conditions", Types: []Kind{Object}, Marks: Listed | Personal, Doc: "the rule, and, or and not nested to any depth; in no official schema, may hold attribute values, absent for manual segments"},
			{Name: "created_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when it was made"},
			{Name: "updated_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when its definition was last edited; people who come and go do not move it"},
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/segments", Envelope: "segments", Effect: Reads,
				Doc: "All segments, in one answer."},
			{Name: "create", Method: "POST", Path: "/v1/segments", Envelope: "segment", Effect: Writes,
				Doc: "Make an empty manual segment; people are added by other means.", Shown: "in the list of segments",
				Params: []Param{
					{Name: "segment", Types: []Kind{Object}, Required: true, In: InBody, Example: `{"name":"VIP"}`, Doc: "the new segment"},
					{Name: "segment.name", Types: []Kind{String}, Required: true, In: InBody, Plain: true, Example: `"VIP"`, Doc: "what to call it"},
					{Name: "segment.description", Types: []Kind{String}, In: InBody, Example: `"people who spend much"`, Doc: "what it is for"},
				}},
			{Name: "get", Method: "GET", Path: "/v1/segments/{segment_id}", Envelope: "segment", Effect: Reads,
				Doc:    "One segment.",
				Params: []Param{pathID("segment_id", "the segment's id")}},
		},
	}
}
