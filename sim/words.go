package sim

// personName is a name and its plain form for an address.
type personName struct{ shown, plain string }

var firstNames = []personName{
	{"Ada", "ada"}, {"Amélie", "amelie"}, {"Björn", "bjorn"}, {"Carlos", "carlos"}, {"Chloé", "chloe"},
	{"Dmitri", "dmitri"}, {"Elif", "elif"}, {"Emma", "emma"}, {"Fatima", "fatima"}, {"Grace", "grace"},
	{"Hana", "hana"}, {"Ingrid", "ingrid"}, {"Jamal", "jamal"}, {"Jürgen", "jurgen"}, {"Kofi", "kofi"},
	{"Leïla", "leila"}, {"Liam", "liam"}, {"Łukasz", "lukasz"}, {"Mateo", "mateo"}, {"Mia", "mia"},
	{"Niamh", "niamh"}, {"Noah", "noah"}, {"Olga", "olga"}, {"Priya", "priya"}, {"Quinn", "quinn"},
	{"Renée", "renee"}, {"さくら", "sakura"}, {"Søren", "soren"}, {"Tomás", "tomas"}, {"伟", "wei"},
	{"Yusuf", "yusuf"}, {"Zoë", "zoe"}, {"نور", "nour"}, {"Olivia", "olivia"}, {"Samuel", "samuel"},
}

var lastNames = []personName{
	{"Almeida", "almeida"}, {"Andersson", "andersson"}, {"Bauer", "bauer"}, {"Chen", "chen"}, {"Dubois", "dubois"},
	{"Evans", "evans"}, {"Fischer", "fischer"}, {"García", "garcia"}, {"Haddad", "haddad"}, {"Ivanova", "ivanova"},
	{"Jones", "jones"}, {"Kowalski", "kowalski"}, {"Larsen", "larsen"}, {"Müller", "muller"}, {"Nakamura", "nakamura"},
	{"O'Brien", "obrien"}, {"Okafor", "okafor"}, {"Patel", "patel"}, {"Rossi", "rossi"}, {"Şahin", "sahin"},
	{"Smith", "smith"}, {"Tanaka", "tanaka"}, {"Van Dijk", "vandijk"}, {"Williams", "williams"}, {"Yılmaz", "yilmaz"},
}

var staff = []string{"maya@lumen.example.com", "tom@lumen.example.com", "ines@lumen.example.com"}

// theme is what a campaign is about.
type theme struct {
	name, about string
	kind        string // what triggers it
	trigger     string // event, attribute or segment name
	state       string
	steps       []string // types of its actions
	subjects    []string
}

var themes = []theme{
	{"Welcome series", "First two weeks after signing up", "segment", "Signed up", "running",
		[]string{"email", "email", "in_app", "email", "push", "slack"},
		[]string{"Welcome aboard, {{customer.first_name}} 👋", "Three things to try first", "Your first week with Lumen"}},
	{"Abandoned cart", "Reminder after a cart was left", "event", "cart_abandoned", "running",
		[]string{"email", "push", "email", "twilio"},
		[]string{"{{customer.first_name}}, you left something behind", "Still thinking it over?", "Your cart expires tonight"}},
	{"Trial ending soon", "Counts down to the end of the trial", "date", "trial_ends_at", "running",
		[]string{"email", "email", "twilio", "webhook"},
		[]string{"Your trial ends in 3 days", "Last day of your trial, {{customer.first_name}}"}},
	{"Feature adoption tour", "One feature a week, by plan", "segment", "Paying customers", "running",
		[]string{"email", "in_app", "email", "in_app", "email", "email", "push", "email", "in_app", "email", "email", "webhook", "email", "whatsapp"},
		[]string{"Did you know? Shared boards", "Automate the boring part", "Tip: keyboard shortcuts ⌨️", "Réunions plus courtes, {{customer.first_name}}"}},
	{"Win-back 90 days", "People who were last seen 90 days ago", "segment", "Inactive for 90 days", "running",
		[]string{"email", "email", "push"},
		[]string{"We miss you, {{customer.first_name}}", "Tu nous manques 💙"}},
	{"Post-purchase follow-up", "Thanks, tips and a review request", "event", "order_completed", "running",
		[]string{"email", "email", "whatsapp", "in_app"},
		[]string{"Thank you for your order", "How is it going, {{customer.first_name}}?"}},
	{"Birthday 🎂", "Voucher on the day", "date", "birthday", "running",
		[]string{"email", "push"},
		[]string{"Happy birthday, {{customer.first_name}}! 🎉", "お誕生日おめでとうございます"}},
	{"Account manager introduction", "When a person joins an account", "relationship", "", "running",
		[]string{"email", "slack"},
		[]string{"Meet your account manager"}},
	{"Workspace limit reached", "When an account uses up its seats", "object", "", "running",
		[]string{"email", "webhook"},
		[]string{"Your account has reached its limit"}},
	{"Lead intake", "Leads from the site's form", "webhook", "", "running",
		[]string{"webhook", "email"},
		[]string{"We got your request, {{customer.first_name}}"}},
	{"Rentrée d’été (brouillon)", "Not yet decided", "event", "season_started", "draft",
		[]string{"email", "push"},
		[]string{"C’est bientôt la rentrée"}},
	{"Old onboarding", "Replaced by the welcome series", "segment", "Signed up", "stopped",
		[]string{"email", "email", "urban_airship"},
		[]string{"Getting started", "Getting further"}},
	{"Payment failed", "Dunning", "event", "payment_failed", "running",
		[]string{"email", "email", "twilio", "in_app"},
		[]string{"We could not charge your card", "Please update your card, {{customer.first_name}}"}},
	{"NPS survey", "Quarterly survey", "segment", "Paying customers", "running",
		[]string{"email", "in_app"},
		[]string{"One question, {{customer.first_name}}", "How likely are you to recommend us?"}},
	{"新規登録ありがとう", "日本向け", "segment", "Signed up", "running",
		[]string{"email", "email", "push"},
		[]string{"ご登録ありがとうございます", "はじめての設定ガイド"}},
	{"حملة الترحيب", "الأسبوع الأول", "segment", "Signed up", "running",
		[]string{"email", "whatsapp"},
		[]string{"أهلاً وسهلاً {{customer.first_name}}", "ابدأ من هنا"}},
}

