-- +goose Up

-- Every write that was sent to the live API. A row is made before its request
-- leaves; how it ended is added once, and nothing else ever changes. A row without
-- finished is of a process that ended in between: nobody knows.
create table actions (
	id integer primary key,
	at integer not null,                     -- Unix ms
	face text not null,                      -- through what it was asked for: cli, http, mcp
	entity text not null,
	action text not null,
	method text not null,
	path text not null,
	body text,                               -- JSON, without what could be personal or secret
	outcome text not null default 'unknown', -- unknown, done, refused, unsent
	finished integer,                        -- Unix ms
	status integer,                          -- HTTP status; null without an answer
	answer_id text,                          -- the id in the answer: of the delivery, the trigger, the record
	message text                             -- what went wrong
) strict;

-- the last request of a path, to keep a distance to it
create index actions_path on actions (method, path, at);

-- +goose StatementBegin
create trigger actions_once before insert on actions
when exists (select 1 from actions where id = new.id)
begin
	select raise(abort, 'actions is append-only: the row is there already');
end;
-- +goose StatementEnd

-- +goose StatementBegin
create trigger actions_open before insert on actions
when new.finished is not null or new.outcome is not 'unknown'
begin
	select raise(abort, 'actions is append-only: an action is noted before its outcome is known');
end;
-- +goose StatementEnd

-- +goose StatementBegin
create trigger actions_kept before delete on actions
begin
	select raise(abort, 'actions is append-only: no row is deleted');
end;
-- +goose StatementEnd

-- +goose StatementBegin
create trigger actions_outcome before update on actions
when old.finished is not null or new.finished is null
	or (new.id, new.at, new.face, new.entity, new.action, new.method, new.path, new.body)
		is not (old.id, old.at, old.face, old.entity, old.action, old.method, old.path, old.body)
begin
	select raise(abort, 'actions is append-only: only the outcome is added, once');
end;
-- +goose StatementEnd

-- +goose Down
drop table actions;
