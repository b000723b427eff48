package catalog

// transactionalMessages answer under the key messages, the same word as
// deliveries.
func transactionalMessages() *Entity {
	return &Entity{
		Name: "transactional_messages", Page: true,
		Doc:   "Templates for messages that a program sends one by one; the channel stands in their contents.",
		Key:   []string{"id"},
		Shown: []string{"id", "name", "description", "trigger_name", "open_tracking", "link_tracking", "updated_at"},
		List:  List{Path: "/v1/transactional", Items: "messages", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer}, Marks: Listed, Doc: "the template's number"},
			{Name: "name", Types: []Kind{String}, Marks: Listed | FullText, Doc: "what it is called"},
			{Name: "description", Types: []Kind{String}, Marks: Listed | FullText, Doc: "what the team wrote about it"},
			{Name: "send_to_unsubscribed", Types: []Kind{Boolean}, Marks: Listed, Doc: "goes to unsubscribed people too"},
			{Name: "link_tracking", Types: []Kind{Boolean}, Marks: Listed, Doc: "clicks are counted"},
			{Name: "open_tracking", Types: []Kind{Boolean}, Marks: Listed, Doc: "opens are counted"},
			{Name: "hide_message_body", Types: []Kind{Boolean}, Marks: Listed, Doc: "what was sent is not kept"},
			{Name: "queue_drafts", Types: []Kind{Boolean}, Marks: Listed, Doc: "sends wait as drafts"},
			{Name: "trigger_name", Types: []Kind{String}, Marks: Listed, Doc: "a name that sends may give instead of the id"},
			{Name: "created_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when it was made"},
			{Name: "updated_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when it was last edited"},
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/transactional", Envelope: "messages", Effect: Reads,
				Doc: "All transactional messages, in one answer."},
			{Name: "get", Method: "GET", Path: "/v1/transactional/{transactional_id}", Envelope: "message", Effect: Reads,
				Doc:    "One transactional message.",
				Params: []Param{pathID("transactional_id", "the template's id")}},
		},
	}
}

// transactionalMessageContents do not say whose they are, so the parent's id is
// filled in. The update's path says content where the list's says contents.
func transactionalMessageContents() *Entity {
	return &Entity{
		Name: "transactional_message_contents", Page: true,
		Doc:    "The variants of a transactional message, one a language.",
		Key:    []string{"transactional_id", "id"},
		Shown:  []string{"transactional_id", "id", "name", "type", "language", "subject", "updated"},
		Parent: &Parent{Entity: "transactional_messages", Param: "transactional_id", Field: "transactional_id"},
		List:   List{Path: "/v1/transactional/{transactional_id}/contents", Items: "contents", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer}, Marks: Listed, Doc: "the variant's number, counted with the steps of campaigns"},
			{Name: "transactional_id", Types: []Kind{Integer}, Refers: []string{"transactional_messages"}, Marks: NotNull | FromParent, Doc: "the transactional message that it belongs to; not in the record"},
			{Name: "name", Types: []Kind{String}, Marks: Listed | FullText, Doc: "what the variant is called"},
			{Name: "type", Types: []Kind{String}, Marks: Listed, Doc: "email or push: the channel of the transactional message"},
			{Name: "language", Types: []Kind{String}, Marks: Listed, Doc: "language of the variant"},
			{Name: "created", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when it was made"},
			{Name: "updated", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when it was last edited; there is no deduplicate_id"},
			{Name: "body", Types: []Kind{String}, Marks: Listed | FullText, Doc: "the content with its Liquid; may be long"},
			{Name: "body_amp", Types: []Kind{String}, Marks: Listed | FullText, Doc: "the content as AMP HTML"},
			{Name: "subject", Types: []Kind{String}, Marks: Listed | FullText, Doc: "subject with its Liquid"},
			{Name: "preheader_text", Types: []Kind{String}, Marks: Listed, Doc: "the line that mail programs show beside the subject"},
			{Name: "from", Types: []Kind{String}, Marks: Listed | Personal, Doc: "address that it comes from"},
			{Name: "from_id", Types: []Kind{Integer}, Refers: []string{"sender_identities"}, Marks: Listed, Doc: "the sender identity that it comes from"},
			{Name: "reply_to", Types: []Kind{String}, Marks: Listed | Personal, Doc: "address that answers go to"},
			{Name: "reply_to_id", Types: []Kind{Integer}, Refers: []string{"sender_identities"}, Marks: Listed, Doc: "the sender identity that answers go to; null for none"},
			{Name: "recipient", Types: []Kind{String}, Marks: Listed | Personal, Doc: "an address, or the Liquid that makes one"},
			{Name: "cc", Types: []Kind{String}, Marks: Personal, Doc: "addresses that get an open copy"},
			{Name: "bcc", Types: []Kind{String}, Marks: Listed | Personal, Doc: "addresses that get a hidden copy"},
			{Name: "fake_bcc", Types: []Kind{Boolean}, Marks: Listed, Doc: "hidden copies go out as messages of their own"},
			{Name: "preprocessor", Types: []Kind{String}, Marks: Listed, Doc: "what inlines the CSS"},
			{Name: "headers", Types: []Kind{String, Array}, Marks: Listed | Personal | NameValueList, Doc: "own mail headers; comes as JSON in a string, goes as an array of {name, value}, kept as the array"},
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/transactional/{transactional_id}/contents", Envelope: "contents", Effect: Reads,
				Doc:    "The variants of one transactional message, in one answer.",
				Params: []Param{pathID("transactional_id", "the template's id")}},
			{Name: "update", Method: "PUT", Path: "/v1/transactional/{transactional_id}/content/{content_id}", Envelope: "content", Effect: Writes,
				Doc: "Change one variant; the answer holds an array of records.", Chosen: "content_id", Shown: "in the list of transactional_message_contents",
				Groups: []Group{{Of: []string{"body", "from_id", "reply_to_id", "recipient", "subject", "preheader_text", "body_amp", "headers"}, Min: 1}},
				Params: []Param{
					pathID("transactional_id", "the template's id"),
					pathID("content_id", "the variant's id"),
					{Name: "body", Types: []Kind{String}, In: InBody,
						Limits: "one made in the drag-and-drop editor is read-only", Doc: "the content, as HTML"},
					{Name: "from_id", Types: []Kind{Integer}, In: InBody, Bounds: Bounds{Min: 1}, Plain: true, Doc: "sender identity to send from"},
					{Name: "reply_to_id", Types: []Kind{Integer}, Null: true, In: InBody,
						Limits: "null for none", Bounds: Bounds{Min: 1}, Plain: true, Doc: "sender identity that gets the answers"},
					{Name: "recipient", Types: []Kind{String}, In: InBody,
						Limits: "Liquid as a rule: {{customer.email}}", Doc: "who gets it"},
					{Name: "subject", Types: []Kind{String}, In: InBody, Doc: "the subject"},
					{Name: "preheader_text", Types: []Kind{String}, In: InBody, Doc: "the line beside the subject; the same word on the wire, unlike in sends"},
					{Name: "body_amp", Types: []Kind{String}, In: InBody, Doc: "the content as AMP HTML"},
					{Name: "headers", Types: []Kind{Array}, In: InBody, Limits: "an array of objects", Items: Object, Example: `[{"name":"X-Mailer","value":"shop"}]`, Doc: "own mail headers; they come back as JSON in a string"},
					{Name: "headers.name", Types: []Kind{String}, In: InBody, Example: `"X-Mailer"`, Doc: "name of one header"},
					{Name: "headers.value", Types: []Kind{String}, In: InBody, Example: `"shop"`, Doc: "value of one header"},
				}},
		},
	}
}
