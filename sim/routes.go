package sim

import (
	"net/http"
	"net/url"
	"strings"
)

type handler func(s *Sim, c *call) *reply

// route is one endpoint. Its path is a template whose braces hold variables.
type route struct {
	method, path string
	entity       string // what Options.Forbidden calls it
	tokens       string // kind of page token, "" when the list is not paged
	alone        bool   // a GET that changes something
	do           handler
}

// send reports whether the endpoint sends a message, which has limits and errors
// of its own.
func (r *route) send() bool { return strings.HasPrefix(r.path, "/v1/send/") }

// find sets the route of a request and the variables of its path. The answer is
// non-nil when there is none.
func (c *call) find() *reply {
	parts := strings.Split(strings.TrimSuffix(c.path, "/"), "/")
	elsewhere := false
	for i := range routes {
		r := &routes[i]
		vars, fits := match(r.path, parts)
		if !fits {
			continue
		}
		if r.method == c.method || r.method == http.MethodGet && c.method == http.MethodHead {
			c.route, c.vars = r, vars
			return nil
		}
		elsewhere = true
	}
	if elsewhere {
		return c.fail(http.StatusMethodNotAllowed, "method not allowed")
	}
	return unrouted()
}

// match compares a template with the escaped parts of a path. A literal wins over
// a variable by standing earlier in the table.
func match(template string, parts []string) (vars []string, fits bool) {
	for _, part := range parts {
		var want string
		want, template, _ = strings.Cut(template, "/")
		if strings.HasPrefix(want, "{") {
			v, err := url.PathUnescape(part)
			if err != nil || v == "" {
				return nil, false
			}
			vars = append(vars, v)
			continue
		}
		if want != part {
			return nil, false
		}
	}
	return vars, template == ""
}

// routes are the endpoints: those of the mirrored entities here, the others in
// the tables that are joined below. Literals stand before variables.
var routes = join(configRoutes, messageRoutes, metricRoutes, audienceRoutes, shelfRoutes)

func join(tables ...[]route) []route {
	var all []route
	for _, t := range tables {
		all = append(all, t...)
	}
	return all
}

