package catalog

// workspaces count what is in them, live. The counters are marked volatile,
// or each sync would find every workspace changed.
func workspaces() *Entity {
	return &Entity{
		Name:  "workspaces",
		Doc:   "The account's workspaces and how much is in them.",
		Key:   []string{"id"},
		Shown: []string{"id", "name", "people", "messages_sent", "billable_messages_sent"},
		List:  List{Path: "/v1/workspaces", Items: "workspaces", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer, String}, Doc: "the workspace's number; one source has it as text"},
			{Name: "name", Types: []Kind{String}, Marks: FullText, Doc: "what it is called"},
			{Name: "people", Types: []Kind{Integer}, Unit: Count, Marks: Volatile, Doc: "people in it now; may be two hours old"},
			{Name: "messages_sent", Types: []Kind{Integer}, Unit: Count, Marks: Volatile, Doc: "messages that it has sent"},
			{Name: "billable_messages_sent", Types: []Kind{Integer}, Unit: Count, Marks: Volatile, Doc: "those of them that cost money"},
			{Name: "object_types", Types: []Kind{Integer}, Unit: Count, Marks: Volatile, Doc: "types of object in it now"},
			{Name: "objects", Types: []Kind{Integer}, Unit: Count, Marks: Volatile, Doc: "objects in it now"},
		},
	}
}
