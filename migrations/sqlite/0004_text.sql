-- +goose Up

-- For the operators on text: the stretches of three characters of some fields, each
-- folded as the search folds. Rows have the row ids of the entity's.

create virtual table "_campaigns_text" using fts5("name", "description", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_campaigns_text" (rowid, "name", "description")
	select rowid, text_index("name"), text_index("description") from "campaigns";

create virtual table "_campaign_actions_text" using fts5("name", "body", "body_amp", "body_plain", "subject", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_campaign_actions_text" (rowid, "name", "body", "body_amp", "body_plain", "subject")
	select rowid, text_index("name"), text_index("body"), text_index("body_amp"), text_index("body_plain"), text_index("subject") from "campaign_actions";

create virtual table "_newsletters_text" using fts5("name", "subject", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_newsletters_text" (rowid, "name", "subject")
	select rowid, text_index("name"), text_index("subject") from "newsletters";

create virtual table "_segments_text" using fts5("name", "description", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_segments_text" (rowid, "name", "description")
	select rowid, text_index("name"), text_index("description") from "segments";

create virtual table "_messages_text" using fts5("recipient", "subject", "failure_message", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_messages_text" (rowid, "recipient", "subject", "failure_message")
	select rowid, text_index("recipient"), text_index("subject"), text_index("failure_message") from "messages";

create virtual table "_sender_identities_text" using fts5("name", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_sender_identities_text" (rowid, "name")
	select rowid, text_index("name") from "sender_identities";

create virtual table "_snippets_text" using fts5("name", "value", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_snippets_text" (rowid, "name", "value")
	select rowid, text_index("name"), text_index("value") from "snippets";

create virtual table "_collections_text" using fts5("name", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_collections_text" (rowid, "name")
	select rowid, text_index("name") from "collections";

create virtual table "_reporting_webhooks_text" using fts5("name", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_reporting_webhooks_text" (rowid, "name")
	select rowid, text_index("name") from "reporting_webhooks";

create virtual table "_exports_text" using fts5("description", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_exports_text" (rowid, "description")
	select rowid, text_index("description") from "exports";

create virtual table "_transactional_messages_text" using fts5("name", "description", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_transactional_messages_text" (rowid, "name", "description")
	select rowid, text_index("name"), text_index("description") from "transactional_messages";

create virtual table "_transactional_message_contents_text" using fts5("name", "body", "body_amp", "subject", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_transactional_message_contents_text" (rowid, "name", "body", "body_amp", "subject")
	select rowid, text_index("name"), text_index("body"), text_index("body_amp"), text_index("subject") from "transactional_message_contents";

create virtual table "_broadcasts_text" using fts5("name", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_broadcasts_text" (rowid, "name")
	select rowid, text_index("name") from "broadcasts";

create virtual table "_broadcast_actions_text" using fts5("name", "body", "body_amp", "body_plain", "subject", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_broadcast_actions_text" (rowid, "name", "body", "body_amp", "body_plain", "subject")
	select rowid, text_index("name"), text_index("body"), text_index("body_amp"), text_index("body_plain"), text_index("subject") from "broadcast_actions";

create virtual table "_newsletter_contents_text" using fts5("name", "subject", "body", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_newsletter_contents_text" (rowid, "name", "subject", "body")
	select rowid, text_index("name"), text_index("subject"), text_index("body") from "newsletter_contents";

create virtual table "_workspaces_text" using fts5("name", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_workspaces_text" (rowid, "name")
	select rowid, text_index("name") from "workspaces";

create virtual table "_subscription_topics_text" using fts5("name", "description", content='', contentless_delete=1, detail=column, tokenize='trigram case_sensitive 1');
insert into "_subscription_topics_text" (rowid, "name", "description")
	select rowid, text_index("name"), text_index("description") from "subscription_topics";

-- +goose Down
drop table "_campaigns_text";
drop table "_campaign_actions_text";
drop table "_newsletters_text";
drop table "_segments_text";
drop table "_messages_text";
drop table "_sender_identities_text";
drop table "_snippets_text";
drop table "_collections_text";
drop table "_reporting_webhooks_text";
drop table "_exports_text";
drop table "_transactional_messages_text";
drop table "_transactional_message_contents_text";
drop table "_broadcasts_text";
drop table "_broadcast_actions_text";
drop table "_newsletter_contents_text";
drop table "_workspaces_text";
drop table "_subscription_topics_text";
