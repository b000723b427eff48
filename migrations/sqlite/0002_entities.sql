-- +goose Up

create table "campaigns" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"description" any,
	"type" any,
	"state" any,
	"active" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"first_started" any, -- Unix s
	"created_by" any,
	"tags" any,
	"actions" any,
	"msg_templates" any,
	"trigger_segment_ids" any,
	"filter_segment_ids" any,
	"frequency" any,
	"event_name" any,
	"event_type" any,
	"date_attribute" any,
	"start_hour" any, -- hour
	"start_minutes" any, -- minute
	"timezone" any,
	"use_customer_timezone" any,
	"scheduled_start" any, -- Unix s
	"scheduled_start_should_backfill" any,
	"scheduled_stop" any, -- Unix s
	"scheduled_stop_should_sunset" any,
	"audience" any,
	"object_type_id" any,
	"webhook_id" any,
	"object_attribute_triggers" any,
	"relationship_attribute_triggers" any,
	"filter_object_attributes" any,
	"filter_relationship_attributes" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "campaigns_history" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"description" any,
	"type" any,
	"state" any,
	"active" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"first_started" any, -- Unix s
	"created_by" any,
	"tags" any,
	"actions" any,
	"msg_templates" any,
	"trigger_segment_ids" any,
	"filter_segment_ids" any,
	"frequency" any,
	"event_name" any,
	"event_type" any,
	"date_attribute" any,
	"start_hour" any, -- hour
	"start_minutes" any, -- minute
	"timezone" any,
	"use_customer_timezone" any,
	"scheduled_start" any, -- Unix s
	"scheduled_start_should_backfill" any,
	"scheduled_stop" any, -- Unix s
	"scheduled_stop_should_sunset" any,
	"audience" any,
	"object_type_id" any,
	"webhook_id" any,
	"object_attribute_triggers" any,
	"relationship_attribute_triggers" any,
	"filter_object_attributes" any,
	"filter_relationship_attributes" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "campaigns_history_key" on "campaigns_history" ("id", _valid_from);

-- what ended since
create index "campaigns_history_ended" on "campaigns_history" (_valid_to);

-- what began since
create index "campaigns_changed" on "campaigns" (_changed_at);

create table "_campaigns_stage" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"description" any,
	"type" any,
	"state" any,
	"active" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"first_started" any, -- Unix s
	"created_by" any,
	"tags" any,
	"actions" any,
	"msg_templates" any,
	"trigger_segment_ids" any,
	"filter_segment_ids" any,
	"frequency" any,
	"event_name" any,
	"event_type" any,
	"date_attribute" any,
	"start_hour" any, -- hour
	"start_minutes" any, -- minute
	"timezone" any,
	"use_customer_timezone" any,
	"scheduled_start" any, -- Unix s
	"scheduled_start_should_backfill" any,
	"scheduled_stop" any, -- Unix s
	"scheduled_stop_should_sunset" any,
	"audience" any,
	"object_type_id" any,
	"webhook_id" any,
	"object_attribute_triggers" any,
	"relationship_attribute_triggers" any,
	"filter_object_attributes" any,
	"filter_relationship_attributes" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

create table "campaign_actions" (
	"id" any not null,
	"campaign_id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"sending_state" any,
	"parent_action_id" any,
	"multi_language_branch_action_id" any,
	"language" any,
	"body" any,
	"body_json" any,
	"body_amp" any,
	"body_plain" any,
	"layout" any,
	"editor" any,
	"subject" any,
	"preheader_text" any,
	"from" any,
	"from_id" any,
	"reply_to" any,
	"reply_to_id" any,
	"recipient" any,
	"recipient_environment_id" any,
	"cc" any,
	"bcc" any,
	"fake_bcc" any,
	"headers" any,
	"preprocessor" any,
	"broadcast_id" any,
	"url" any,
	"request_method" any,
	"method" any,
	"image_url" any,
	"sender_identity_id" any,
	"send_to_unsubscribed" any,
	"tracked" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("campaign_id", "id")
) strict;

