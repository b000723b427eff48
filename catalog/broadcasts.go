package catalog

// broadcasts are not in the list of campaigns, although the path that triggers
// them says campaigns.
func broadcasts() *Entity {
	return &Entity{
		Name:  "broadcasts",
		Doc:   "Campaigns that a program sets off through the API, to many people at once.",
		Key:   []string{"id"},
		Shown: []string{"id", "name", "state", "type", "tags", "updated", "created_by"},
		List:  List{Path: "/v1/broadcasts", Items: "broadcasts", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer}, Doc: "the broadcast's number, which broadcast_trigger and messages.broadcast_id use"},
			{Name: "deduplicate_id", Types: []Kind{String}, Marks: Echo, Doc: "id, colon and the second of the last update: a hint that something changed"},
			{Name: "name", Types: []Kind{String}, Marks: FullText, Doc: "what it is called"},
			{Name: "type", Types: []Kind{String}, Doc: "triggered_broadcast"},
			{Name: "active", Types: []Kind{Boolean}, Doc: "true while it can be triggered"},
			{Name: "state", Types: []Kind{String}, Doc: "running, draft or stopped; free text"},
			{Name: "created", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: ZeroIsNever, Doc: "when it was made"},
			{Name: "updated", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: ZeroIsNever, Doc: "when it was last edited"},
			{Name: "first_started", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: ZeroIsNever, Doc: "when it first ran; 0 for never, stored as null"},
			{Name: "created_by", Types: []Kind{String}, Marks: Personal, Doc: "the team member who made it"},
			{Name: "actions", Types: []Kind{Array}, Doc: "its steps as {id, type}; an entry may lack either"},
			{Name: "tags", Types: []Kind{Array, String}, Doc: "labels; the word nil and null have been seen for none"},
			{Name: "msg_template_ids", Types: []Kind{Array}, Doc: "ids of its templates; deprecated"},
			{Name: "filter_segment_ids", Types: []Kind{Array}, Refers: []string{"segments"}, Doc: "ids of the segments that narrow the audience; seen, not documented"},
			{Name: "event_name", Types: []Kind{String}, Doc: "an event's name; seen, not documented"},
			{Name: "event_type", Types: []Kind{String}, Doc: "kind of that event; seen, not documented"},
		},
	}
}

// broadcastActions have the fields of campaign_actions, with the broadcast in the
// place of the campaign. Neither the page nor the hosted store has them.
func broadcastActions() *Entity {
	var fields []Field
	for _, f := range actionFields() {
		f.Marks &^= Listed | Hosted
		switch f.Name {
		case "campaign_id":
			f = Field{Name: "broadcast_id", Types: []Kind{Integer}, Refers: []string{"broadcasts"}, Doc: "the broadcast that it belongs to"}
		case "broadcast_id":
			continue
		}
		fields = append(fields, f)
	}
	return &Entity{
		Name:   "broadcast_actions",
		Doc:    "The steps of a broadcast that send something or call a webhook, with their content.",
		Key:    []string{"broadcast_id", "id"},
		Shown:  []string{"broadcast_id", "id", "name", "type", "sending_state", "subject", "updated"},
		Parent: &Parent{Entity: "broadcasts", Param: "broadcast_id", Field: "broadcast_id"},
		// Nobody says that this list is paged as that of campaigns is. Following a
		// token that never comes costs nothing; missing one loses rows.
		List:   List{Path: "/v1/broadcasts/{broadcast_id}/actions", Items: "actions", Paged: true, Complete: true},
		Fields: fields,
	}
}

func broadcastTrigger() *Entity {
	return &Entity{
		Name: "broadcast_trigger", Page: true,
		Doc: "One run of an API-triggered broadcast.",
		Result: []Field{
			{Name: "id", Types: []Kind{Integer, String}, Doc: "the trigger's number; the status call writes the same number as text"},
		},
		Actions: []Action{{
			Name: "create", Method: "POST", Path: "/v1/campaigns/{campaign_id}/triggers", Effect: Reaches,
			Doc:   "Send a broadcast to its own audience or to the one given; once in 10 s, five waiting at most.",
			Every: 10, MaxBytes: 25 << 20, Shown: "in Customer.io among the broadcast's triggers, or by GET /v1/broadcasts/{campaign_id}/triggers",
			Groups: []Group{{Of: []string{"recipients", "ids", "emails", "per_user_data", "data_file_url"}, Max: 1}},
			Params: []Param{
				{Name: "campaign_id", Types: []Kind{Integer}, Required: true, In: InPath,
					Limits: "the id of a broadcast, though the path says campaigns", Bounds: Bounds{Min: 1}, Plain: true, Doc: "which broadcast; the web interface shows the id under Triggering Details"},
				{Name: "data", Types: []Kind{Object}, In: InBody,
					Limits: "50000 bytes; in the template as {{trigger.<key>}}; goes with every audience", Bounds: Bounds{MaxBytes: 50_000}, Example: `{"headline":"Sale"}`, Doc: "values for the template"},
				{Name: "recipients", Types: []Kind{Object}, In: InBody,
					Limits: "one key an object: and, or, not, segment, attribute; an empty one is refused: left out, it is the audience of the web interface", Named: true, Form: Audience, Example: `{"segment":{"id":3}}`, Doc: "a filter instead of the audience set in the web interface"},
				{Name: "ids", Types: []Kind{Array}, In: InBody, Limits: "an array of strings, 10000 at most", Named: true, Items: String, Bounds: Bounds{MinItems: 1, MaxItems: 10_000}, Example: `["42"]`, Doc: "ids of the people"},
				{Name: "emails", Types: []Kind{Array}, In: InBody, Limits: "an array of strings, 10000 at most", Named: true, Items: String, Bounds: Bounds{MinItems: 1, MaxItems: 10_000}, Example: `["ann@example.com"]`, Doc: "mail addresses of the people"},
				{Name: "per_user_data", Types: []Kind{Array}, In: InBody, Limits: "an array of objects, 10000 at most: {id or email, data}", Named: true, Items: Object, Form: People, Bounds: Bounds{MinItems: 1, MaxItems: 10_000}, Example: `[{"id":"42","data":{"name":"Ann"}}]`, Doc: "the people, each with values of their own"},
				{Name: "data_file_url", Types: []Kind{String}, In: InBody, Limits: "one JSON object a line; 10 GB, 2 MB a person", Named: true, Form: Link, Example: `"https://example.com/people.jsonl"`, Doc: "a file with the people and their values"},
				{Name: "id_ignore_missing", Types: []Kind{Boolean}, In: InBody,
					Limits: "default false; sent with ids, per_user_data and data_file_url only, the server refuses it elsewhere", With: []string{"ids", "per_user_data", "data_file_url"}, Doc: "an unknown id does not fail the broadcast"},
				{Name: "email_ignore_missing", Types: []Kind{Boolean}, In: InBody,
					Limits: "sent with emails, per_user_data and data_file_url only, the server refuses it elsewhere", With: []string{"emails", "per_user_data", "data_file_url"}, Doc: "an unknown address does not fail the broadcast"},
				{Name: "email_add_duplicates", Types: []Kind{Boolean}, In: InBody,
					Limits: "sent with emails, per_user_data and data_file_url only, the server refuses it elsewhere", With: []string{"emails", "per_user_data", "data_file_url"}, Doc: "an address that several people share reaches all of them"},
			},
		}},
	}
}
