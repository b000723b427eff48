package catalog

// campaignActions are a union of four shapes (message, SMS, WhatsApp, webhook):
// fields of other shapes are absent. Ids are unique in a workspace as far as is
// known; the key holds the campaign too, because no source promises it.
func campaignActions() *Entity {
	return &Entity{
		Name: "campaign_actions", Page: true, HostedStore: true,
		Doc:    "The steps of a campaign that send something or call a webhook, with their content.",
		Key:    []string{"campaign_id", "id"},
		Shown:  []string{"campaign_id", "id", "name", "type", "sending_state", "subject", "updated"},
		Parent: &Parent{Entity: "campaigns", Param: "campaign_id", Field: "campaign_id"},
		// The endpoint has no limit parameter: ten records a page.
		List:   List{Path: "/v1/campaigns/{campaign_id}/actions", Items: "actions", Paged: true, Complete: true},
		Fields: actionFields(),
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/campaigns/{campaign_id}/actions", Envelope: "actions", Effect: Reads,
				Doc: "The steps of one campaign, ten a page.", Page: 10, Order: "id",
				Params: []Param{
					pathID("campaign_id", "whose steps"),
					startParam(),
				}},
			{Name: "get", Method: "GET", Path: "/v1/campaigns/{campaign_id}/actions/{action_id}", Envelope: "action", Effect: Reads,
				Doc: "One step of a campaign.",
				Params: []Param{
					pathID("campaign_id", "whose step"),
					// Records have been seen with ids as text, so what a record
					// says can be handed back as it is.
					{Name: "action_id", Types: []Kind{Integer, String}, Required: true, In: InPath,
						Limits: "a string must hold a number", Form: Digits, Bounds: Bounds{Min: 1}, Plain: true, Doc: "the step's id"},
				}},
			searchAction(),
		},
	}
}