create table "campaign_actions_history" (
	"id" any not null,
	"campaign_id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"sending_state" any,
	"parent_action_id" any,
	"multi_language_branch_action_id" any,
	"language" any,
	"body" any,
	"body_json" any,
	"body_amp" any,
	"body_plain" any,
	"layout" any,
	"editor" any,
	"subject" any,
	"preheader_text" any,
	"from" any,
	"from_id" any,
	"reply_to" any,
	"reply_to_id" any,
	"recipient" any,
	"recipient_environment_id" any,
	"cc" any,
	"bcc" any,
	"fake_bcc" any,
	"headers" any,
	"preprocessor" any,
	"broadcast_id" any,
	"url" any,
	"request_method" any,
	"method" any,
	"image_url" any,
	"sender_identity_id" any,
	"send_to_unsubscribed" any,
	"tracked" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "campaign_actions_history_key" on "campaign_actions_history" ("campaign_id", "id", _valid_from);

-- what ended since
create index "campaign_actions_history_ended" on "campaign_actions_history" (_valid_to);

-- what began since
create index "campaign_actions_changed" on "campaign_actions" (_changed_at);

create table "_campaign_actions_stage" (
	"id" any not null,
	"campaign_id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"sending_state" any,
	"parent_action_id" any,
	"multi_language_branch_action_id" any,
	"language" any,
	"body" any,
	"body_json" any,
	"body_amp" any,
	"body_plain" any,
	"layout" any,
	"editor" any,
	"subject" any,
	"preheader_text" any,
	"from" any,
	"from_id" any,
	"reply_to" any,
	"reply_to_id" any,
	"recipient" any,
	"recipient_environment_id" any,
	"cc" any,
	"bcc" any,
	"fake_bcc" any,
	"headers" any,
	"preprocessor" any,
	"broadcast_id" any,
	"url" any,
	"request_method" any,
	"method" any,
	"image_url" any,
	"sender_identity_id" any,
	"send_to_unsubscribed" any,
	"tracked" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("campaign_id", "id")
) strict;

create table "newsletters" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"sent_at" any, -- Unix s
	"tags" any,
	"content_ids" any,
	"recipient_segment_ids" any,
	"subscription_topic_id" any,
	"subject" any,
	"msg_template_ids" any,
	"recipient_filter_ids" any,
	"send_state" any,
	"scheduled_at" any, -- Unix s
	"timezone" any,
	"tz_match_enabled" any,
	"expires_after" any,
	"recipient_file_status" any,
	"recipient_file_error" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "newsletters_history" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"sent_at" any, -- Unix s
	"tags" any,
	"content_ids" any,
	"recipient_segment_ids" any,
	"subscription_topic_id" any,
	"subject" any,
	"msg_template_ids" any,
	"recipient_filter_ids" any,
	"send_state" any,
	"scheduled_at" any, -- Unix s
	"timezone" any,
	"tz_match_enabled" any,
	"expires_after" any,
	"recipient_file_status" any,
	"recipient_file_error" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "newsletters_history_key" on "newsletters_history" ("id", _valid_from);

-- what ended since
create index "newsletters_history_ended" on "newsletters_history" (_valid_to);

-- what began since
create index "newsletters_changed" on "newsletters" (_changed_at);

create table "_newsletters_stage" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"sent_at" any, -- Unix s
	"tags" any,
	"content_ids" any,
	"recipient_segment_ids" any,
	"subscription_topic_id" any,
	"subject" any,
	"msg_template_ids" any,
	"recipient_filter_ids" any,
	"send_state" any,
	"scheduled_at" any, -- Unix s
	"timezone" any,
	"tz_match_enabled" any,
	"expires_after" any,
	"recipient_file_status" any,
	"recipient_file_error" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

create table "segments" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"description" any,
	"type" any,
	"state" any,
	"progress" any,
	"tags" any,
	"conditions" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "segments_history" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"description" any,
	"type" any,
	"state" any,
	"progress" any,
	"tags" any,
	"conditions" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "segments_history_key" on "segments_history" ("id", _valid_from);

-- what ended since
create index "segments_history_ended" on "segments_history" (_valid_to);

-- what began since
create index "segments_changed" on "segments" (_changed_at);

create table "_segments_stage" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"description" any,
	"type" any,
	"state" any,
	"progress" any,
	"tags" any,
	"conditions" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

create table "messages" (
	"id" text not null,
	"deduplicate_id" any,
	"type" any,
	"created" any, -- Unix s
	"customer_id" any,
	"customer_identifiers" any,
	"campaign_id" any,
	"newsletter_id" any,
	"broadcast_id" any,
	"content_id" any,
	"action_id" any,
	"parent_action_id" any,
	"message_template_id" any,
	"recipient" any,
	"subject" any,
	"forgotten" any,
	"failure_message" any,
	"trigger_event_id" any,
	"metrics" any, -- name → Unix s
	"tracked_responses" any, -- name → {id, ts}
	"transactional_id" any,
	"metric_sent" any,
	"metric_delivered" any,
	"metric_opened" any,
	"metric_clicked" any,
	"metric_converted" any,
	"metric_bounced" any,
	"metric_unsubscribed" any,
	"metric_spammed" any,
	"metric_dropped" any,
	"metric_failed" any,
	"metric_human_opened" any,
	"metric_human_clicked" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "messages_history" (
	"id" text not null,
	"deduplicate_id" any,
	"type" any,
	"created" any, -- Unix s
	"customer_id" any,
	"customer_identifiers" any,
	"campaign_id" any,
	"newsletter_id" any,
	"broadcast_id" any,
	"content_id" any,
	"action_id" any,
	"parent_action_id" any,
	"message_template_id" any,
	"recipient" any,
	"subject" any,
	"forgotten" any,
	"failure_message" any,
	"trigger_event_id" any,
	"metrics" any, -- name → Unix s
	"tracked_responses" any, -- name → {id, ts}
	"transactional_id" any,
	"metric_sent" any,
	"metric_delivered" any,
	"metric_opened" any,
	"metric_clicked" any,
	"metric_converted" any,
	"metric_bounced" any,
	"metric_unsubscribed" any,
	"metric_spammed" any,
	"metric_dropped" any,
	"metric_failed" any,
	"metric_human_opened" any,
	"metric_human_clicked" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "messages_history_key" on "messages_history" ("id", _valid_from);

-- what ended since
create index "messages_history_ended" on "messages_history" (_valid_to);

-- what began since
create index "messages_changed" on "messages" (_changed_at);

create index "messages_created" on "messages" ("created") where "created" is not null;

create index "messages_customer_id" on "messages" ("customer_id", "created") where "customer_id" is not null;

create index "messages_campaign_id" on "messages" ("campaign_id", "created") where "campaign_id" is not null;

create index "messages_newsletter_id" on "messages" ("newsletter_id", "created") where "newsletter_id" is not null;

create index "messages_broadcast_id" on "messages" ("broadcast_id", "created") where "broadcast_id" is not null;

create index "messages_action_id" on "messages" ("action_id", "created") where "action_id" is not null;

create index "messages_recipient" on "messages" ("recipient", "created") where "recipient" is not null;

create index "messages_transactional_id" on "messages" ("transactional_id", "created") where "transactional_id" is not null;

create table "activities" (
	"id" text not null,
	"type" any,
	"timestamp" any, -- Unix s
	"name" any,
	"url" any,
	"customer_id" any,
	"customer_identifiers" any,
	"delivery_id" any,
	"delivery_type" any,
	"data" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "activities_history" (
	"id" text not null,
	"type" any,
	"timestamp" any, -- Unix s
	"name" any,
	"url" any,
	"customer_id" any,
	"customer_identifiers" any,
	"delivery_id" any,
	"delivery_type" any,
	"data" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "activities_history_key" on "activities_history" ("id", _valid_from);

-- what ended since
create index "activities_history_ended" on "activities_history" (_valid_to);

-- what began since
create index "activities_changed" on "activities" (_changed_at);

create index "activities_type" on "activities" ("type") where "type" is not null;

create index "activities_timestamp" on "activities" ("timestamp") where "timestamp" is not null;

create index "activities_customer_id" on "activities" ("customer_id") where "customer_id" is not null;

create index "activities_delivery_id" on "activities" ("delivery_id") where "delivery_id" is not null;

create table "sender_identities" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"email" any,
	"address" any,
	"phone" any,
	"template_type" any,
	"auto_generated" any,
	"hidden" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "sender_identities_history" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"email" any,
	"address" any,
	"phone" any,
	"template_type" any,
	"auto_generated" any,
	"hidden" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "sender_identities_history_key" on "sender_identities_history" ("id", _valid_from);

-- what ended since
create index "sender_identities_history_ended" on "sender_identities_history" (_valid_to);

-- what began since
create index "sender_identities_changed" on "sender_identities" (_changed_at);

create table "_sender_identities_stage" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"email" any,
	"address" any,
	"phone" any,
	"template_type" any,
	"auto_generated" any,
	"hidden" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

create table "snippets" (
	"name" text not null,
	"value" any,
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("name")
) strict;

create table "snippets_history" (
	"name" text not null,
	"value" any,
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "snippets_history_key" on "snippets_history" ("name", _valid_from);

-- what ended since
create index "snippets_history_ended" on "snippets_history" (_valid_to);

-- what began since
create index "snippets_changed" on "snippets" (_changed_at);

create table "_snippets_stage" (
	"name" text not null,
	"value" any,
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("name")
) strict;

create table "collections" (
	"id" any not null,
	"name" any,
	"bytes" any, -- bytes
	"rows" any, -- count
	"schema" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "collections_history" (
	"id" any not null,
	"name" any,
	"bytes" any, -- bytes
	"rows" any, -- count
	"schema" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "collections_history_key" on "collections_history" ("id", _valid_from);

-- what ended since
create index "collections_history_ended" on "collections_history" (_valid_to);

-- what began since
create index "collections_changed" on "collections" (_changed_at);

create table "_collections_stage" (
	"id" any not null,
	"name" any,
	"bytes" any, -- bytes
	"rows" any, -- count
	"schema" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

create table "reporting_webhooks" (
	"id" any not null,
	"name" any,
	"endpoint" any,
	"disabled" any,
	"full_resolution" any,
	"with_content" any,
	"events" any,
	"type" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "reporting_webhooks_history" (
	"id" any not null,
	"name" any,
	"endpoint" any,
	"disabled" any,
	"full_resolution" any,
	"with_content" any,
	"events" any,
	"type" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "reporting_webhooks_history_key" on "reporting_webhooks_history" ("id", _valid_from);

-- what ended since
create index "reporting_webhooks_history_ended" on "reporting_webhooks_history" (_valid_to);

-- what began since
create index "reporting_webhooks_changed" on "reporting_webhooks" (_changed_at);

create table "_reporting_webhooks_stage" (
	"id" any not null,
	"name" any,
	"endpoint" any,
	"disabled" any,
	"full_resolution" any,
	"with_content" any,
	"events" any,
	"type" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

create table "exports" (
	"id" any not null,
	"deduplicate_id" any,
	"type" any,
	"status" any,
	"description" any,
	"total" any, -- count
	"downloads" any, -- count
	"failed" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"user_id" any,
	"user_email" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "exports_history" (
	"id" any not null,
	"deduplicate_id" any,
	"type" any,
	"status" any,
	"description" any,
	"total" any, -- count
	"downloads" any, -- count
	"failed" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"user_id" any,
	"user_email" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "exports_history_key" on "exports_history" ("id", _valid_from);

-- what ended since
create index "exports_history_ended" on "exports_history" (_valid_to);

-- what began since
create index "exports_changed" on "exports" (_changed_at);

create table "_exports_stage" (
	"id" any not null,
	"deduplicate_id" any,
	"type" any,
	"status" any,
	"description" any,
	"total" any, -- count
	"downloads" any, -- count
	"failed" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"user_id" any,
	"user_email" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

create table "transactional_messages" (
	"id" any not null,
	"name" any,
	"description" any,
	"send_to_unsubscribed" any,
	"link_tracking" any,
	"open_tracking" any,
	"hide_message_body" any,
	"queue_drafts" any,
	"trigger_name" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "transactional_messages_history" (
	"id" any not null,
	"name" any,
	"description" any,
	"send_to_unsubscribed" any,
	"link_tracking" any,
	"open_tracking" any,
	"hide_message_body" any,
	"queue_drafts" any,
	"trigger_name" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "transactional_messages_history_key" on "transactional_messages_history" ("id", _valid_from);

-- what ended since
create index "transactional_messages_history_ended" on "transactional_messages_history" (_valid_to);

-- what began since
create index "transactional_messages_changed" on "transactional_messages" (_changed_at);

create table "_transactional_messages_stage" (
	"id" any not null,
	"name" any,
	"description" any,
	"send_to_unsubscribed" any,
	"link_tracking" any,
	"open_tracking" any,
	"hide_message_body" any,
	"queue_drafts" any,
	"trigger_name" any,
	"created_at" any, -- Unix s
	"updated_at" any, -- Unix s
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

create table "transactional_message_contents" (
	"id" any not null,
	"transactional_id" any not null,
	"name" any,
	"type" any,
	"language" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"body" any,
	"body_amp" any,
	"subject" any,
	"preheader_text" any,
	"from" any,
	"from_id" any,
	"reply_to" any,
	"reply_to_id" any,
	"recipient" any,
	"cc" any,
	"bcc" any,
	"fake_bcc" any,
	"preprocessor" any,
	"headers" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("transactional_id", "id")
) strict;

create table "transactional_message_contents_history" (
	"id" any not null,
	"transactional_id" any not null,
	"name" any,
	"type" any,
	"language" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"body" any,
	"body_amp" any,
	"subject" any,
	"preheader_text" any,
	"from" any,
	"from_id" any,
	"reply_to" any,
	"reply_to_id" any,
	"recipient" any,
	"cc" any,
	"bcc" any,
	"fake_bcc" any,
	"preprocessor" any,
	"headers" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "transactional_message_contents_history_key" on "transactional_message_contents_history" ("transactional_id", "id", _valid_from);

-- what ended since
create index "transactional_message_contents_history_ended" on "transactional_message_contents_history" (_valid_to);

-- what began since
create index "transactional_message_contents_changed" on "transactional_message_contents" (_changed_at);

create table "_transactional_message_contents_stage" (
	"id" any not null,
	"transactional_id" any not null,
	"name" any,
	"type" any,
	"language" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"body" any,
	"body_amp" any,
	"subject" any,
	"preheader_text" any,
	"from" any,
	"from_id" any,
	"reply_to" any,
	"reply_to_id" any,
	"recipient" any,
	"cc" any,
	"bcc" any,
	"fake_bcc" any,
	"preprocessor" any,
	"headers" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("transactional_id", "id")
) strict;

create table "broadcasts" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"active" any,
	"state" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"first_started" any, -- Unix s
	"created_by" any,
	"actions" any,
	"tags" any,
	"msg_template_ids" any,
	"filter_segment_ids" any,
	"event_name" any,
	"event_type" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "broadcasts_history" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"active" any,
	"state" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"first_started" any, -- Unix s
	"created_by" any,
	"actions" any,
	"tags" any,
	"msg_template_ids" any,
	"filter_segment_ids" any,
	"event_name" any,
	"event_type" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "broadcasts_history_key" on "broadcasts_history" ("id", _valid_from);

-- what ended since
create index "broadcasts_history_ended" on "broadcasts_history" (_valid_to);

-- what began since
create index "broadcasts_changed" on "broadcasts" (_changed_at);

create table "_broadcasts_stage" (
	"id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"active" any,
	"state" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"first_started" any, -- Unix s
	"created_by" any,
	"actions" any,
	"tags" any,
	"msg_template_ids" any,
	"filter_segment_ids" any,
	"event_name" any,
	"event_type" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

create table "broadcast_actions" (
	"id" any not null,
	"broadcast_id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"sending_state" any,
	"parent_action_id" any,
	"multi_language_branch_action_id" any,
	"language" any,
	"body" any,
	"body_json" any,
	"body_amp" any,
	"body_plain" any,
	"layout" any,
	"editor" any,
	"subject" any,
	"preheader_text" any,
	"from" any,
	"from_id" any,
	"reply_to" any,
	"reply_to_id" any,
	"recipient" any,
	"recipient_environment_id" any,
	"cc" any,
	"bcc" any,
	"fake_bcc" any,
	"headers" any,
	"preprocessor" any,
	"url" any,
	"request_method" any,
	"method" any,
	"image_url" any,
	"sender_identity_id" any,
	"send_to_unsubscribed" any,
	"tracked" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("broadcast_id", "id")
) strict;

create table "broadcast_actions_history" (
	"id" any not null,
	"broadcast_id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"sending_state" any,
	"parent_action_id" any,
	"multi_language_branch_action_id" any,
	"language" any,
	"body" any,
	"body_json" any,
	"body_amp" any,
	"body_plain" any,
	"layout" any,
	"editor" any,
	"subject" any,
	"preheader_text" any,
	"from" any,
	"from_id" any,
	"reply_to" any,
	"reply_to_id" any,
	"recipient" any,
	"recipient_environment_id" any,
	"cc" any,
	"bcc" any,
	"fake_bcc" any,
	"headers" any,
	"preprocessor" any,
	"url" any,
	"request_method" any,
	"method" any,
	"image_url" any,
	"sender_identity_id" any,
	"send_to_unsubscribed" any,
	"tracked" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "broadcast_actions_history_key" on "broadcast_actions_history" ("broadcast_id", "id", _valid_from);

-- what ended since
create index "broadcast_actions_history_ended" on "broadcast_actions_history" (_valid_to);

-- what began since
create index "broadcast_actions_changed" on "broadcast_actions" (_changed_at);

create table "_broadcast_actions_stage" (
	"id" any not null,
	"broadcast_id" any not null,
	"deduplicate_id" any,
	"name" any,
	"type" any,
	"created" any, -- Unix s
	"updated" any, -- Unix s
	"sending_state" any,
	"parent_action_id" any,
	"multi_language_branch_action_id" any,
	"language" any,
	"body" any,
	"body_json" any,
	"body_amp" any,
	"body_plain" any,
	"layout" any,
	"editor" any,
	"subject" any,
	"preheader_text" any,
	"from" any,
	"from_id" any,
	"reply_to" any,
	"reply_to_id" any,
	"recipient" any,
	"recipient_environment_id" any,
	"cc" any,
	"bcc" any,
	"fake_bcc" any,
	"headers" any,
	"preprocessor" any,
	"url" any,
	"request_method" any,
	"method" any,
	"image_url" any,
	"sender_identity_id" any,
	"send_to_unsubscribed" any,
	"tracked" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("broadcast_id", "id")
) strict;

create table "newsletter_contents" (
	"id" any not null,
	"newsletter_id" any not null,
	"deduplicate_id" any,
	"name" any,
	"layout" any,
	"type" any,
	"language" any,
	"subject" any,
	"body" any,
	"preheader_text" any,
	"preprocessor" any,
	"from" any,
	"reply_to" any,
	"recipient" any,
	"bcc" any,
	"from_id" any,
	"reply_to_id" any,
	"fake_bcc" any,
	"headers" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("newsletter_id", "id")
) strict;

create table "newsletter_contents_history" (
	"id" any not null,
	"newsletter_id" any not null,
	"deduplicate_id" any,
	"name" any,
	"layout" any,
	"type" any,
	"language" any,
	"subject" any,
	"body" any,
	"preheader_text" any,
	"preprocessor" any,
	"from" any,
	"reply_to" any,
	"recipient" any,
	"bcc" any,
	"from_id" any,
	"reply_to_id" any,
	"fake_bcc" any,
	"headers" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "newsletter_contents_history_key" on "newsletter_contents_history" ("newsletter_id", "id", _valid_from);

-- what ended since
create index "newsletter_contents_history_ended" on "newsletter_contents_history" (_valid_to);

-- what began since
create index "newsletter_contents_changed" on "newsletter_contents" (_changed_at);

create table "_newsletter_contents_stage" (
	"id" any not null,
	"newsletter_id" any not null,
	"deduplicate_id" any,
	"name" any,
	"layout" any,
	"type" any,
	"language" any,
	"subject" any,
	"body" any,
	"preheader_text" any,
	"preprocessor" any,
	"from" any,
	"reply_to" any,
	"recipient" any,
	"bcc" any,
	"from_id" any,
	"reply_to_id" any,
	"fake_bcc" any,
	"headers" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("newsletter_id", "id")
) strict;

create table "workspaces" (
	"id" any not null,
	"name" any,
	"people" any, -- count
	"messages_sent" any, -- count
	"billable_messages_sent" any, -- count
	"object_types" any, -- count
	"objects" any, -- count
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "workspaces_history" (
	"id" any not null,
	"name" any,
	"people" any, -- count
	"messages_sent" any, -- count
	"billable_messages_sent" any, -- count
	"object_types" any, -- count
	"objects" any, -- count
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "workspaces_history_key" on "workspaces_history" ("id", _valid_from);

-- what ended since
create index "workspaces_history_ended" on "workspaces_history" (_valid_to);

-- what began since
create index "workspaces_changed" on "workspaces" (_changed_at);

create table "_workspaces_stage" (
	"id" any not null,
	"name" any,
	"people" any, -- count
	"messages_sent" any, -- count
	"billable_messages_sent" any, -- count
	"object_types" any, -- count
	"objects" any, -- count
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

create table "subscription_topics" (
	"id" any not null,
	"identifier" any,
	"name" any,
	"description" any,
	"subscribed_by_default" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_changed_at integer not null, -- Unix ms
	_run integer not null,
	primary key ("id")
) strict;

create table "subscription_topics_history" (
	"id" any not null,
	"identifier" any,
	"name" any,
	"description" any,
	"subscribed_by_default" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_first_seen integer not null, -- Unix ms
	_valid_from integer not null, -- Unix ms
	_valid_to integer not null,   -- Unix ms
	_change text not null,        -- changed, deleted
	_run integer not null
) strict;

-- one row's versions
create index "subscription_topics_history_key" on "subscription_topics_history" ("id", _valid_from);

-- what ended since
create index "subscription_topics_history_ended" on "subscription_topics_history" (_valid_to);

-- what began since
create index "subscription_topics_changed" on "subscription_topics" (_changed_at);

create table "_subscription_topics_stage" (
	"id" any not null,
	"identifier" any,
	"name" any,
	"description" any,
	"subscribed_by_default" any,
	"extra" text, -- JSON: what no column holds
	_hash blob not null,
	_change text not null, -- new, changed, same
	primary key ("id")
) strict;

