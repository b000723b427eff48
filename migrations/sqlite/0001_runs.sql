-- +goose Up

-- What the mirror knows of itself.
create table _mirror (
	name text primary key,
	value any not null
	-- clock: the last commit's instant, Unix ms
	-- key_salt, key_fingerprint: of the App API key that filled it, see store.Bind
) strict;

insert into _mirror (name, value) values ('clock', 0);

-- One sync.
create table runs (
	id integer primary key,
	mode text not null,               -- what was asked for, in words
	status text not null,             -- running, complete, partial, failed, interrupted
	started integer not null,         -- Unix ms
	finished integer,                 -- Unix ms
	requests integer not null default 0,
	error text
) strict;

-- How one entity fared in it.
create table run_entities (
	run integer not null references runs (id),
	entity text not null,
	status text not null,             -- complete, partial, failed, skipped, held
	requests integer not null,
	pages integer not null,
	rows integer not null,            -- records read
	new integer not null,
	changed integer not null,
	same integer not null,
	gone integer not null,
	waited integer not null,          -- ms waited for the rate limit and before retries
	seconds real not null,
	finished integer not null,        -- Unix ms
	error text,
	primary key (run, entity)
) strict;

-- the last run of an entity
create index run_entities_entity on run_entities (entity, status, run);

-- What the API sends and the catalog does not say.
create table drift (
	entity text not null,
	path text not null,               -- the record's key
	kind text not null,               -- unknown field, wrong type
	got text not null,                -- the JSON type that came
	count integer not null,           -- records of that run
	first_seen integer not null,      -- Unix ms
	last_seen integer not null,       -- Unix ms
	run integer not null,             -- the last run that saw it
	primary key (entity, path, kind, got)
) strict;

-- +goose Down
drop table drift;
drop table run_entities;
drop table runs;
drop table _mirror;
