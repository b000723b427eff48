package sim

import "strconv"

// addAction makes one action of a campaign or broadcast. Its ids are numbers in
// most records and strings in some, as clients have met them.
func (s *Sim) addAction(tableName, parentKey string, parent int64, kind, title, subject string, created, updated int64) *row {
	id := s.next("actions")
	o := new(object)
	if id%7 == 0 {
		o.str("id", strconv.FormatInt(id, 10))
	} else {
		o.num("id", id)
	}
	o.num(parentKey, parent).str("deduplicate_id", token(id, updated)).str("name", title).str("type", kind).
		num("created", created).num("updated", updated)
	switch {
	case id%11 == 3:
		o.str("sending_state", "draft")
	case id%13 == 5:
		o.str("sending_state", "off")
	default:
		o.str("sending_state", "automatic")
	}
	describeAction(o, id, kind, subject)
	if id%9 == 4 {
		o.flag("is_archived", false) // fields come without notice
	}
	return s.tables[tableName].add(&row{id: id, parent: parent, o: o})
}

func describeAction(o *object, id int64, kind, subject string) {
	switch kind {
	case "webhook":
		o.str("url", "https://api.example.com/v1/leads?token=wh-"+strconv.FormatInt(id, 10))
		if id%2 == 0 {
			o.str("method", "post")
		} else {
			o.str("request_method", "POST")
		}
		o.raw("headers", `[{"name":"Content-Type","value":"application/json"}]`).str("body", bodyOf(kind, id, ""))
	case "whatsapp":
		o.str("body", bodyOf(kind, id, "")).raw("body_json", `{"name":"order_update","language":{"code":"en_US"},"components":[]}`).
			num("sender_identity_id", 3).str("recipient", "{{customer.phone}}").flag("send_to_unsubscribed", false).flag("tracked", true)
	case "twilio":
		o.str("body", bodyOf(kind, id, "")).str("recipient", "").str("from", "+15550142").num("from_id", 3)
		if id%2 == 0 {
			o.str("image_url", "https://cdn.example.com/mms.png")
		}
	case "slack", "push", "in_app", "urban_airship":
		o.str("body", bodyOf(kind, id, "")).str("subject", subject).str("recipient", "").str("language", "")
	default:
		o.str("body", bodyOf(kind, id, "")).str("body_plain", "").str("layout", "Default layout").str("editor", pickEditor(id)).
			str("subject", subject).str("preheader_text", "Just two minutes").str("from", "Lumen <hello@lumen.example.com>")
		if id%5 == 0 {
			o.str("from_id", "1")
		} else {
			o.num("from_id", 1)
		}
		o.str("recipient", "{{customer.email}}").str("bcc", "").flag("fake_bcc", id%2 == 0).str("preprocessor", "premailer").
			str("language", "")
		if id%3 == 0 {
			o.str("reply_to", "support@lumen.example.com").num("reply_to_id", 4)
		} else {
			o.null("reply_to").null("reply_to_id")
		}
		if id%2 == 0 {
			o.str("headers", `[{"name":"X-Campaign","value":"`+strconv.FormatInt(id, 10)+`"}]`)
		} else {
			o.raw("headers", `[{"name":"X-Campaign","value":"`+strconv.FormatInt(id, 10)+`"}]`)
		}
		if id%8 == 1 {
			o.num("recipient_environment_id", 78401)
		}
	}
}

// addVariant makes a language variant of an action, which is an action itself.
func (s *Sim) addVariant(tableName, parentKey string, of *row, lang, subject string, weight int, set func(*source)) *row {
	kind := of.o.text("type")
	a := s.addAction(tableName, parentKey, of.parent, kind, of.o.text("name")+" ("+lang+")", subject, of.o.integer("created"), of.o.integer("updated"))
	a.o.num("parent_action_id", of.id).str("language", lang).str("body", bodyOf(kind, a.id, lang))
	if a.id%2 == 0 {
		a.o.num("multi_language_branch_action_id", of.id)
	}
	s.addSource(a, kind, weight, func(src *source) {
		src.parentAction = of.id
		set(src)
	})
	return a
}

func pickEditor(id int64) string { return []string{"code", "drag_and_drop", "rich_text"}[id%3] }

// bodyOf is the content of an action: Liquid in HTML, text or JSON by its type.
func bodyOf(kind string, id int64, lang string) string {
	n := strconv.FormatInt(id, 10)
	switch kind {
	case "webhook":
		return `{"person":"{{customer.id}}","email":"{{customer.email}}","step":` + n + `}`
	case "whatsapp":
		return `{"name":"order_update","language":{"code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"{{customer.first_name}}"}]}]}`
	case "twilio":
		return "Lumen: hi {{customer.first_name}}, your code is {{trigger.code}}. Reply STOP to opt out."
	case "push", "urban_airship":
		return `{"title":"Lumen","body":"{{customer.first_name}}, take a look 👀","link":"lumen://step/` + n + `"}`
	case "slack":
		return ":wave: {{customer.email}} reached step " + n
	case "in_app", "inbox":
		return "<div class=\"card\">{{customer.first_name | default: \"Hey\"}}, there is news.</div>"
	}
	text := "{% if customer.plan == \"premium\" %}As a premium member you go first.{% else %}Here is what you can do next.{% endif %}"
	switch lang {
	case "fr":
		text = "Découvrez ce que vous pouvez faire ensuite, c’est déjà prêt."
	case "ja":
		text = "次にできることをご紹介します。"
	}
	return "{% snippet \"brand_header\" %}\n<h1>{% snippet \"greeting\" %}</h1>\n<p>" + text + "</p>\n" +
		"<p><a href=\"https://lumen.example.com/start?step=" + n + "\">Open Lumen</a> · <a href=\"https://lumen.example.com/docs\">Guide</a></p>\n" +
		"{% snippet \"footer\" %}"
}
