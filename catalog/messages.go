package catalog

// messages are by far the largest table, so each index is paid for on every row.
// A row has at most one parent, so that three of those four entries are null.
// Everything else is read in the order of created.
func messages() *Entity {
	return &Entity{
		Name: "messages", Page: true,
		Doc:   "Deliveries: one send to one person, with the times of all that happened to it.",
		Key:   []string{"id"},
		Shown: []string{"id", "type", "recipient", "subject", "created", "metric_sent", "metric_opened", "metric_clicked"},
		// Unwatched, the API narrows a wider range to six months and says nothing.
		List: List{Path: "/v1/messages", Items: "messages", Paged: true, Size: 1000,
			Window: &Window{Field: "created", From: "start_ts", To: "end_ts", MaxDays: 180}},
		Attribution: &Attribution{By: "transactional_messages", Path: "/v1/transactional/{transactional_id}/messages", Param: "transactional_id",
			Field: "transactional_id", Others: []string{"campaign_id", "newsletter_id", "broadcast_id"}},
		Indexes: []Index{
			{"created", "what went out between two times, the newest deliveries, and the windows of the sync"},
			{"campaign_id", "what one campaign sent, the newest first"},
			{"newsletter_id", "what one newsletter sent"},
			{"broadcast_id", "what one broadcast sent"},
			{"transactional_id", "what one transactional message sent"},
			{"action_id", "how one step of a campaign fares"},
			{"customer_id", "what one person got"},
			{"recipient", "what one address, number or device got"},
		},
		Fields: []Field{
			{Name: "id", Types: []Kind{String}, Marks: Listed | Personal, Doc: "the delivery's id, base64url text; may hold - _ and =, and carries the time of creation"},
			{Name: "deduplicate_id", Types: []Kind{String}, Marks: Echo | Listed | Personal, Doc: "id, colon and a number that moves with the newest metric: a hint that something changed"},
			{Name: "type", Types: []Kind{String}, Marks: Listed, Doc: "channel: email, webhook, twilio, whatsapp, slack, push, in_app, live_notification, formerly urban_airship; free text"},
			{Name: "created", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | Indexed | ZeroIsNever, Doc: "when the delivery was made, which is not when it was sent; the only time that the list filters by"},
			{Name: "customer_id", Types: []Kind{String}, Marks: Listed | Personal | Indexed, Doc: "id of the person; may be null, and can pass to another person"},
			{Name: "customer_identifiers", Types: []Kind{Object}, Marks: Listed | Personal, Aliases: []string{"identifiers"}, Doc: "the person as {id, email, cio_id}; keys may be missing, ids may be numbers, cio_id never changes"},
			{Name: "campaign_id", Types: []Kind{Integer}, Refers: []string{"campaigns"}, Marks: Listed | Indexed | Crowded, Doc: "the campaign that sent it; a delivery has one parent at most, a transactional one none"},
			{Name: "newsletter_id", Types: []Kind{Integer}, Refers: []string{"newsletters"}, Marks: Listed | Indexed | Crowded, Doc: "the newsletter that sent it"},
			{Name: "broadcast_id", Types: []Kind{Integer}, Refers: []string{"broadcasts"}, Marks: Listed | Indexed, Doc: "the broadcast that sent it"},
			{Name: "content_id", Types: []Kind{Integer}, Refers: []string{"newsletter_contents"}, Marks: Listed, Doc: "the newsletter's variant, an id of newsletter_contents"},
			{Name: "action_id", Types: []Kind{Integer}, Refers: []string{"campaign_actions", "broadcast_actions"}, Marks: Listed | Indexed, Doc: "the step of the campaign or broadcast that sent it"},
			{Name: "parent_action_id", Types: []Kind{Integer}, Marks: Listed, Doc: "the step that action_id translates"},
			{Name: "message_template_id", Types: []Kind{Integer}, Marks: Listed, Aliases: []string{"msg_template_id"}, Doc: "the template, 0 in places; deprecated, and mostly sent under the key msg_template_id"},
			{Name: "recipient", Types: []Kind{String}, Marks: Listed | Personal | Indexed | FullText, Doc: "address, number or device token that it went to"},
			{Name: "subject", Types: []Kind{String}, Marks: Listed | Personal | FullText, Doc: "subject as the person saw it; null for in-app"},
			{Name: "forgotten", Types: []Kind{Boolean}, Marks: Listed, Doc: "true when the content was not kept"},
			{Name: "failure_message", Types: []Kind{String}, Marks: Listed | Personal | FullText, Doc: "why it failed; may quote an address"},
			{Name: "trigger_event_id", Types: []Kind{String, Integer}, Marks: Listed | Personal, Doc: "ULID of the event that set it off"},
			{Name: "metrics", Types: []Kind{Object}, Unit: NameToUnix, Marks: Listed | Personal, Doc: "when each thing first happened: sent, opened, link:1 …; an open set of names, and a missing name is not 0"},
			{Name: "tracked_responses", Types: []Kind{Object}, Unit: NameToIDTS, Marks: Personal, Doc: "answers that people picked; only when asked for with get_tracked_responses"},
			{Name: "transactional_id", Types: []Kind{Integer}, Refers: []string{"transactional_messages"}, Marks: FromMirror | Indexed, Doc: "the transactional message that sent it; never in the record, learnt from that message's own list of deliveries"},
		},
		Derived: []Derived{
			metric("sent", "when it left for the provider"),
			metric("delivered", "when the provider reported it delivered"),
			metric("opened", "when it was first opened, by a person or by a mail program"),
			metric("clicked", "when a link in it was first clicked, by a person or by a mail program"),
			metric("converted", "when the person first met the goal"),
			metric("bounced", "when it bounced"),
			metric("unsubscribed", "when the person unsubscribed through it"),
			metric("spammed", "when the person reported it as spam"),
			metric("dropped", "when it was held back, for instance for a suppressed address"),
			metric("failed", "when sending it failed"),
			metric("human_opened", "when it was first opened by a person; described as a count in places, so small numbers occur"),
			metric("human_clicked", "when a link was first clicked by a person; described as a count in places, so small numbers occur"),
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/messages", Envelope: "messages", Effect: Reads,
				Doc: "Deliveries, page by page; without times, those of the last six months.", Page: 50, Order: "-created",
				Params: []Param{
					startParam(),
					{Name: "limit", Types: []Kind{Integer}, In: InQuery, Limits: "default 50, at most 1000", Bounds: Bounds{Min: 1, Max: 1000}, Act: Sizes, Example: "50", Doc: "records on a page"},
					{Name: "type", Types: []Kind{String}, Enum: []string{"email", "webhook", "twilio", "whatsapp", "slack", "push", "in_app"}, In: InQuery,
						Limits: "the API takes live_notification too", Act: Equals, On: "type", Doc: "one channel only"},
					{Name: "metric", Types: []Kind{String}, In: InQuery,
						Enum: []string{"attempted", "sent", "delivered", "opened", "clicked", "converted", "bounced", "spammed",
							"unsubscribed", "dropped", "failed", "undeliverable"},
						Limits: "created was allowed in 2022", Act: Has, On: "metrics", Example: `"opened"`, Doc: "only deliveries to which this happened"},
					{Name: "campaign_id", Types: []Kind{Integer}, In: InQuery, Bounds: Bounds{Min: 1}, Act: Equals, On: "campaign_id", Doc: "only what this campaign sent"},
					{Name: "newsletter_id", Types: []Kind{Integer}, In: InQuery, Bounds: Bounds{Min: 1}, Act: Equals, On: "newsletter_id", Doc: "only what this newsletter sent"},
					{Name: "start_ts", Types: []Kind{Integer}, Unit: UnixSeconds, In: InQuery, Beyond: true,
						Limits: "inclusive; at most six months are served, without a word", Bounds: Bounds{Min: 1}, Act: AtLeast, On: "created", Example: "1767225600", Doc: "earliest time of creation"},
					{Name: "end_ts", Types: []Kind{Integer}, Unit: UnixSeconds, In: InQuery, Beyond: true,
						Limits: "inclusive; default now", Bounds: Bounds{Min: 1}, Act: AtMost, On: "created", Example: "1769904000", Doc: "latest time of creation"},
					{Name: "action_id", Types: []Kind{Integer}, In: InQuery, Beyond: true, Bounds: Bounds{Min: 1}, Act: Equals, On: "action_id", Doc: "only what this step sent"},
					{Name: "drafts", Types: []Kind{Boolean}, In: InQuery, Beyond: true,
						Limits: "instead of sent messages, not beside them", Act: LiveOnly, Doc: "drafts"},
					trackedResponses(),
				}},
			{Name: "get", Method: "GET", Path: "/v1/messages/{message_id}", Envelope: "message", Effect: Reads,
				Doc: "One delivery.",
				Params: []Param{
					{Name: "message_id", Types: []Kind{String}, Required: true, In: InPath,
						Limits: "may hold - _ and =, so it is percent-encoded", Example: `"dgOq6QWq6QUDAAF22PaOyFVqVxHY3rI5fsg="`, Doc: "the delivery's id"},
					trackedResponses(),
				}},
		},
	}
}

func metric(key, doc string) Derived {
	return Derived{Name: "metric_" + key, From: "metrics", Key: key, Unit: UnixSeconds, Doc: doc}
}

func trackedResponses() Param {
	return Param{Name: "get_tracked_responses", Types: []Kind{Boolean}, In: InQuery, Beyond: true,
		Limits: "default false", Act: LiveOnly, Doc: "with the answers that people picked"}
}