// actionFields are the fields of a step of a campaign. broadcastActions makes its
// own from them.
//
// The hosted store declares the three ids as strings although records say
// integer; Store holds that, so that 96 and "96" find the same step.
func actionFields() []Field {
	return []Field{
		{Name: "id", Types: []Kind{Integer, String}, Store: String, Marks: Listed | Hosted, Doc: "the step's number; sent as a number or as text, and each language variant has its own"},
		{Name: "campaign_id", Types: []Kind{Integer}, Refers: []string{"campaigns"}, Marks: Listed | Hosted, Doc: "the campaign that it belongs to"},
		{Name: "deduplicate_id", Types: []Kind{String}, Marks: Echo | Listed | Hosted, Doc: "id, colon and the second of the last update: a hint that something changed"},
		{Name: "name", Types: []Kind{String}, Marks: Listed | Hosted | FullText, Doc: "what the step is called"},
		{Name: "type", Types: []Kind{String}, Marks: Listed | Hosted, Doc: "channel: email, webhook, twilio, push, slack, in_app, whatsapp, formerly urban_airship; free text"},
		{Name: "created", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | Hosted | ZeroIsNever, Doc: "when it was made"},
		{Name: "updated", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | Hosted | ZeroIsNever, Doc: "when it was last edited"},
		{Name: "sending_state", Types: []Kind{String}, Marks: Listed | Hosted, Doc: "automatic, draft or off; free text"},
		{Name: "parent_action_id", Types: []Kind{Integer}, Marks: Listed | Hosted, Doc: "the step that this one translates"},
		{Name: "multi_language_branch_action_id", Types: []Kind{Integer}, Doc: "the branch that picks among a set of languages; type inferred"},
		{Name: "language", Types: []Kind{String}, Marks: Listed | Hosted, Doc: "language of the variant; the empty string is the default one"},
		{Name: "body", Types: []Kind{String}, Marks: Listed | Hosted | FullText, Doc: "the content with its Liquid: HTML, text or, for WhatsApp, a template as JSON; may be long"},
		{Name: "body_json", Types: []Kind{Object, String}, Doc: "the WhatsApp template as JSON; WhatsApp only"},
		{Name: "body_amp", Types: []Kind{String}, Marks: Listed | FullText, Doc: "the content as AMP HTML"},
		{Name: "body_plain", Types: []Kind{String}, Marks: Listed | FullText, Doc: "the content as plain text"},
		{Name: "layout", Types: []Kind{String}, Marks: Listed | Hosted, Doc: "the layout around the content"},
		{Name: "editor", Types: []Kind{String}, Marks: Listed | Hosted, Doc: "the editor that made the content"},
		{Name: "subject", Types: []Kind{String}, Marks: Listed | Hosted | FullText, Doc: "subject with its Liquid"},
		{Name: "preheader_text", Types: []Kind{String}, Marks: Listed | Hosted, Doc: "the line that mail programs show beside the subject; sends call it preheader"},
		{Name: "from", Types: []Kind{String}, Marks: Listed | Hosted | Personal, Doc: "address that it comes from"},
		{Name: "from_id", Types: []Kind{Integer, String}, Store: String, Refers: []string{"sender_identities"}, Marks: Listed | Hosted, Doc: "the sender identity that it comes from"},
		{Name: "reply_to", Types: []Kind{String}, Marks: Listed | Hosted | Personal, Doc: "address that answers go to"},
		{Name: "reply_to_id", Types: []Kind{Integer, String}, Store: String, Refers: []string{"sender_identities"}, Marks: Listed | Hosted, Doc: "the sender identity that answers go to"},
		{Name: "recipient", Types: []Kind{String}, Marks: Listed | Hosted | Personal, Doc: "an address, or the Liquid that makes one; blank for an SMS whose recipient is Liquid"},
		{Name: "recipient_environment_id", Types: []Kind{Integer}, Marks: Hosted, Doc: "workspace of the recipient; searchable in the hosted store, not in records of the page"},
		{Name: "cc", Types: []Kind{String}, Marks: Personal, Doc: "addresses that get an open copy"},
		{Name: "bcc", Types: []Kind{String}, Marks: Listed | Hosted | Personal, Doc: "addresses that get a hidden copy"},
		{Name: "fake_bcc", Types: []Kind{Boolean}, Marks: Listed | Hosted, Doc: "hidden copies go out as messages of their own"},
		{Name: "headers", Types: []Kind{String, Array, Object}, Marks: Listed | Hosted | Personal | NameValueList, Doc: "own mail headers; sent as JSON in a string, or as an array of {name, value}, kept as the array"},
		{Name: "preprocessor", Types: []Kind{String}, Marks: Listed | Hosted, Doc: "what inlines the CSS; only premailer is known"},
		{Name: "broadcast_id", Types: []Kind{Integer}, Refers: []string{"broadcasts"}, Marks: Listed, Doc: "the broadcast that it belongs to"},
		{Name: "url", Types: []Kind{String}, Marks: Listed | Hosted, Doc: "address that a webhook step calls; may hold a secret"},
		{Name: "request_method", Types: []Kind{String}, Marks: Hosted | Upper, Aliases: []string{"method"}, Doc: "HTTP method of a webhook step; records call it method and write it in either case"},
		{Name: "method", Types: []Kind{String}, Doc: "HTTP method of a webhook step as the API wrote it; see request_method"},
		{Name: "image_url", Types: []Kind{String}, Doc: "picture of an MMS; SMS only"},
		{Name: "sender_identity_id", Types: []Kind{Integer}, Refers: []string{"sender_identities"}, Doc: "the sender identity of a WhatsApp step"},
		{Name: "send_to_unsubscribed", Types: []Kind{Boolean}, Doc: "goes to unsubscribed people too; WhatsApp only"},
		{Name: "tracked", Types: []Kind{Boolean}, Doc: "opens and clicks are counted; WhatsApp only"},
	}
}