var configRoutes = []route{
	{method: "GET", path: "/v1/campaigns", entity: "campaigns", do: list("campaigns", "campaigns")},
	{method: "GET", path: "/v1/campaigns/{id}", entity: "campaigns", do: get("campaigns", "campaign")},
	{method: "GET", path: "/v1/campaigns/{id}/actions", entity: "campaign_actions", tokens: tokensActions, do: actions("campaigns", "campaign_actions")},
	{method: "GET", path: "/v1/campaigns/{id}/actions/{action}", entity: "campaign_actions", do: action("campaigns", "campaign_actions")},
	{method: "PUT", path: "/v1/campaigns/{id}/actions/{action}", entity: "campaign_actions", do: updateAction("campaigns", "campaign_actions")},
	{method: "GET", path: "/v1/campaigns/{id}/actions/{action}/language/{language}", entity: "campaign_actions", do: action("campaigns", "campaign_actions")},
	{method: "PUT", path: "/v1/campaigns/{id}/actions/{action}/language/{language}", entity: "campaign_actions", do: updateAction("campaigns", "campaign_actions")},

	{method: "GET", path: "/v1/broadcasts", entity: "broadcasts", do: list("broadcasts", "broadcasts")},
	{method: "GET", path: "/v1/broadcasts/{id}", entity: "broadcasts", do: get("broadcasts", "broadcast")},
	{method: "GET", path: "/v1/broadcasts/{id}/actions", entity: "broadcast_actions", tokens: tokensActions, do: actions("broadcasts", "broadcast_actions")},
	{method: "GET", path: "/v1/broadcasts/{id}/actions/{action}", entity: "broadcast_actions", do: action("broadcasts", "broadcast_actions")},
	{method: "PUT", path: "/v1/broadcasts/{id}/actions/{action}", entity: "broadcast_actions", do: updateAction("broadcasts", "broadcast_actions")},
	{method: "GET", path: "/v1/broadcasts/{id}/actions/{action}/language/{language}", entity: "broadcast_actions", do: action("broadcasts", "broadcast_actions")},
	{method: "PUT", path: "/v1/broadcasts/{id}/actions/{action}/language/{language}", entity: "broadcast_actions", do: updateAction("broadcasts", "broadcast_actions")},
	{method: "GET", path: "/v1/broadcasts/{id}/triggers", entity: "broadcasts", do: listTriggers},
	{method: "POST", path: "/v1/campaigns/{id}/triggers", entity: "broadcast_trigger", do: triggerBroadcast},
	{method: "GET", path: "/v1/campaigns/{id}/triggers/{trigger}", entity: "broadcast_trigger", do: triggerStatus},
	{method: "GET", path: "/v1/campaigns/{id}/triggers/{trigger}/errors", entity: "broadcast_trigger", tokens: tokensNumbers, do: triggerErrors},

	{method: "GET", path: "/v1/newsletters", entity: "newsletters", tokens: tokensNewsletters, do: listNewsletters},
	{method: "POST", path: "/v1/newsletters", entity: "newsletters", do: createNewsletter},
	{method: "GET", path: "/v1/newsletters/{id}", entity: "newsletters", do: get("newsletters", "newsletter")},
	{method: "DELETE", path: "/v1/newsletters/{id}", entity: "newsletters", do: remove("newsletters", http.StatusNoContent)},
	{method: "POST", path: "/v1/newsletters/{id}/send", entity: "newsletters", do: sendNewsletter},
	{method: "POST", path: "/v1/newsletters/{id}/schedule", entity: "newsletters", do: scheduleNewsletter},
	{method: "GET", path: "/v1/newsletters/{id}/contents", entity: "newsletter_contents", do: children("newsletters", "newsletter_contents", "contents")},
	{method: "GET", path: "/v1/newsletters/{id}/contents/{content}", entity: "newsletter_contents", do: getContent},
	{method: "PUT", path: "/v1/newsletters/{id}/contents/{content}", entity: "newsletter_contents", do: updateContent},
	{method: "POST", path: "/v1/newsletters/{id}/language", entity: "newsletter_contents", do: createLanguage},
	{method: "GET", path: "/v1/newsletters/{id}/language/{language}", entity: "newsletter_contents", do: getContent},
	{method: "PUT", path: "/v1/newsletters/{id}/language/{language}", entity: "newsletter_contents", do: updateContent},
	{method: "DELETE", path: "/v1/newsletters/{id}/language/{language}", entity: "newsletter_contents", do: deleteContent},
	{method: "GET", path: "/v1/newsletters/{id}/test_groups", entity: "newsletter_contents", do: children("newsletters", "test_groups", "test_groups")},
	{method: "POST", path: "/v1/newsletters/{id}/test_groups", entity: "newsletter_contents", do: createTestGroup},
	{method: "POST", path: "/v1/newsletters/{id}/test_group/{group}/language", entity: "newsletter_contents", do: createLanguage},
	{method: "GET", path: "/v1/newsletters/{id}/test_group/{group}/language/{language}", entity: "newsletter_contents", do: getContent},
	{method: "PUT", path: "/v1/newsletters/{id}/test_group/{group}/language/{language}", entity: "newsletter_contents", do: updateContent},
	{method: "DELETE", path: "/v1/newsletters/{id}/test_group/{group}/language/{language}", entity: "newsletter_contents", do: deleteContent},

	{method: "GET", path: "/v1/segments", entity: "segments", do: list("segments", "segments")},
	{method: "POST", path: "/v1/segments", entity: "segments", do: createSegment},
	{method: "GET", path: "/v1/segments/{id}", entity: "segments", do: get("segments", "segment")},
	{method: "DELETE", path: "/v1/segments/{id}", entity: "segments", do: deleteSegment},
	{method: "GET", path: "/v1/segments/{id}/customer_count", entity: "segments", do: customerCount},
	{method: "GET", path: "/v1/segments/{id}/membership", entity: "segments", tokens: tokensNumbers, do: membership},
	{method: "GET", path: "/v1/segments/{id}/used_by", entity: "segments", do: segmentUsedBy},

	{method: "GET", path: "/v1/sender_identities", entity: "sender_identities", tokens: tokensSenders, do: listSenders},
	{method: "GET", path: "/v1/sender_identities/{id}", entity: "sender_identities", do: get("sender_identities", "sender_identity")},
	{method: "GET", path: "/v1/sender_identities/{id}/used_by", entity: "sender_identities", do: senderUsedBy},

	{method: "GET", path: "/v1/snippets", entity: "snippets", do: list("snippets", "snippets")},
	{method: "POST", path: "/v1/snippets", entity: "snippets", do: writeSnippet},
	{method: "PUT", path: "/v1/snippets", entity: "snippets", do: writeSnippet},
	{method: "DELETE", path: "/v1/snippets/{name}", entity: "snippets", do: deleteSnippet},

	{method: "GET", path: "/v1/collections", entity: "collections", do: listOrNull("collections", "collections")},
	{method: "POST", path: "/v1/collections", entity: "collections", do: createCollection},
	{method: "GET", path: "/v1/collections/{id}", entity: "collections", do: get("collections", "collection")},
	{method: "PUT", path: "/v1/collections/{id}", entity: "collections", do: updateCollection},
	{method: "DELETE", path: "/v1/collections/{id}", entity: "collections", do: remove("collections", http.StatusNoContent)},
	{method: "GET", path: "/v1/collections/{id}/content", entity: "collections", do: getCollectionContent},
	{method: "PUT", path: "/v1/collections/{id}/content", entity: "collections", do: putCollectionContent},

	{method: "GET", path: "/v1/reporting_webhooks", entity: "reporting_webhooks", do: listOrNull("reporting_webhooks", "reporting_webhooks")},
	{method: "POST", path: "/v1/reporting_webhooks", entity: "reporting_webhooks", do: createWebhook},
	{method: "GET", path: "/v1/reporting_webhooks/{id}", entity: "reporting_webhooks", do: get("reporting_webhooks", "")},
	{method: "PUT", path: "/v1/reporting_webhooks/{id}", entity: "reporting_webhooks", do: updateWebhook},
	{method: "DELETE", path: "/v1/reporting_webhooks/{id}", entity: "reporting_webhooks", do: remove("reporting_webhooks", http.StatusOK)},

	{method: "GET", path: "/v1/exports", entity: "exports", do: listOrNull("exports", "exports")},
	{method: "POST", path: "/v1/exports/customers", entity: "exports", do: exportCustomers},
	{method: "POST", path: "/v1/exports/deliveries", entity: "exports", do: exportDeliveries},
	{method: "GET", path: "/v1/exports/{id}", entity: "exports", do: get("exports", "export")},
	{method: "GET", path: "/v1/exports/{id}/download", entity: "exports", alone: true, do: downloadExport},

	{method: "GET", path: "/v1/transactional", entity: "transactional_messages", do: list("transactional_messages", "messages")},
	{method: "GET", path: "/v1/transactional/{id}", entity: "transactional_messages", do: get("transactional_messages", "message")},
	{method: "GET", path: "/v1/transactional/{id}/contents", entity: "transactional_message_contents", do: children("transactional_messages", "transactional_message_contents", "contents")},
	{method: "PUT", path: "/v1/transactional/{id}/content/{content}", entity: "transactional_message_contents", do: updateTransactional},
	{method: "GET", path: "/v1/transactional/{id}/language/{language}", entity: "transactional_message_contents", do: getTransactionalLanguage},
	{method: "PUT", path: "/v1/transactional/{id}/language/{language}", entity: "transactional_message_contents", do: updateTransactional},

	{method: "GET", path: "/v1/workspaces", entity: "workspaces", alone: true, do: listWorkspaces},
	{method: "GET", path: "/v1/subscription_topics", entity: "subscription_topics", do: list("subscription_topics", "topics")},
	{method: "GET", path: "/v1/subscription_channels", entity: "subscription_channels", do: list("subscription_channels", "channels")},
	{method: "GET", path: "/v1/object_types", entity: "object_types", do: list("object_types", "types")},
}

