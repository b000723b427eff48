-- +goose Up

-- The text indexes anew: each stretch of three characters is a word of its own that
-- begins with a letter for the field. What is common in one field no longer slows
-- down what is rare in another, and an index takes a third of the room.

drop table "_campaigns_text";
create virtual table "_campaigns_text" using fts5("name", "description", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_campaigns_text" (rowid, "name", "description")
	select rowid, text_terms("name", 0), text_terms("description", 1) from "campaigns";

drop table "_campaign_actions_text";
create virtual table "_campaign_actions_text" using fts5("name", "body", "body_amp", "body_plain", "subject", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_campaign_actions_text" (rowid, "name", "body", "body_amp", "body_plain", "subject")
	select rowid, text_terms("name", 0), text_terms("body", 1), text_terms("body_amp", 2), text_terms("body_plain", 3), text_terms("subject", 4) from "campaign_actions";

drop table "_newsletters_text";
create virtual table "_newsletters_text" using fts5("name", "subject", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_newsletters_text" (rowid, "name", "subject")
	select rowid, text_terms("name", 0), text_terms("subject", 1) from "newsletters";

drop table "_segments_text";
create virtual table "_segments_text" using fts5("name", "description", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_segments_text" (rowid, "name", "description")
	select rowid, text_terms("name", 0), text_terms("description", 1) from "segments";

drop table "_messages_text";
create virtual table "_messages_text" using fts5("recipient", "subject", "failure_message", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_messages_text" (rowid, "recipient", "subject", "failure_message")
	select rowid, text_terms("recipient", 0), text_terms("subject", 1), text_terms("failure_message", 2) from "messages";

drop table "_sender_identities_text";
create virtual table "_sender_identities_text" using fts5("name", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_sender_identities_text" (rowid, "name")
	select rowid, text_terms("name", 0) from "sender_identities";

drop table "_snippets_text";
create virtual table "_snippets_text" using fts5("name", "value", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_snippets_text" (rowid, "name", "value")
	select rowid, text_terms("name", 0), text_terms("value", 1) from "snippets";

drop table "_collections_text";
create virtual table "_collections_text" using fts5("name", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_collections_text" (rowid, "name")
	select rowid, text_terms("name", 0) from "collections";

drop table "_reporting_webhooks_text";
create virtual table "_reporting_webhooks_text" using fts5("name", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_reporting_webhooks_text" (rowid, "name")
	select rowid, text_terms("name", 0) from "reporting_webhooks";

drop table "_exports_text";
create virtual table "_exports_text" using fts5("description", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_exports_text" (rowid, "description")
	select rowid, text_terms("description", 0) from "exports";

drop table "_transactional_messages_text";
create virtual table "_transactional_messages_text" using fts5("name", "description", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_transactional_messages_text" (rowid, "name", "description")
	select rowid, text_terms("name", 0), text_terms("description", 1) from "transactional_messages";

drop table "_transactional_message_contents_text";
create virtual table "_transactional_message_contents_text" using fts5("name", "body", "body_amp", "subject", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_transactional_message_contents_text" (rowid, "name", "body", "body_amp", "subject")
	select rowid, text_terms("name", 0), text_terms("body", 1), text_terms("body_amp", 2), text_terms("subject", 3) from "transactional_message_contents";

drop table "_broadcasts_text";
create virtual table "_broadcasts_text" using fts5("name", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_broadcasts_text" (rowid, "name")
	select rowid, text_terms("name", 0) from "broadcasts";

drop table "_broadcast_actions_text";
create virtual table "_broadcast_actions_text" using fts5("name", "body", "body_amp", "body_plain", "subject", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_broadcast_actions_text" (rowid, "name", "body", "body_amp", "body_plain", "subject")
	select rowid, text_terms("name", 0), text_terms("body", 1), text_terms("body_amp", 2), text_terms("body_plain", 3), text_terms("subject", 4) from "broadcast_actions";

drop table "_newsletter_contents_text";
create virtual table "_newsletter_contents_text" using fts5("name", "subject", "body", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_newsletter_contents_text" (rowid, "name", "subject", "body")
	select rowid, text_terms("name", 0), text_terms("subject", 1), text_terms("body", 2) from "newsletter_contents";

drop table "_workspaces_text";
create virtual table "_workspaces_text" using fts5("name", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_workspaces_text" (rowid, "name")
	select rowid, text_terms("name", 0) from "workspaces";

drop table "_subscription_topics_text";
create virtual table "_subscription_topics_text" using fts5("name", "description", content='', contentless_delete=1, detail=none, tokenize='ascii');
insert into "_subscription_topics_text" (rowid, "name", "description")
	select rowid, text_terms("name", 0), text_terms("description", 1) from "subscription_topics";

-- The deliveries of one campaign or newsletter in the order of their ids. A
-- statement has to say that the field is a number, as a search does, to be served.
create index "messages_campaign_id_key" on "messages" ("campaign_id", "id") where "campaign_id" < '';
create index "messages_newsletter_id_key" on "messages" ("newsletter_id", "id") where "newsletter_id" < '';

-- +goose Down
drop index "messages_campaign_id_key";
drop index "messages_newsletter_id_key";
drop table "_campaigns_text";
create virtual table "_campaigns_text" using fts5("name", "description", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_campaigns_text" (rowid, "name", "description")
	select rowid, text_index("name"), text_index("description") from "campaigns";
drop table "_campaign_actions_text";
create virtual table "_campaign_actions_text" using fts5("name", "body", "body_amp", "body_plain", "subject", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_campaign_actions_text" (rowid, "name", "body", "body_amp", "body_plain", "subject")
	select rowid, text_index("name"), text_index("body"), text_index("body_amp"), text_index("body_plain"), text_index("subject") from "campaign_actions";
drop table "_newsletters_text";
create virtual table "_newsletters_text" using fts5("name", "subject", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_newsletters_text" (rowid, "name", "subject")
	select rowid, text_index("name"), text_index("subject") from "newsletters";
drop table "_segments_text";
create virtual table "_segments_text" using fts5("name", "description", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_segments_text" (rowid, "name", "description")
	select rowid, text_index("name"), text_index("description") from "segments";
drop table "_messages_text";
create virtual table "_messages_text" using fts5("recipient", "subject", "failure_message", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_messages_text" (rowid, "recipient", "subject", "failure_message")
	select rowid, text_index("recipient"), text_index("subject"), text_index("failure_message") from "messages";
drop table "_sender_identities_text";
create virtual table "_sender_identities_text" using fts5("name", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_sender_identities_text" (rowid, "name")
	select rowid, text_index("name") from "sender_identities";
drop table "_snippets_text";
create virtual table "_snippets_text" using fts5("name", "value", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_snippets_text" (rowid, "name", "value")
	select rowid, text_index("name"), text_index("value") from "snippets";
drop table "_collections_text";
create virtual table "_collections_text" using fts5("name", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_collections_text" (rowid, "name")
	select rowid, text_index("name") from "collections";
drop table "_reporting_webhooks_text";
create virtual table "_reporting_webhooks_text" using fts5("name", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_reporting_webhooks_text" (rowid, "name")
	select rowid, text_index("name") from "reporting_webhooks";
drop table "_exports_text";
create virtual table "_exports_text" using fts5("description", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_exports_text" (rowid, "description")
	select rowid, text_index("description") from "exports";
drop table "_transactional_messages_text";
create virtual table "_transactional_messages_text" using fts5("name", "description", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_transactional_messages_text" (rowid, "name", "description")
	select rowid, text_index("name"), text_index("description") from "transactional_messages";
drop table "_transactional_message_contents_text";
create virtual table "_transactional_message_contents_text" using fts5("name", "body", "body_amp", "subject", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_transactional_message_contents_text" (rowid, "name", "body", "body_amp", "subject")
	select rowid, text_index("name"), text_index("body"), text_index("body_amp"), text_index("subject") from "transactional_message_contents";
drop table "_broadcasts_text";
create virtual table "_broadcasts_text" using fts5("name", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_broadcasts_text" (rowid, "name")
	select rowid, text_index("name") from "broadcasts";
drop table "_broadcast_actions_text";
create virtual table "_broadcast_actions_text" using fts5("name", "body", "body_amp", "body_plain", "subject", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_broadcast_actions_text" (rowid, "name", "body", "body_amp", "body_plain", "subject")
	select rowid, text_index("name"), text_index("body"), text_index("body_amp"), text_index("body_plain"), text_index("subject") from "broadcast_actions";
drop table "_newsletter_contents_text";
create virtual table "_newsletter_contents_text" using fts5("name", "subject", "body", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_newsletter_contents_text" (rowid, "name", "subject", "body")
	select rowid, text_index("name"), text_index("subject"), text_index("body") from "newsletter_contents";
drop table "_workspaces_text";
create virtual table "_workspaces_text" using fts5("name", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_workspaces_text" (rowid, "name")
	select rowid, text_index("name") from "workspaces";
drop table "_subscription_topics_text";
create virtual table "_subscription_topics_text" using fts5("name", "description", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_subscription_topics_text" (rowid, "name", "description")
	select rowid, text_index("name"), text_index("description") from "subscription_topics";
