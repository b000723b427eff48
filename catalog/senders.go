package catalog

// senderIdentities have no times of their own. Hidden ones come only with
// hidden=true, so a second walk fetches them: without it, hiding a sender would
// look like deleting it.
func senderIdentities() *Entity {
	return &Entity{
		Name: "sender_identities", Page: true,
		Doc:   "Addresses and numbers that messages come from.",
		Key:   []string{"id"},
		Shown: []string{"id", "name", "email", "phone", "template_type", "hidden"},
		List: List{Path: "/v1/sender_identities", Items: "sender_identities", Paged: true, Size: 100, Sort: "asc",
			Views: []View{{Param: "hidden", Value: "true"}}, Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer}, Marks: Listed, Doc: "the sender's number"},
			{Name: "deduplicate_id", Types: []Kind{String}, Marks: Echo | Listed, Doc: "id, colon and the second of the last update: the only sign of when it changed"},
			{Name: "name", Types: []Kind{String}, Marks: Listed | Personal | FullText, Doc: "name that recipients see"},
			{Name: "email", Types: []Kind{String}, Marks: Listed | Personal, Doc: "mail address; absent for phone senders"},
			{Name: "address", Types: []Kind{String}, Marks: Listed | Personal, Doc: "address in full; how it differs from email is not documented"},
			{Name: "phone", Types: []Kind{String}, Marks: Listed | Personal, Doc: "phone number; absent for mail senders"},
			{Name: "template_type", Types: []Kind{String}, Marks: Listed, Doc: "what it can send: email or phone"},
			{Name: "auto_generated", Types: []Kind{Boolean}, Marks: Listed, Doc: "made by Customer.io, not by the team"},
			{Name: "hidden", Types: []Kind{Boolean}, Doc: "left out of the plain list"},
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/sender_identities", Envelope: "sender_identities", Effect: Reads,
				Doc: "Senders, page by page, without the hidden ones.", Page: 50, Order: "id",
				Params: []Param{startParam(), unstatedLimit(), sortParam(),
					{Name: "hidden", Types: []Kind{Boolean}, In: InQuery, Beyond: true, Act: Reveals, On: "hidden", Doc: "true shows the hidden ones"}}},
			{Name: "get", Method: "GET", Path: "/v1/sender_identities/{sender_id}", Envelope: "sender_identity", Effect: Reads,
				Doc:    "One sender.",
				Params: []Param{pathID("sender_id", "the sender's id")}},
		},
	}
}
