package catalog

// snippets have no id: a rename is a deletion and a new snippet.
func snippets() *Entity {
	return &Entity{
		Name: "snippets", Page: true,
		Doc:   "Reusable texts that messages pull in with Liquid.",
		Key:   []string{"name"},
		Shown: []string{"name", "value", "updated_at"},
		List:  List{Path: "/v1/snippets", Items: "snippets", Complete: true},
		Fields: []Field{
			{Name: "name", Types: []Kind{String}, Marks: Listed | FullText, Doc: "its one name, which Liquid uses; at most 150 characters"},
			{Name: "value", Types: []Kind{String}, Marks: Listed | FullText, Doc: "the text, HTML or Liquid; at most 16000 characters, in some workspaces another number; the server trims it"},
			{Name: "updated_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when it was last edited; when it was made is not known"},
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/snippets", Envelope: "snippets", Effect: Reads,
				Doc: "All snippets, in one answer."},
			{Name: "create", Method: "POST", Path: "/v1/snippets", Envelope: "snippet", Effect: Writes,
				Doc: "Make a snippet; a name in use is refused, and the server trims both values.", Shown: "in the list of snippets",
				Params: []Param{
					{Name: "name", Types: []Kind{String}, Required: true, In: InBody,
						Limits: "not blank, at most 150 characters, not in use", Bounds: Bounds{MaxChars: 150}, Plain: true, Example: `"footer"`, Doc: "the name for Liquid"},
					snippetValue(),
				}},
			{Name: "update", Method: "PUT", Path: "/v1/snippets", Envelope: "snippet", Effect: Writes,
				Doc: "Replace a snippet's text, or make the snippet if there is none of that name.", Shown: "in the list of snippets",
				Params: []Param{
					{Name: "name", Types: []Kind{String}, Required: true, In: InBody,
						Limits: "not blank, at most 150 characters; made where it does not exist", Bounds: Bounds{MaxChars: 150}, Plain: true, Example: `"footer"`, Doc: "which snippet; it goes in the body, the path has no id"},
					snippetValue(),
				}},
		},
	}
}

func snippetValue() Param {
	return Param{Name: "value", Types: []Kind{String}, Required: true, In: InBody,
		Limits: "not blank, at most 16000 characters, no Liquid that names another snippet", Bounds: Bounds{MaxChars: 16_000}, Example: `"<p>Goodbye</p>"`, Doc: "the text, HTML or Liquid"}
}