var messageRoutes = []route{
	{method: "GET", path: "/v1/messages", entity: "messages", tokens: tokensMessages, do: func(s *Sim, c *call) *reply {
		return s.listMessages(c, wanted{}, monthsOfAll, plainLook)
	}},
	{method: "GET", path: "/v1/messages/{id}", entity: "messages", do: getMessage},
	{method: "GET", path: "/v1/messages/{id}/archived_message", entity: "messages", do: getArchivedMessage},
	{method: "GET", path: "/v1/campaigns/{id}/messages", entity: "messages", tokens: tokensMessages, do: messagesOf("campaigns")},
	{method: "GET", path: "/v1/broadcasts/{id}/messages", entity: "messages", tokens: tokensMessages, do: messagesOf("broadcasts")},
	{method: "GET", path: "/v1/newsletters/{id}/messages", entity: "messages", tokens: tokensMessages, do: messagesOf("newsletters")},
	{method: "GET", path: "/v1/transactional/{id}/messages", entity: "messages", tokens: tokensMessages, do: messagesOf("transactional_messages")},
	{method: "GET", path: "/v1/activities", entity: "activities", tokens: tokensActivities, do: listActivities},

	{method: "POST", path: "/v1/send/email", entity: "transactional_email", do: sendEmail},
	{method: "POST", path: "/v1/send/sms", entity: "transactional_sms", do: sendSMS},
	{method: "POST", path: "/v1/send/push", entity: "transactional_push", do: sendPush},
	{method: "POST", path: "/v1/send/inbox_message", entity: "transactional_inbox_message", do: sendFromTemplate("inbox")},
	{method: "POST", path: "/v1/send/in_app", entity: "transactional_in_app", do: sendFromTemplate("")},
	{method: "POST", path: "/v1/send/whatsapp", entity: "transactional_whatsapp", do: sendFromTemplate("")},
}
