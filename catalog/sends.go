package catalog

// The four sends. None is ever repeated by itself: the API knows no idempotency
// key, so a second request is a second message.

func transactionalEmail() *Entity {
	return &Entity{
		Name: "transactional_email", Page: true,
		Doc:    "An e-mail to one person, sent now or later, from a template or from what the call holds.",
		Result: sendResult(),
		Actions: []Action{{
			Name: "create", Method: "POST", Path: "/v1/send/email", Effect: Reaches,
			Doc:   "Send an e-mail; an unknown person is created, and without a template the metrics count for transactional message 1.",
			Shown: "among the person's deliveries, after a moment", MaxBytes: 2048 << 10,
			Totals: []Total{{Of: []string{"to", "cc", "bcc"}, Max: 15, Unit: "addresses"}, {Of: []string{"attachments"}, Max: 2<<20 - 1, Unit: "bytes"}},
			Params: []Param{
				{Name: "transactional_message_id", Types: []Kind{Integer, String}, When: "unless body, subject and from are all given", In: InBody,
					Unless: []string{"body", "subject", "from"}, Plain: true, Example: `"welcome"`, Doc: "the template's id, or its trigger name in any case"},
				{Name: "to", Types: []Kind{String}, Required: true, In: InBody,
					Limits: "\"Name <address>\" or an address, several with commas; 15 at most, copies included", Form: Addresses, Example: `"Ann <ann@example.com>"`, Doc: "who gets it"},
				identifiers(),
				messageData(),
				{Name: "from", Types: []Kind{String}, In: InBody, Limits: "its domain must be verified", Example: `"Shop <shop@example.com>"`, Doc: "address to send from, instead of the template's"},
				{Name: "subject", Types: []Kind{String}, In: InBody, Limits: "replaces the template's", Doc: "the subject"},
				{Name: "body", Types: []Kind{String}, In: InBody, Limits: "HTML; replaces the template's", Doc: "the content"},
				{Name: "body_plain", Types: []Kind{String}, In: InBody, Doc: "the content as plain text; the specification of 2022 called it plaintext_body"},
				{Name: "reply_to", Types: []Kind{String}, In: InBody, Doc: "address that answers go to"},
				{Name: "bcc", Types: []Kind{String}, In: InBody, Limits: "commas between several; 15 with to", Form: Addresses, Example: `"Ann <ann@example.com>"`, Doc: "addresses that get a hidden copy"},
				{Name: "headers", Types: []Kind{Object}, In: InBody,
					Limits: "ASCII only", Form: ASCII, Example: `{"X-Mailer":"shop"}`, Doc: "own mail headers, name to value; the specifications want a list, but the map works"},
				{Name: "preheader_text", Types: []Kind{String}, In: InBody, Wire: "preheader", Doc: "the line that mail programs show beside the subject"},
				{Name: "attachments", Types: []Kind{Object}, In: InBody, Limits: "below 2 MB in all", Form: Files, Example: `{"hello.txt":"aGVsbG8="}`, Doc: "files, name to base64"},
				{Name: "disable_message_retention", Types: []Kind{Boolean}, In: InBody, Doc: "do not keep what was sent"},
				{Name: "send_to_unsubscribed", Types: []Kind{Boolean}, In: InBody, Limits: "default true", Doc: "send although the person has unsubscribed"},
				{Name: "tracked", Types: []Kind{Boolean}, In: InBody, Limits: "default true", Doc: "count opens and clicks"},
				{Name: "queue_draft", Types: []Kind{Boolean}, In: InBody, Limits: "default false", Doc: "keep it as a draft instead of sending"},
				sendAt(false),
				{Name: "body_amp", Types: []Kind{String}, In: InBody, Beyond: true, Doc: "the content as AMP HTML"},
				{Name: "cc", Types: []Kind{String}, In: InBody, Beyond: true, Limits: "counts towards the 15 addresses", Form: Addresses, Example: `"Ann <ann@example.com>"`, Doc: "addresses that get an open copy"},
				{Name: "fake_bcc", Types: []Kind{Boolean}, In: InBody, Beyond: true, Doc: "send hidden copies as messages of their own"},
				language(),
				{Name: "disable_css_preprocessing", Types: []Kind{Boolean}, In: InBody, Beyond: true, Limits: "default false", Doc: "leave the CSS as it is"},
				autoCreate(),
			},
		}},
	}
}

func transactionalSMS() *Entity {
	return &Entity{
		Name: "transactional_sms", Page: true,
		Doc:    "A text message to one person; the workspace needs Twilio.",
		Result: sendResult(),
		Actions: []Action{{
			Name: "create", Method: "POST", Path: "/v1/send/sms", Effect: Reaches,
			Doc:   "Send a text message; a template is always needed.",
			Shown: "among the person's deliveries, after a moment", MaxBytes: 2048 << 10,
			Params: []Param{
				{Name: "transactional_message_id", Types: []Kind{Integer, String}, Required: true, In: InBody,
					Limits: "never optional here", Plain: true, Example: `"welcome"`, Doc: "the template's id, or its trigger name in any case"},
				{Name: "to", Types: []Kind{String}, Required: true, In: InBody,
					Limits: "E.164, such as +15551234567; the API takes Liquid too", Form: Phone, Example: `"+15551234567"`, Doc: "number that gets it"},
				identifiers(),
				messageData(),
				{Name: "from", Types: []Kind{String}, In: InBody, Limits: "verified in Twilio", Example: `"+15557654321"`, Doc: "number to send from"},
				{Name: "send_to_unsubscribed", Types: []Kind{Boolean}, In: InBody, Doc: "send although the person has unsubscribed"},
				{Name: "tracked", Types: []Kind{Boolean}, In: InBody, Limits: "default true", Doc: "count clicks"},
				{Name: "queue_draft", Types: []Kind{Boolean}, In: InBody, Doc: "keep it as a draft instead of sending"},
				{Name: "disable_message_retention", Types: []Kind{Boolean}, In: InBody, Doc: "do not keep what was sent"},
				sendAt(true),
				language(),
				autoCreate(),
			},
		}},
	}
}

