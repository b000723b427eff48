package catalog

// newsletters are one-time sends. Pages are offsets, so the list is walked in
// ascending order: what is added meanwhile lands on the last page.
func newsletters() *Entity {
	return &Entity{
		Name: "newsletters", Page: true, HostedStore: true,
		Doc:   "Messages sent once to a chosen audience; the newer documentation calls them one-time sends.",
		Key:   []string{"id"},
		Shown: []string{"id", "name", "send_state", "type", "sent_at", "tags", "updated"},
		List:  List{Path: "/v1/newsletters", Items: "newsletters", Paged: true, Size: 100, Sort: "asc", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer}, Marks: Listed | Hosted, Doc: "the newsletter's number, counted across the account"},
			{Name: "deduplicate_id", Types: []Kind{String}, Marks: Echo | Listed | Hosted, Doc: "id, colon and the second of the last update: a hint that something changed"},
			{Name: "name", Types: []Kind{String}, Marks: Listed | Hosted | FullText, Doc: "what it is called, at most 190 characters"},
			{Name: "type", Types: []Kind{String}, Marks: Listed | Hosted, Doc: "channel: email, webhook, twilio, push, in_app, inbox; free text"},
			{Name: "created", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | Hosted | ZeroIsNever, Doc: "when it was made"},
			{Name: "updated", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | Hosted | ZeroIsNever, Doc: "when it was last edited"},
			{Name: "sent_at", Types: []Kind{Integer, Array}, Unit: UnixSeconds, Marks: Listed | Hosted | ZeroIsNever, Doc: "when it last went out, null before; of an array, should one come, the greatest counts"},
			{Name: "tags", Types: []Kind{Array}, Marks: Listed | Hosted, Doc: "labels; the key is missing in places"},
			{Name: "content_ids", Types: []Kind{Array}, Refers: []string{"newsletter_contents"}, Marks: Listed | Hosted, Doc: "ids of its variants, which newsletter_contents holds"},
			{Name: "recipient_segment_ids", Types: []Kind{Array}, Refers: []string{"segments"}, Marks: Listed, Doc: "ids of the segments that it goes to"},
			{Name: "subscription_topic_id", Types: []Kind{Integer}, Refers: []string{"subscription_topics"}, Marks: Listed, Doc: "topic that recipients must follow; only with a subscription centre"},
			{Name: "subject", Types: []Kind{String}, Marks: FullText, Doc: "subject; in records of 2022 only"},
			{Name: "msg_template_ids", Types: []Kind{Array}, Doc: "ids of its templates; in records of 2022 only"},
			{Name: "recipient_filter_ids", Types: []Kind{Array}, Doc: "ids of filters on the audience; in records of 2022 only"},
			{Name: "send_state", Types: []Kind{String}, Doc: "draft, scheduled or sent: nothing else tells them apart"},
			{Name: "scheduled_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: ZeroIsNever, Doc: "when it is due to go out; type and unit inferred"},
			{Name: "timezone", Types: []Kind{String}, Doc: "the zone of the due time"},
			{Name: "tz_match_enabled", Types: []Kind{Boolean}, Doc: "goes out at that hour in each person's zone; meaning guessed from the name"},
			{Name: "expires_after", Types: []Kind{Any}, Unit: Unstated, Doc: "when it lapses; neither type nor unit is documented"},
			{Name: "recipient_file_status", Types: []Kind{String}, Doc: "how far an uploaded list of recipients is"},
			{Name: "recipient_file_error", Types: []Kind{String}, Doc: "what was wrong with an uploaded list of recipients"},
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/newsletters", Envelope: "newsletters", Effect: Reads,
				Doc: "Newsletters, page by page.", Page: 50, Order: "-id",
				Params: []Param{startParam(), unstatedLimit(), sortParam()}},
			{Name: "get", Method: "GET", Path: "/v1/newsletters/{newsletter_id}", Envelope: "newsletter", Effect: Reads,
				Doc:    "One newsletter.",
				Params: []Param{pathID("newsletter_id", "the newsletter's id")}},
			searchAction(),
		},
	}
}

// newsletterContents are what messages.content_id joins.
func newsletterContents() *Entity {
	return &Entity{
		Name:   "newsletter_contents",
		Doc:    "The variants of a newsletter: a language each, or a side of an A/B test.",
		Key:    []string{"newsletter_id", "id"},
		Shown:  []string{"newsletter_id", "id", "name", "type", "language", "subject"},
		Parent: &Parent{Entity: "newsletters", Param: "newsletter_id", Field: "newsletter_id"},
		List:   List{Path: "/v1/newsletters/{newsletter_id}/contents", Items: "contents", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer}, Doc: "the variant's number; messages.content_id points here"},
			{Name: "newsletter_id", Types: []Kind{Integer}, Refers: []string{"newsletters"}, Doc: "the newsletter that it belongs to"},
			{Name: "deduplicate_id", Types: []Kind{String}, Marks: Echo, Doc: "id, colon and the second of the last update: a hint that something changed"},
			{Name: "name", Types: []Kind{String}, Marks: FullText, Doc: "what the variant is called, if it has a name"},
			{Name: "layout", Types: []Kind{String}, Doc: "the layout around the content"},
			{Name: "type", Types: []Kind{String}, Doc: "channel, such as email; free text"},
			{Name: "language", Types: []Kind{String}, Doc: "language of the variant; no source documents it"},
			{Name: "subject", Types: []Kind{String}, Marks: FullText, Doc: "subject with its Liquid"},
			{Name: "body", Types: []Kind{String}, Marks: FullText, Doc: "the content with its Liquid; may be long"},
			{Name: "preheader_text", Types: []Kind{String}, Doc: "the line that mail programs show beside the subject"},
			{Name: "preprocessor", Types: []Kind{String}, Doc: "what inlines the CSS; only premailer is known"},
			{Name: "from", Types: []Kind{String}, Marks: Personal, Doc: "address that it comes from"},
			{Name: "reply_to", Types: []Kind{String}, Marks: Personal, Doc: "address that answers go to"},
			{Name: "recipient", Types: []Kind{String}, Marks: Personal, Doc: "an address, or the Liquid that makes one"},
			{Name: "bcc", Types: []Kind{String}, Marks: Personal, Doc: "addresses that get a hidden copy"},
			{Name: "from_id", Types: []Kind{Integer, String}, Refers: []string{"sender_identities"}, Doc: "the sender identity that it comes from"},
			{Name: "reply_to_id", Types: []Kind{Integer, String}, Refers: []string{"sender_identities"}, Doc: "the sender identity that answers go to"},
			{Name: "fake_bcc", Types: []Kind{Boolean}, Doc: "hidden copies go out as messages of their own"},
			{Name: "headers", Types: []Kind{String, Array}, Marks: Personal | NameValueList, Doc: "own mail headers; JSON in a string or an array of {name, value}, kept as the array"},
		},
	}
}
