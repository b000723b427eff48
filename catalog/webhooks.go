package catalog

// reportingWebhooks tell of no change but their content: no times, no
// deduplicate_id. Single records come bare, without an envelope.
func reportingWebhooks() *Entity {
	return &Entity{
		Name: "reporting_webhooks", Page: true,
		Doc:   "Addresses that Customer.io calls when something happens to a message or a person.",
		Key:   []string{"id"},
		Shown: []string{"id", "name", "endpoint", "type", "disabled", "events"},
		List:  List{Path: "/v1/reporting_webhooks", Items: "reporting_webhooks", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer}, Marks: Listed, Doc: "the webhook's number"},
			{Name: "name", Types: []Kind{String}, Marks: Listed | FullText, Doc: "what it is called"},
			{Name: "endpoint", Types: []Kind{String}, Marks: Listed, Doc: "address that is called; may hold a secret"},
			{Name: "disabled", Types: []Kind{Boolean}, Marks: Listed, Doc: "switched off"},
			{Name: "full_resolution", Types: []Kind{Boolean}, Marks: Listed, Doc: "every open and click is reported, not only each person's first"},
			{Name: "with_content", Types: []Kind{Boolean}, Marks: Listed, Doc: "the message's body comes along"},
			{Name: "events", Types: []Kind{Array}, Marks: Listed, Doc: "names of what is reported: email_sent, customer_subscribed …"},
			{Name: "type", Types: []Kind{String}, Doc: "webhook or js; cannot be set"},
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/reporting_webhooks", Envelope: "reporting_webhooks", Effect: Reads,
				Doc: "All reporting webhooks, in one answer."},
			{Name: "create", Method: "POST", Path: "/v1/reporting_webhooks", Effect: Writes,
				Doc: "Make a reporting webhook; the answer is the bare record.", Shown: "in the list of reporting_webhooks",
				Params: webhookParams()},
			{Name: "get", Method: "GET", Path: "/v1/reporting_webhooks/{webhook_id}", Effect: Reads,
				Doc:    "One reporting webhook, as the bare record.",
				Params: []Param{pathID("webhook_id", "the webhook's id")}},
			{Name: "update", Method: "PUT", Path: "/v1/reporting_webhooks/{webhook_id}", Effect: Writes,
				Doc: "Replace a reporting webhook whole: what is left out is reset.", Shown: "in the list of reporting_webhooks",
				Params: append([]Param{pathID("webhook_id", "the webhook's id")}, webhookParams()...)},
		},
	}
}

func webhookParams() []Param {
	return []Param{
		{Name: "name", Types: []Kind{String}, Required: true, In: InBody, Plain: true, Example: `"warehouse"`, Doc: "what to call it"},
		{Name: "endpoint", Types: []Kind{String}, Required: true, In: InBody, Limits: "a URL", Form: Link, Example: `"https://example.com/hooks"`, Doc: "address to call"},
		{Name: "events", Types: []Kind{Array}, Required: true, In: InBody,
			Limits: "an array of strings, at least one; names such as email_sent, push_sent, customer_subscribed", Items: String, Bounds: Bounds{MinItems: 1}, Plain: true, Example: `["email_sent"]`, Doc: "what to report"},
		{Name: "disabled", Types: []Kind{Boolean}, In: InBody, Doc: "switched off"},
		{Name: "full_resolution", Types: []Kind{Boolean}, In: InBody, Limits: "default false", Doc: "report every open and click, not only each person's first"},
		{Name: "with_content", Types: []Kind{Boolean}, In: InBody, Doc: "send the message's body along"},
	}
}