// markets tell the many campaigns of a large workspace apart.
var markets = []string{"DE", "FR", "UK", "US", "日本", "BR", "NL", "ES", "SE", "PL", "MENA", "IT", "v2", "v3", "B", "enterprise", "self-serve"}

var tagPool = []string{"onboarding", "lifecycle", "retention", "billing", "growth", "été-2026", "beta", "日本", "do not touch"}

var newsletterNames = []string{
	"Product news", "Monthly digest", "Spring sale 🌷", "Lettre d’information", "Customer stories", "Webinar invitation",
	"Changelog", "季節のお知らせ", "Community round-up", "Black Friday early access",
}

var newsletterSubjects = []string{
	"What’s new in Lumen", "{{customer.first_name}}, your month in numbers", "48 hours only: 30 % off", "Les nouveautés du mois",
	"How three teams ship faster", "Save your seat", "Release notes you will read", "春のアップデート", "عروض هذا الشهر",
}

var segmentNames = []string{
	"Signed up", "Paying customers", "Inactive for 90 days", "Trial users", "Opened an email in 30 days",
	"Enterprise accounts", "Beta testers", "VIP – invited by hand", "Bought twice", "Has the mobile app",
	"Kunden in Österreich", "日本のお客様", "Unsubscribed", "Viewed pricing", "Event guests 2026",
}

var snippetTexts = [][2]string{
	{"footer", "<p>Lumen Ltd · 1 Example Street · <a href=\"{% unsubscribe_url %}\">Unsubscribe</a></p>"},
	{"brand_header", "<img src=\"https://cdn.example.com/logo.png\" alt=\"Lumen\" width=\"120\">"},
	{"greeting", "{% if customer.first_name %}Hi {{customer.first_name}},{% else %}Hello,{% endif %}"},
	{"support_line", "Questions? Write to support@example.com or call +15550100."},
	{"pied de page", "<p>Vous recevez ce message parce que vous êtes client·e de Lumen.</p>"},
	{"フッター", "<p>このメールは配信専用です。</p>"},
	{"legal/de", "<p>Lumen GmbH, Musterstraße 1, 10115 Berlin</p>"},
	{"promo_code", "{{trigger.code | default: \"LUMEN10\"}}"},
	{"social_links", "<a href=\"https://social.example.com/lumen\">Follow us</a>"},
	{"تذييل", "<p dir=\"rtl\">شكراً لاختيارك لومن</p>"},
}

var templateNames = []struct{ name, about, trigger, kind, subject string }{
	{"Order receipt", "After each payment", "order_receipt", "email", "Your receipt {{trigger.order_id}}"},
	{"Password reset", "One-time link", "password_reset", "email", "Reset your password, {{customer.first_name}}"},
	{"Sign-in code", "Six digits by SMS", "sign_in_code", "twilio", ""},
	{"Order shipped", "Push when the parcel leaves", "order_shipped", "push", "Your order is on its way 📦"},
	{"Account notice", "Shown in the inbox of the app", "account_notice", "inbox", "A note about your account"},
	{"Invoice", "On the first of the month", "invoice", "email", "Your invoice for {{trigger.month}}"},
	{"Export ready", "A report can be downloaded", "export_ready", "email", "Your export is ready"},
}

var broadcastNames = []string{"Outage notice", "Back in stock", "Price change notice", "Team invitation", "Course reminder"}

var eventNames = []string{"order_completed", "cart_abandoned", "plan_upgraded", "video_played", "invite_sent", "report_exported", "search"}

var pagePaths = []string{"/", "/pricing", "/docs", "/blog/été", "/account/billing", "/features/boards", "/help?topic=export"}
