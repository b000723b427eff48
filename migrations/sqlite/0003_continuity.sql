-- +goose Up

-- Whose run it is, and until when nobody else may start one.
alter table runs add column holder text not null default '';   -- machine and process
alter table runs add column lease integer not null default 0;  -- Unix ms

alter table run_entities add column warning text; -- what a person should know of a run that went well

-- Closed windows of a list that is read in windows of time, each read to its end.
-- They do not overlap. Both bounds belong to the window.
create table windows (
	entity text not null,
	"from" integer not null,  -- Unix seconds
	"to" integer not null,    -- Unix seconds
	rows integer not null,    -- records on the last reading
	read_at integer not null, -- Unix ms: when the last reading began
	primary key (entity, "from")
) strict;

-- How far each list of an entity was read, so that a run goes on where the one
-- before it stopped.
create table positions (
	entity text not null,
	list text not null,         -- which list: a parent's id, a view, '' for the plain one
	mark integer not null,      -- up to where; its meaning is the list's, see sync
	read_at integer not null,   -- Unix ms: when the last reading began
	whole_at integer not null,  -- Unix ms: when the last reading of the whole list began
	staged integer not null,    -- 1 while its rows are set aside and not yet live
	primary key (entity, list)
) strict;

-- Named points in time.
create table snapshots (
	name text primary key,
	at integer not null,      -- Unix ms: the instant it shows
	run integer not null references runs (id), -- the complete run that ended then
	created integer not null, -- Unix ms
	made_by text not null     -- the job that made it, '' for a person
) strict;

-- What the scheduler did.
create table schedules_log (
	id integer primary key,
	job text not null,        -- its name in the config
	kind text not null,       -- sync, snapshot, export, prune, check
	due integer not null,     -- Unix ms: the firing that it answers
	started integer not null, -- Unix ms
	finished integer,         -- Unix ms; null while it runs
	status text not null,     -- running, ok, failed, busy, interrupted
	message text              -- what came of it, in words
) strict;

create index schedules_log_job on schedules_log (job, due);

-- +goose Down
drop table schedules_log;
drop table snapshots;
drop table positions;
drop table windows;
alter table run_entities drop column warning;
alter table runs drop column lease;
alter table runs drop column holder;