func transactionalPush() *Entity {
	return &Entity{
		Name: "transactional_push", Page: true,
		Doc:    "A push notification to the devices of one person; the workspace needs push set up.",
		Result: sendResult(),
		Actions: []Action{{
			Name: "create", Method: "POST", Path: "/v1/send/push", Effect: Reaches,
			Doc:   "Send a push notification.",
			Shown: "among the person's deliveries, after a moment", MaxBytes: 2048 << 10,
			Params: []Param{
				// The sources disagree, so the call is passed on and the server judges.
				{Name: "transactional_message_id", Types: []Kind{Integer, String}, In: InBody,
					When:  "the page lets it be left out when title and message are given, the specification of 2026 does not",
					Plain: true, Example: `"welcome"`, Doc: "the template's id, or its trigger name in any case"},
				{Name: "to", Types: []Kind{String}, In: InBody, Limits: "all (the default), last_used or a device's token", Example: `"last_used"`, Doc: "which of the person's devices"},
				identifiers(),
				messageData(),
				{Name: "title", Types: []Kind{String}, In: InBody, Limits: "replaces the template's", Doc: "the first line"},
				{Name: "message", Types: []Kind{String}, In: InBody, Limits: "replaces the template's", Doc: "the text"},
				{Name: "link", Types: []Kind{String}, In: InBody, Limits: "a deep link", Doc: "where a tap leads"},
				{Name: "image_url", Types: []Kind{String}, In: InBody, Doc: "picture to show"},
				{Name: "custom_data", Types: []Kind{Object}, In: InBody, Doc: "data for the app"},
				{Name: "custom_payload", Types: []Kind{Object}, In: InBody, Limits: "for iOS, for Android", Doc: "what a platform gets instead"},
				{Name: "sound", Types: []Kind{String}, In: InBody, Limits: "the API knows default and none", Doc: "sound to play"},
				{Name: "send_to_unsubscribed", Types: []Kind{Boolean}, In: InBody, Doc: "send although the person has unsubscribed"},
				{Name: "queue_draft", Types: []Kind{Boolean}, In: InBody, Doc: "keep it as a draft instead of sending"},
				{Name: "disable_message_retention", Types: []Kind{Boolean}, In: InBody, Doc: "do not keep what was sent"},
				sendAt(false),
				{Name: "custom_device", Types: []Kind{Object}, In: InBody, Beyond: true, Doc: "a device that the person's profile lacks"},
				language(),
				autoCreate(),
			},
		}},
	}
}

func transactionalInboxMessage() *Entity {
	return &Entity{
		Name: "transactional_inbox_message", Page: true,
		Doc:    "A message in a person's inbox inside the app, shown by Customer.io's SDK.",
		Result: sendResult(),
		Actions: []Action{{
			Name: "create", Method: "POST", Path: "/v1/send/inbox_message", Effect: Reaches,
			Doc:   "Put a message into a person's inbox.",
			Shown: "among the person's deliveries, after a moment", MaxBytes: 2048 << 10,
			Params: []Param{
				{Name: "transactional_message_id", Types: []Kind{Integer, String}, Required: true, In: InBody,
					Limits: "a template for the inbox", Plain: true, Example: `"welcome"`, Doc: "the template's id, or its trigger name in any case"},
				identifiers(),
				messageData(),
				{Name: "disable_message_retention", Types: []Kind{Boolean}, In: InBody, Beyond: true, Doc: "do not keep what was sent"},
				{Name: "queue_draft", Types: []Kind{Boolean}, In: InBody, Beyond: true, Doc: "keep it as a draft instead of sending"},
				sendAt(true),
				language(),
			},
		}},
	}
}

// sendResult is what every send answers, bare.
func sendResult() []Field {
	return []Field{
		{Name: "delivery_id", Types: []Kind{String}, Marks: Personal, Doc: "the new delivery; messages lists it after a while"},
		{Name: "queued_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: ZeroIsNever, Doc: "when it was taken on"},
		{Name: "send_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: ZeroIsNever, Doc: "when it will go out; only when a later time was asked for"},
	}
}

func identifiers() Param {
	return Param{Name: "identifiers", Types: []Kind{Object}, Required: true, In: InBody,
		Limits: "exactly one key: id, email or cio_id, its value a string", Form: Person, Example: `{"id":"42"}`, Doc: "the person"}
}

func messageData() Param {
	return Param{Name: "message_data", Types: []Kind{Object}, In: InBody,
		Limits: "in the template as {{trigger.<key>}}", Example: `{"name":"Ann"}`, Doc: "values for the template"}
}

func sendAt(beyond bool) Param {
	return Param{Name: "send_at", Types: []Kind{Integer}, Unit: UnixSeconds, In: InBody, Beyond: beyond,
		Limits: "90 days ahead at most; a time gone by means now", Bounds: Bounds{Min: 1, MaxDays: 90}, Example: "1767225600", Doc: "when to send"}
}

func language() Param {
	return Param{Name: "language", Types: []Kind{String}, In: InBody, Beyond: true, Plain: true, Example: `"de"`, Doc: "which variant of the template"}
}

func autoCreate() Param {
	return Param{Name: "auto_create", Types: []Kind{Boolean}, In: InBody, Beyond: true,
		Limits: "a name that belongs to another channel is refused", Doc: "make an empty template when none has the trigger name given"}
}
